/** Time and class as one vector per image, and how blocks listen to it. */
import * as tf from '@tensorflow/tfjs-core';
import { silu } from '../../engine/ops.js';
import { gaussian, zeros } from '../../nn/initializers.js';
import { dense } from '../../nn/layers.js';
import { oneHot } from '../../nn/one-hot.js';
import type { Scope } from '../../nn/parameters.js';

/** Sines and cosines of the time, as many of each as half of these. */
const timeFeatures = 128;

/** Times stand in [0, 1]; the frequencies are made for 0 to 1000, as in DDPM. */
const timeScale = 1000;

/**
 * [cos(ω t), sin(ω t)] for frequencies ω from 1 down to 1/10,000 per step of 1000 (Vaswani et al., arXiv 1706.03762, section
 * 3.5, as DiT has it).
 *
 * @param times in [0, 1], [B]
 * @returns [B, features]
 */
export function timeEmbedding(times: tf.Tensor1D, features = timeFeatures): tf.Tensor2D {
  const half = features / 2;
  const frequencies = Float32Array.from({ length: half }, (_, index) => timeScale * 10_000 ** (-index / half));
  const angles = tf.mul(tf.expandDims(times, 1), tf.tensor2d(frequencies, [1, half])); // [B, half]
  return tf.concat([tf.cos(angles), tf.sin(angles)] as tf.Tensor2D[], 1); // [B, features]
}

/** silu(MLP(time) + what is learned for the class), [B, width]: every block begins with the same SiLU (DiT, arXiv 2212.09748). */
export function conditioning(
  scope: Scope,
  classes: number,
  width: number,
  seed: number,
): (times: tf.Tensor1D, classes: tf.Tensor1D) => tf.Tensor2D {
  const timeMlp = scope.child('t_embedder').child('mlp');
  const first = dense(timeMlp.child(0), { inFeatures: timeFeatures, outFeatures: width, seed });
  const second = dense(timeMlp.child(2), { inFeatures: width, outFeatures: width, seed });
  const table =
    classes > 0
      ? (scope.child('y_embedder').parameter('weight', [classes + 1, width], gaussian(seed, 0, 0.02)) as tf.Tensor2D)
      : null;
  return (times, indices) => {
    const ofTime = second(silu(first(timeEmbedding(times)))); // [B, width]
    if (table === null) return silu(ofTime);
    return silu(tf.add(ofTime, tf.matMul(oneHot(indices, classes + 1), table))); // [B, width]
  };
}

/**
 * `parts` vectors of `features` numbers each from the condition, [B, features] each; all start as zero, so that a block
 * starts as if it were not there (adaLN-Zero, arXiv 2212.09748, section 3.2).
 */
export function modulation(
  scope: Scope,
  inFeatures: number,
  features: number,
  parts: number,
  seed: number,
): (condition: tf.Tensor2D) => tf.Tensor2D[] {
  const layer = dense(scope.child('adaLN_modulation').child(1), {
    inFeatures,
    outFeatures: parts * features,
    initialWeight: zeros,
    seed,
  });
  return (condition) => tf.split(layer(condition), parts, 1);
}
