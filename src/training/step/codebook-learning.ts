/**
 * How a codebook learns: each code is the mean of the encoder's outputs that it replaced, by moving averages (van den Oord et
 * al., arXiv 1711.00937, appendix A.1). Codes that nothing was near to for long begin anew at some encoder's output, as in
 * Jukebox (Dhariwal et al., arXiv 2005.00341, section 3.1).
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Quantization } from '../../autoencoder/posterior.js';
import type { CodebookConfig } from '../../config/config.js';
import { emaUpdate } from '../../engine/ops.js';
import { oneHot } from '../../nn/one-hot.js';
import type { Parameters } from '../../nn/parameters.js';
import { permutation, randomStream, type StreamKey } from '../../random.js';

export interface CodebookLearning {
  /** `counts` and `sums`, whose ratio the codes are, and `idleSteps` since each code was last used. */
  readonly averages: Parameters;
  /**
   * Takes what a step's images were made of into the averages.
   *
   * @param step number of the update, from 1: it decides which outputs replace idle codes
   * @returns `usedShare` of the codes and `perplexity` of their use in this step
   */
  update(quantizations: readonly Quantization[], step: number): Record<'usedShare' | 'perplexity', tf.Scalar>;
  /** Makes encoder outputs [N, Z] the first codes, so that none starts where no image is. */
  begin(outputs: Float32Array): void;
}

/** Of the Laplace smoothing of counts: the authors' (github.com/google-deepmind/sonnet, vqvae.py). */
const smoothing = 1e-5;

/** @param codebook [Z, K], which learns in place */
export function createCodebookLearning(
  codebook: tf.Variable,
  { decay, revivalSteps }: CodebookConfig,
  seed: number,
): CodebookLearning {
  const [channels, codes] = codebook.shape as [number, number];
  const counts = tf.variable(tf.ones([codes]));
  const sums = tf.tidy(() => tf.variable(tf.mul(codebook, 1)));
  const idleSteps = tf.variable(tf.zeros([codes]));
  return {
    averages: new Map([
      ['counts', counts],
      ['sums', sums],
      ['idleSteps', idleSteps],
    ]),
    update: (quantizations, step) =>
      tf.tidy(() => {
        const encoded = tf.concat(quantizations.map((part) => tf.reshape(part.encoded, [-1, channels]))) as tf.Tensor2D;
        const chosen = oneHot(tf.concat(quantizations.map((part) => part.codes)) as tf.Tensor1D, codes); // [N, K]
        const uses = tf.sum(chosen, 0) as tf.Tensor1D; // [K]
        const next = averagedCodes({ counts, sums }, uses, tf.matMul(encoded, chosen, true), decay);
        const idle = tf.mul(tf.add(idleSteps, 1), tf.cast(tf.equal(uses, 0), 'float32')); // [K]
        const isDead = tf.cast(tf.greaterEqual(idle, revivalSteps || Number.POSITIVE_INFINITY), 'float32'); // [K]
        const revived = (fresh: tf.Tensor, kept: tf.Tensor) =>
          tf.add(tf.mul(fresh, isDead), tf.mul(kept, tf.sub(1, isDead)));
        const outputs = drawn(encoded, codes, 'revival', seed, step); // [Z, K]
        codebook.assign(revived(outputs, next.codebook));
        sums.assign(revived(outputs, next.sums));
        counts.assign(revived(tf.onesLike(counts), next.counts));
        idleSteps.assign(revived(tf.zerosLike(idle), idle));
        return usageOf(uses);
      }),
    begin(outputs) {
      const count = outputs.length / channels;
      const order = permutation(count, 'codebook', seed);
      const first = new Float32Array(channels * codes); // [Z, K]
      for (let code = 0; code < codes; code++) {
        // More codes than outputs: of equal codes the first is used, and the others are revived later.
        const row = order[code % count] as number;
        for (let channel = 0; channel < channels; channel++) {
          first[channel * codes + code] = outputs[row * channels + channel] as number;
        }
      }
      tf.tidy(() => {
        for (const variable of [codebook, sums]) variable.assign(tf.tensor2d(first, [channels, codes]));
      });
    },
  };
}

/** Averages of one step to those of the next, and the codes they make. */
export function averagedCodes(
  { counts, sums }: { readonly counts: tf.Tensor; readonly sums: tf.Tensor },
  uses: tf.Tensor1D,
  sumsOfUses: tf.Tensor2D,
  decay: number,
): Record<'counts' | 'sums' | 'codebook', tf.Tensor> {
  return tf.tidy(() => {
    const keep = tf.scalar(decay);
    const newCounts = emaUpdate(counts, uses, keep); // [K], eq. 6
    const newSums = emaUpdate(sums, sumsOfUses, keep); // [Z, K], eq. 7
    const total = tf.sum(newCounts);
    const share = tf.div(tf.add(newCounts, smoothing), tf.add(total, uses.size * smoothing)); // [K]
    return { counts: newCounts, sums: newSums, codebook: tf.div(newSums, tf.mul(share, total)) }; // eq. 8
  });
}

/**
 * How much of a codebook is in use.
 *
 * @param uses how often each code was taken, [K]
 * @returns the share of the codes that were taken at all, and exp(entropy): as many codes taken equally often say as much
 */
export function usageOf(uses: tf.Tensor1D): Record<'usedShare' | 'perplexity', tf.Scalar> {
  const probabilities = tf.div(uses, tf.sum(uses)); // [K]
  // What is never taken adds nothing: 0 · log(tiny) = 0.
  const entropy = tf.neg(tf.sum(tf.mul(probabilities, tf.log(tf.maximum(probabilities, 1e-30)))));
  return {
    usedShare: tf.mean(tf.cast(tf.greater(uses, 0), 'float32')) as tf.Scalar,
    perplexity: tf.exp(entropy) as tf.Scalar,
  };
}

/** `count` of the vectors [N, Z], as columns [Z, count]; the key decides which. */
function drawn(vectors: tf.Tensor2D, count: number, ...key: StreamKey): tf.Tensor2D {
  const stream = randomStream(...key);
  const rows = Int32Array.from({ length: count }, () => stream.integer(vectors.shape[0]));
  return tf.transpose(tf.gather(vectors, tf.tensor1d(rows, 'int32'))); // [Z, count]
}
