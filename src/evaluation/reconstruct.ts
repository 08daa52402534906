/** Images through a model and back, as bytes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { classTensor } from '../autoencoder/class-condition.js';
import { imageChannelsOf } from '../config/config.js';
import { toBytes } from '../data/pictures/pixels.js';
import { visibleRgb } from '../data/pictures/visible.js';
import type { PixelImage } from './measures/pixel-image.js';

export interface Reconstruction {
  readonly originals: readonly PixelImage[];
  readonly reconstructions: readonly PixelImage[];
  readonly codes?: readonly Int32Array[];
}

/**
 * Encodes to the posterior's mean, decodes, clamps to [-1, 1] and rounds to 8 bits.
 *
 * @param images [count, size, size, C] in [-1, 1]
 * @param batch the model always sees this many images (black ones after the last), so that an engine compiles one graph
 * @param classes of the images, for a model with classes; see `classIndices`
 * @returns originals and reconstructions as a person sees them, `count` of each, and where a codebook made the latents, the codes of each
 */
export async function reconstruct(
  model: Autoencoder,
  images: Float32Array,
  size: number,
  batch: number,
  classes?: Int32Array,
): Promise<Reconstruction> {
  const channels = imageChannelsOf(model.config);
  const imageFloats = size * size * channels;
  const count = images.length / imageFloats;
  const padded = new Float32Array(batch * imageFloats);
  padded.set(images);
  const paddedClasses = classes && new Int32Array(batch);
  paddedClasses?.set(classes as Int32Array);
  const output = tf.tidy(() => {
    const input = tf.tensor4d(padded, [batch, size, size, channels]);
    const known = classTensor(paddedClasses);
    const { mean, quantization } = model.encode(input, known);
    return [model.decode(mean, known), quantization?.codes] as const;
  });
  const [values, allCodes] = await Promise.all([output[0].data<'float32'>(), output[1]?.data<'int32'>()]);
  tf.dispose([...output]);
  const split = (all: Float32Array) =>
    Array.from({ length: count }, (_, index): PixelImage => {
      return {
        pixels: visibleRgb({ pixels: toBytes(all.subarray(index * imageFloats, (index + 1) * imageFloats)), channels }),
        width: size,
        height: size,
      };
    });
  const perImage = (allCodes?.length ?? 0) / batch;
  const codes =
    allCodes &&
    Array.from({ length: count }, (_, index) => {
      return allCodes.slice(index * perImage, (index + 1) * perImage) as Int32Array;
    });
  return { originals: split(images), reconstructions: split(values), ...(codes && { codes }) };
}
