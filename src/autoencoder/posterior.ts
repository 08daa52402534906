/** q(z|x), the Gaussian that the encoder answers with. */
import * as tf from '@tensorflow/tfjs';
import type { Initializer } from '../nn/parameters.js';

/** A Gaussian with diagonal covariance; both tensors are [B, h, w, Z], logvar in [-30, 20]. */
export interface Posterior {
  readonly mean: tf.Tensor4D;
  readonly logvar: tf.Tensor4D;
}

/** e^-6 = 0.05²: latents start nearly noiseless, so that the decoder has something to learn from. */
const initialLogvar = -6;

/** First bias of the layer that makes moments: mean 0, log-variance `initialLogvar`. Full KL raises it within few steps. */
export const momentsBias: Initializer = (_name, [size = 0]) =>
  tf.tidy(() => tf.concat([tf.zeros([size / 2]), tf.fill([size / 2], initialLogvar)]));

/** Splits moments [B, h, w, 2Z] and clamps logvar as LDM does, so that exp() stays finite. */
export function posteriorOf(moments: tf.Tensor4D): Posterior {
  const [mean, logvar] = tf.split(moments, 2, 3) as [tf.Tensor4D, tf.Tensor4D]; // 2 × [B, h, w, Z]
  return { mean, logvar: tf.clipByValue(logvar, -30, 20) };
}

/**
 * mean + std · noise: a draw whose gradient reaches the moments (the reparameterisation of Kingma & Welling, arXiv
 * 1312.6114, section 2.4).
 *
 * @param noise [B, h, w, Z], draws from N(0, 1)
 */
export function sampleLatent({ mean, logvar }: Posterior, noise: tf.Tensor4D): tf.Tensor4D {
  return tf.add(mean, tf.mul(tf.exp(tf.mul(logvar, 0.5)), noise));
}
