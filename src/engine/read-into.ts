/** Numbers of tensors in memory of the caller's. */
import * as tf from '@tensorflow/tfjs-core';
import { OnnxBackend } from './onnx/backend.js';

/**
 * Reads a tensor's numbers into `target`. An array that `data()` hands out belongs to the program from then on; here an engine may
 * write the next step's numbers into it, which saves new memory for all gradients in every step.
 *
 * @param target as long as the tensor has elements
 */
export async function readInto(tensor: tf.Tensor, target: Float32Array): Promise<void> {
  const backend = tf.backend();
  if (backend instanceof OnnxBackend) backend.copyNumbers(tensor.dataId, target);
  else target.set(await tensor.data<'float32'>());
}
