/** What keeps an encoder's outputs near the codes that replace them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Posterior } from '../autoencoder/posterior.js';
import { constantOf } from '../nn/stop-gradient.js';

/**
 * (encoded - sg(code))² of every latent element, the third term of eq. 3 of van den Oord et al., arXiv 1711.00937, before its
 * weight beta: no gradient reaches the codes, which moving averages make.
 *
 * @param posterior one that a codebook made
 * @returns [B, h, w, Z]
 */
export function commitmentErrors({ mean, quantization }: Posterior): tf.Tensor4D {
  if (!quantization) throw new Error('Only a quantized posterior has a commitment term');
  const codes = constantOf(mean, (latent) => latent.clone());
  return tf.squaredDifference(quantization.encoded, codes as tf.Tensor4D);
}
