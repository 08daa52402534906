/** An autoencoder in the role of a store's encoder and decoder. */
import * as tf from '@tensorflow/tfjs';
import { type Autoencoder, latentShape } from '../autoencoder/autoencoder.js';
import { downsamplingFactor, latentScaling } from '../config.js';
import type { LatentDecoder } from './decode.js';
import type { LatentEncoder } from './encode.js';
import type { EncoderFingerprint } from './manifest.js';

export function latentEncoder(model: Autoencoder, fingerprint: EncoderFingerprint): LatentEncoder {
  const { config } = model;
  return {
    fingerprint,
    scaling: latentScaling(config),
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

export function latentDecoder(model: Autoencoder, fingerprint: EncoderFingerprint): LatentDecoder {
  const { config } = model;
  const factor = downsamplingFactor(config);
  return {
    fingerprint,
    imageSize(height, width) {
      return config.latent === 'vector' ? [config.imageSize, config.imageSize] : [height * factor, width * factor];
    },
    async decodeBatch(latents, shape) {
      const images = tf.tidy(() => model.decode(tf.tensor4d(latents, [...shape]))); // [B, H, W, 3]
      const values = await images.data<'float32'>();
      images.dispose();
      return values;
    },
  };
}
