/** q(z|x), what the encoder answers with. */
import * as tf from '@tensorflow/tfjs-core';
import type { Initializer } from '../nn/parameters.js';

/** A Gaussian with diagonal covariance; both tensors are [B, h, w, Z]. */
export interface Gaussian {
  readonly mean: tf.Tensor4D;
  readonly logvar: tf.Tensor4D;
}

/** A Gaussian, logvar in [-30, 20]; or one latent as its mean. */
export interface Posterior extends Gaussian {
  /** Whether there is no variance: logvar is then the least there is, -30, and no KL divergence means anything. */
  readonly isDeterministic?: boolean;
  /** How the mean came about, where it is made of codes. */
  readonly quantization?: Quantization;
}

/** What a codebook did to an encoder's output. */
export type Quantization = {
  /** The output, [B, h, w, Z]. */
  readonly encoded: tf.Tensor4D;
  /** The codes that stand in its place, int32 [B·h·w]. */
  readonly codes: tf.Tensor1D;
};

/** The least and the greatest logvar: LDM's. */
const [leastLogvar, greatestLogvar] = [-30, 20];

/** e^-6 = 0.05²: latents start nearly noiseless, so that the decoder has something to learn from. */
const initialLogvar = -6;

/** First bias of the layer that makes moments: mean 0, log-variance `initialLogvar`. Full KL raises it within few steps. */
export const momentsBias: Initializer = (_name, [size = 0]) =>
  tf.tidy(() => tf.concat([tf.zeros([size / 2]), tf.fill([size / 2], initialLogvar)]));

/** Splits moments [B, h, w, 2Z] and clamps logvar, so that exp() stays finite. */
export function posteriorOf(moments: tf.Tensor4D): Posterior {
  const [mean, logvar] = tf.split(moments, 2, 3) as [tf.Tensor4D, tf.Tensor4D]; // 2 × [B, h, w, Z]
  return { mean, logvar: tf.clipByValue(logvar, leastLogvar, greatestLogvar) };
}

/** The posterior of an encoder whose output [B, h, w, Z] is the latent. */
export function withoutVariance(latent: tf.Tensor4D): Posterior {
  return { mean: latent, logvar: tf.fill(latent.shape, leastLogvar), isDeterministic: true };
}

/** The batch [B, ...] `times` times over, [times·B, ...]: the first images first, then all of them again. */
export function repeatBatch<Batch extends tf.Tensor>(batch: Batch, times: number): Batch {
  return times === 1 ? batch : (tf.concat(new Array<tf.Tensor>(times).fill(batch), 0) as Batch);
}

/** As `repeatBatch`. */
export const repeatPosterior = (posterior: Posterior, times: number): Posterior => ({
  ...posterior,
  mean: repeatBatch(posterior.mean, times),
  logvar: repeatBatch(posterior.logvar, times),
});

/**
 * mean + std · noise: a draw whose gradient reaches the moments (the reparameterisation of Kingma & Welling, arXiv
 * 1312.6114, section 2.4). The mean where there is no variance.
 *
 * @param noise [B, h, w, Z], draws from N(0, 1)
 */
export function sampleLatent({ mean, logvar, isDeterministic }: Posterior, noise: tf.Tensor4D): tf.Tensor4D {
  return isDeterministic ? mean : tf.add(mean, tf.mul(tf.exp(tf.mul(logvar, 0.5)), noise));
}
