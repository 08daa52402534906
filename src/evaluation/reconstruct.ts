/** Images through a model and back, as bytes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { classTensor } from '../autoencoder/class-condition.js';
import { imageChannelsOf } from '../config/config.js';
import { toBytes } from '../data/pictures/values/pixels.js';
import { visibleRgb } from '../data/pictures/values/visible.js';
import { UserError } from '../errors.js';
import type { PixelImage } from './measures/pixel-image.js';
import { imagesAtOnce } from './model-passes.js';

export interface Reconstruction {
  readonly originals: readonly PixelImage[];
  readonly reconstructions: readonly PixelImage[];
  readonly codes?: readonly Int32Array[];
  /** Of each image, [h, w, Z]. */
  readonly posteriors: readonly LatentPosterior[];
}

/** Mean and log-variance of one image's latent, [h, w, Z]. */
export interface LatentPosterior {
  readonly mean: Float32Array;
  readonly logvar: Float32Array;
  readonly shape: readonly [height: number, width: number, channels: number];
}

/**
 * Encodes to the posterior's mean, decodes, clamps to [-1, 1] and rounds to 8 bits.
 *
 * @param images [count, size, size, C] in [-1, 1]
 * @param batch the model always sees this many images (black ones after the last), or `imagesAtOnce`, so that an engine compiles
 * one graph
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
  const atOnce = imagesAtOnce(batch, [size, size]);
  const imageFloats = size * size * imageChannelsOf(model.config);
  const parts: Reconstruction[] = [];
  for (let first = 0; first * imageFloats < images.length; first += atOnce) {
    const part = images.subarray(first * imageFloats, (first + atOnce) * imageFloats);
    parts.push(await reconstructTogether(model, part, size, atOnce, classes?.subarray(first, first + atOnce)));
  }
  const codes = parts.flatMap((part) => part.codes ?? []);
  return {
    originals: parts.flatMap(({ originals }) => originals),
    reconstructions: parts.flatMap(({ reconstructions }) => reconstructions),
    posteriors: parts.flatMap(({ posteriors }) => posteriors),
    ...(codes.length > 0 && { codes }),
  };
}

async function reconstructTogether(
  model: Autoencoder,
  images: Float32Array,
  size: number,
  batch: number,
  classes: Int32Array | undefined,
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
    const { mean, logvar, quantization } = model.encode(input, known);
    return [model.decode(mean, known), mean, logvar, quantization?.codes] as const;
  });
  const [values, means, logvars, allCodes] = await Promise.all([
    ...([output[0].data<'float32'>(), output[1].data<'float32'>(), output[2].data<'float32'>()] as const),
    output[3]?.data<'int32'>(),
  ]);
  const [, ...shape] = output[1].shape;
  tf.dispose([...output]);
  assertFinite(values.subarray(0, images.length));
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
  const latentFloats = tf.util.sizeFromShape(shape);
  const posteriors = Array.from({ length: count }, (_, index): LatentPosterior => {
    const [from, to] = [index * latentFloats, (index + 1) * latentFloats];
    return { mean: means.subarray(from, to), logvar: logvars.subarray(from, to), shape };
  });
  return { originals: split(images), reconstructions: split(values), posteriors, ...(codes && { codes }) };
}

/** Rounded to bytes, what is no number would look like black. */
function assertFinite(values: Float32Array): void {
  const broken = values.find((value) => !Number.isFinite(value));
  if (broken === undefined) return;
  throw new UserError(
    `The model makes ${broken} of a picture: its weights are broken, or numbers grow beyond what float32 holds; train it again, ` +
      'or pass another one.',
  );
}
