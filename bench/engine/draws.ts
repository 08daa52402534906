/** Inputs of workloads. */
import * as tf from '@tensorflow/tfjs-core';
import { normals } from '../../src/random.js';

/** Draws from N(0, std²), the same ones for the same key. */
export function draws(shape: [number, number, number, number], std: number, key: string): tf.Tensor4D {
  return tf.tensor4d(
    normals(tf.util.sizeFromShape(shape), 'bench', key).map((value) => std * value),
    shape,
  );
}
