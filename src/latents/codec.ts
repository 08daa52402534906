/** An autoencoder in the role of a store's encoder and decoder. */
import * as tf from '@tensorflow/tfjs';
import { type Autoencoder, latentShape } from '../autoencoder/autoencoder.js';
import type { LatentEncoder } from './encode.js';
import type { EncoderFingerprint } from './manifest.js';

export function latentEncoder(model: Autoencoder, fingerprint: EncoderFingerprint): LatentEncoder {
  const { config } = model;
  const factor = config.latent === 'spatial' ? config.scalingFactor : null;
  const shift = config.latent === 'spatial' ? config.shiftFactor : null;
  return {
    fingerprint,
    scaling: factor === null ? null : { factor, shift: shift ?? 0 },
    shape: (height, width) => latentShape(config, [height, width]),
    async encodeBatch(images, batch, height, width) {
      const posterior = tf.tidy(() => ({
        ...model.encode(tf.tensor4d(images, [batch, height, width, config.inChannels])),
      }));
      const [mean, logvar] = await Promise.all([posterior.mean.data(), posterior.logvar.data()]);
      tf.dispose(posterior);
      return { mean: mean as Float32Array, logvar: logvar as Float32Array };
    },
  };
}
