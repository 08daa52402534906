/** The feature network's file: float16, with where it comes from. */
import type * as tf from '@tensorflow/tfjs-core';
import { toTorchLayout, toTorchShape } from '../../interop/layouts.js';
import { writeSafetensors } from '../../interop/safetensors/safetensors.js';

/** Writes weights in tfjs' layout under PyTorch's layout, rounded to float16. */
export async function savePhotoFeatures(
  path: string,
  weights: ReadonlyMap<string, tf.Tensor>,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = [...weights].map(([name, weight]) => ({
    name,
    dtype: 'F16' as const,
    shape: toTorchShape(weight.shape),
    data: async () => toTorchLayout(await weight.data<'float32'>(), weight.shape),
  }));
  await writeSafetensors(path, tensors, metadata);
}
