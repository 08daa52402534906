/** The rate: how far the posterior is from the prior. */
import * as tf from '@tensorflow/tfjs';
import type { Posterior } from '../autoencoder/posterior.js';

/**
 * KL(N(mean, exp(logvar)) || N(0, 1)) of every latent element in nats: ½ (mean² + exp(logvar) - 1 - logvar), the closed form of
 * Kingma & Welling, arXiv 1312.6114, appendix B.
 *
 * @returns [B, h, w, Z]; summed over an image it is that image's KL
 */
export function klNats({ mean, logvar }: Posterior): tf.Tensor4D {
  return tf.tidy(() => {
    const spread = tf.sub(tf.exp(logvar), tf.add(logvar, 1));
    return tf.mul(tf.add(tf.square(mean), spread), 0.5) as tf.Tensor4D;
  });
}
