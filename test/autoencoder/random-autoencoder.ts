import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, createAutoencoder } from '../../src/autoencoder/autoencoder.js';
import { modelConfigSchema } from '../../src/config/config.js';
import { normals } from '../../src/random.js';

/** A network that no initialiser draws: every weight, scale and offset counts. */
export function randomAutoencoder(config: object): Autoencoder {
  return createAutoencoder(modelConfigSchema.parse(config), {
    weights(name, shape) {
      const size = tf.util.sizeFromShape([...shape]);
      const spread = shape.length === 1 ? 0.3 : Math.sqrt((shape.at(-1) as number) / size);
      const center = shape.length === 1 && name.endsWith('.weight') ? 1 : 0;
      return tf.tidy(() => tf.add(tf.mul(tf.tensor(normals(size, 'weights', name), [...shape]), spread), center));
    },
  });
}
