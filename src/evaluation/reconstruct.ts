/** Images through a model and back, as bytes. */
import * as tf from '@tensorflow/tfjs';
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { toBytes } from '../data/pictures/pixels.js';
import type { PixelImage } from './measures/pixel-image.js';

/**
 * Encodes to the posterior's mean, decodes, clamps to [-1, 1] and rounds to 8 bits.
 *
 * @param images [count, size, size, 3] in [-1, 1]
 * @param batch the model always sees this many images (the last ones repeated), so that an engine compiles one graph
 * @returns originals and reconstructions, `count` of each
 */
export async function reconstruct(
  model: Autoencoder,
  images: Float32Array,
  size: number,
  batch: number,
): Promise<{ originals: PixelImage[]; reconstructions: PixelImage[] }> {
  const imageFloats = size * size * 3;
  const count = images.length / imageFloats;
  const padded = new Float32Array(batch * imageFloats);
  padded.set(images);
  const output = tf.tidy(() => {
    const input = tf.tensor4d(padded, [batch, size, size, 3]);
    return model.decode(model.encode(input).mean);
  });
  const values = await output.data<'float32'>();
  output.dispose();
  const split = (all: Float32Array) =>
    Array.from({ length: count }, (_, index): PixelImage => {
      return {
        pixels: toBytes(all.subarray(index * imageFloats, (index + 1) * imageFloats)),
        width: size,
        height: size,
      };
    });
  return { originals: split(images), reconstructions: split(values) };
}
