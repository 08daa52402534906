/** The rate: how far the posterior is from the prior. */
import * as tf from '@tensorflow/tfjs-core';
import type { Gaussian } from '../autoencoder/posterior.js';

/**
 * KL(N(mean, exp(logvar)) || N(0, 1)) of every latent element in nats: ½ (mean² + exp(logvar) - 1 - logvar), the closed form of
 * Kingma & Welling, arXiv 1312.6114, appendix B.
 *
 * @returns [B, h, w, Z]; summed over an image it is that image's KL
 */
export function klNats({ mean, logvar }: Gaussian): tf.Tensor4D {
  return tf.tidy(() => {
    const spread = tf.sub(tf.exp(logvar), tf.add(logvar, 1));
    return tf.mul(tf.add(tf.square(mean), spread), 0.5) as tf.Tensor4D;
  });
}

/**
 * KL(q || p) of every latent element in nats, for two diagonal Gaussians:
 * ½ ((mean_q - mean_p)² / exp(logvar_p) + exp(logvar_q - logvar_p) - 1 - (logvar_q - logvar_p)), the rate of a conditional
 * VAE (Sohn, Lee & Yan, NeurIPS 2015, eq. 4), whose prior is learned as the posterior is. With p = N(0, 1) it is `klNats`.
 *
 * @returns [B, h, w, Z], as both
 */
export function klNatsBetween(q: Gaussian, p: Gaussian): tf.Tensor4D {
  return tf.tidy(() => {
    const ratio = tf.sub(q.logvar, p.logvar);
    const distance = tf.mul(tf.squaredDifference(q.mean, p.mean), tf.exp(tf.neg(p.logvar)));
    const spread = tf.sub(tf.exp(ratio), tf.add(ratio, 1));
    return tf.mul(tf.add(distance, spread), 0.5) as tf.Tensor4D;
  });
}
