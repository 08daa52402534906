/** Batch normalisation as a layer. */
import * as tf from '@tensorflow/tfjs-core';
import { ones, zeros } from './initializers.js';
import type { ImageFunction } from './layers.js';
import type { Initializer, Scope } from './parameters.js';

/**
 * Batch normalisation in training mode with a learned scale and offset per channel. It always normalises by the batch at
 * hand and keeps no running statistics, so applying it changes no state.
 *
 * @param initialScale default: ones
 */
export function batchNorm(scope: Scope, channels: number, initialScale: Initializer = ones): ImageFunction {
  const scale = scope.parameter('weight', [channels], initialScale);
  const offset = scope.parameter('bias', [channels], zeros);
  return (x) => normalizeBatch(x, scale as tf.Tensor1D, offset as tf.Tensor1D);
}

/**
 * (x - mean) / sqrt(variance + epsilon) · scale + offset, mean and biased variance per channel over batch and positions
 * (Ioffe & Szegedy, arXiv 1502.03167, algorithm 1).
 *
 * @param x [B, H, W, C]
 * @param scale [C]
 * @param offset [C]
 */
export function normalizeBatch(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D, epsilon = 1e-5): tf.Tensor4D {
  return normalize(epsilon)(x, scale, offset);
}

/** One affine pass forward and one backward, where the chain of single operations takes four and nine. */
const normalize = (epsilon: number) =>
  tf.customGrad<tf.Tensor4D>((...inputs) => {
    const [x, scale, offset, save] = inputs as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.GradSaveFunc];
    const { mean, variance } = tf.moments(x, [0, 1, 2]); // [C]
    const inverseStd = tf.rsqrt(tf.add(variance, epsilon)); // [C]
    const slope = tf.mul(scale, inverseStd); // [C]
    save([x, scale, mean, inverseStd]);
    return {
      value: tf.add(tf.mul(x, slope), tf.sub(offset, tf.mul(mean, slope))) as tf.Tensor4D,
      gradFunc: (dy, saved) => gradients(dy as tf.Tensor4D, saved),
    };
  });

/** The derivatives of arXiv 1502.03167, section 3, gathered by factors. */
function gradients(dy: tf.Tensor4D, saved: tf.Tensor[]): [tf.Tensor, tf.Tensor, tf.Tensor] {
  const [x, scale, mean, inverseStd] = saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
  const normalized = tf.mul(tf.sub(x, mean), inverseStd); // [B, H, W, C]
  const forScale = tf.sum(tf.mul(dy, normalized), [0, 1, 2]); // [C]
  const forOffset = tf.sum(dy, [0, 1, 2]); // [C]
  const count = x.size / mean.size;
  const shared = tf.div(tf.add(forOffset, tf.mul(normalized, forScale)), count);
  return [tf.mul(tf.mul(scale, inverseStd), tf.sub(dy, shared)), forScale, forOffset];
}
