/** The training of a linear autoencoder, which has a closed form: its principal components. */
import * as tf from '@tensorflow/tfjs-core';
import { type Autoencoder, createAutoencoder } from '../../autoencoder/autoencoder.js';
import { imageChannelsOf, type LinearModelConfig, type RunConfig } from '../../config/config.js';
import { evaluationBatches } from '../../data/batches/batches.js';
import { evenlySpaced } from '../../data/evenly-spaced.js';
import type { ImageFile } from '../../data/images.js';
import type { SkippedImage } from '../../data/skipped.js';
import { principalComponents } from './principal-components.js';

/** As many pictures of 64 px are 200 MB; more would hardly move a component. */
const mostImages = 4096;

export interface LinearFit {
  readonly model: Autoencoder;
  /** How many images the components are of. */
  readonly images: number;
  readonly skipped: readonly SkippedImage[];
}

/**
 * The linear autoencoder of the first principal components of the centre crops of `files`: as many of them as the options'
 * steps would have seen, at most 4,096, evenly chosen. Each latent has variance 1 over them (as the latents of probabilistic
 * PCA: Tipping & Bishop 1999).
 */
export async function fitLinear(
  { model: config, options }: RunConfig & { readonly model: LinearModelConfig },
  files: readonly ImageFile[],
): Promise<LinearFit> {
  const { size, batch, maxPixels, range, steps = Number.POSITIVE_INFINITY, seed } = options;
  const imageChannels = imageChannelsOf(config);
  const chosen = evenlySpaced(files, Math.min(mostImages, steps * batch));
  const skipped: SkippedImage[] = [];
  const pictures: Float32Array[] = [];
  for await (const { images } of evaluationBatches({
    files: chosen,
    size,
    batch,
    maxPixels,
    range,
    imageChannels,
    skipped,
  })) {
    pictures.push(images.slice());
  }
  const values = size ** 2 * config.inChannels;
  const rows = tf.tensor2d(concatenated(pictures), [sizeOf(pictures) / values, values]);
  const components = await principalComponents(rows, config.latentFloats, seed);
  const images = rows.shape[0];
  rows.dispose();
  const { mean, directions, variances } = components;
  const weights: Readonly<Record<string, tf.Tensor>> = tf.tidy(() => {
    const deviations = tf.sqrt(tf.tensor1d(variances as number[]));
    const encoder = tf.div(directions, deviations); // [D, K]
    const decoder = tf.transpose(tf.mul(directions, deviations)); // [K, D]
    const origin = tf.neg(tf.reshape(tf.matMul(tf.reshape(mean, [1, values]), encoder), [-1])); // [K]
    return {
      'encoder.to_latent.weight': encoder,
      'encoder.to_latent.bias': origin,
      'decoder.from_latent.weight': decoder,
      'decoder.from_latent.bias': tf.clone(mean),
    };
  });
  tf.dispose([mean, directions]);
  const model = createAutoencoder(config, { weights: (name) => weights[name] as tf.Tensor });
  return { model, images, skipped };
}

function sizeOf(parts: readonly Float32Array[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}

function concatenated(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(sizeOf(parts));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
