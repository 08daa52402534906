/**
 * The codebook of a VQ-VAE (van den Oord, Vinyals & Kavukcuoglu, arXiv 1711.00937): every position of a latent becomes the
 * nearest of K vectors.
 */
import * as tf from '@tensorflow/tfjs-core';
import { gaussian, zeros } from '../nn/initializers.js';
import { oneHot } from '../nn/one-hot.js';
import type { Scope } from '../nn/parameters.js';
import { constantOf, straightThrough } from '../nn/stop-gradient.js';
import { type Posterior, withoutVariance } from './posterior.js';

/**
 * A codebook [Z, K] under the name that LDM and taming-transformers give it; in PyTorch's layout it is [K, Z]. No gradient
 * moves it: `src/training/step/codebook-learning.ts` does.
 */
export function createCodebook(scope: Scope, codes: number, channels: number, seed: number): tf.Variable {
  return scope
    .child('quantize')
    .child('embedding')
    .constant('weight', [channels, codes], gaussian(seed, 0, 1));
}

/**
 * The nearest code to every vector (eq. 1): argmin over k of |x - e_k|² = |x|² - 2 x·e_k + |e_k|², without the first term,
 * which is the same for all k. Of equally near ones, the first.
 *
 * @param vectors [N, Z]
 * @param codebook [Z, K]
 * @returns int32 [N]
 */
export function nearestCodes(vectors: tf.Tensor2D, codebook: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => {
    const squares = tf.sum(tf.square(codebook), 0); // [K]
    const distances = tf.sub(squares, tf.mul(tf.matMul(vectors, codebook), 2)); // [N, K]
    return tf.argMin(distances, 1) as tf.Tensor1D; // [N]
  });
}

/** Tells the code of every vector [N, Z]: int32 [N]. */
export type CodeChoice = (vectors: tf.Tensor2D, codebook: tf.Tensor2D) => tf.Tensor1D;

/**
 * The code with the largest logit of a 1×1 convolution, as the Gumbel quantizer of taming-transformers has it, without its
 * draws: [N, Z] -> int32 [N]. No gradient moves it.
 */
export function projectedCodes(scope: Scope, codes: number, channels: number, seed: number): CodeChoice {
  const projection = scope.child('quantize').child('proj');
  const weight = projection.constant('weight', [1, 1, channels, codes], gaussian(seed, 0, 1));
  const bias = projection.constant('bias', [codes], zeros);
  return (vectors) => {
    const logits = tf.add(tf.matMul(vectors, tf.reshape(weight, [channels, codes])), bias); // [N, K]
    return tf.argMax(logits, 1) as tf.Tensor1D; // [N]
  };
}

/**
 * Replaces an encoder's output [B, h, w, Z] by codes; the gradient passes as if nothing had happened (section 3.2), which is
 * the right one for the nearest codes alone.
 */
export function quantize(encoded: tf.Tensor4D, codebook: tf.Tensor2D, choose: CodeChoice = nearestCodes): Posterior {
  const [channels, codeCount] = codebook.shape;
  const codes = constantOf(encoded, (x) => choose(tf.reshape(x, [-1, channels]) as tf.Tensor2D, codebook)); // [BHW]
  const vectors = constantOf(codes, (indices) =>
    tf.matMul(oneHot(indices as tf.Tensor1D, codeCount), codebook, false, true),
  ); // [BHW, Z]
  const latent = straightThrough(encoded, tf.reshape(vectors, encoded.shape) as tf.Tensor4D);
  return { ...withoutVariance(latent), quantization: { encoded, codes } };
}
