/** The training of a linear autoencoder, which has a closed form: principal components, or linear discriminants. */
import * as tf from '@tensorflow/tfjs-core';
import { CholeskyDecomposition } from 'ml-matrix';
import { type Autoencoder, createAutoencoder } from '../../autoencoder/autoencoder.js';
import { imageChannelsOf, type LinearModelConfig, type RunConfig, type TrainOptions } from '../../config/config.js';
import { evaluationBatches } from '../../data/batches/batches.js';
import { evenlySpaced } from '../../data/evenly-spaced.js';
import type { ImageFile } from '../../data/images.js';
import type { SkippedImage } from '../../data/skipped.js';
import { UserError } from '../../errors.js';
import { linearDiscriminants } from './linear-discriminants.js';
import { matrixOf, tensorOf } from './orthonormal.js';
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
 * The linear autoencoder of the centre crops of `files`: as many of them as the options' steps would have seen, at most
 * 4,096, evenly chosen. Its directions are those of the largest variance (PCA) or those that tell the files' classes apart
 * (LDA), as the model's config says.
 *
 * @throws UserError where the images do not differ in as many directions as wanted, or LDA meets one of no class
 */
export async function fitLinear(
  { model: config, options }: RunConfig & { readonly model: LinearModelConfig },
  files: readonly ImageFile[],
): Promise<LinearFit> {
  const { size, batch, maxPixels, range, steps = Number.POSITIVE_INFINITY } = options;
  const chosen = evenlySpaced(files, Math.min(mostImages, steps * batch));
  const skipped: SkippedImage[] = [];
  const pictures: Float32Array[] = [];
  const labels: (string | undefined)[] = [];
  const reading = { files: chosen, size, batch, maxPixels, range, imageChannels: imageChannelsOf(config), skipped };
  for await (const read of evaluationBatches(reading)) {
    pictures.push(read.images.slice());
    labels.push(...read.labels);
  }
  const values = size ** 2 * config.inChannels;
  const rows = tf.tensor2d(concatenated(pictures), [sizeOf(pictures) / values, values]);
  const isDiscriminant = config.directions === 'discriminant';
  const code = isDiscriminant
    ? await discriminantCode(rows, labels, config, options)
    : await principalCode(rows, config, options);
  const images = rows.shape[0];
  rows.dispose();
  const { mean, encoder, decoder } = code;
  const weights: Readonly<Record<string, tf.Tensor>> = {
    'encoder.to_latent.weight': encoder,
    'encoder.to_latent.bias': tf.tidy(() =>
      tf.neg(tf.reshape(tf.matMul(tf.reshape(mean, [1, values]), encoder), [-1])),
    ),
    'decoder.from_latent.weight': decoder,
    'decoder.from_latent.bias': mean,
  };
  const model = createAutoencoder(config, { weights: (name) => weights[name] as tf.Tensor });
  return { model, images, skipped };
}

interface LinearCode {
  /** [D]. */
  readonly mean: tf.Tensor1D;
  /** [D, K]. */
  readonly encoder: tf.Tensor2D;
  /** [K, D]. */
  readonly decoder: tf.Tensor2D;
}

/** Each latent has variance 1 over the images (as the latents of probabilistic PCA: Tipping & Bishop 1999). */
async function principalCode(
  rows: tf.Tensor2D,
  config: LinearModelConfig,
  { seed }: TrainOptions,
): Promise<LinearCode> {
  const { mean, directions, variances } = await principalComponents(rows, config.latentFloats, seed);
  const deviations = tf.sqrt(tf.tensor1d(variances as number[]));
  const encoder = tf.div(directions, deviations) as tf.Tensor2D;
  const decoder = tf.tidy(() => tf.transpose(tf.mul(directions, deviations)) as tf.Tensor2D);
  tf.dispose([directions, deviations]);
  return { mean, encoder, decoder };
}

/** Of each latent the variance within classes is 1, shrunk as it is; images are restored from them by least squares. */
async function discriminantCode(
  rows: tf.Tensor2D,
  labels: readonly (string | undefined)[],
  config: LinearModelConfig,
  { shrinkage }: TrainOptions,
): Promise<LinearCode> {
  const known = labels.filter((label) => label !== undefined);
  if (known.length < labels.length) {
    throw new UserError(
      `Linear discriminants go by the class of every image, and ${labels.length - known.length} of ${labels.length} images ` +
        'lie in no folder of a class: put the images of each class into a folder of its own.',
    );
  }
  const { mean, directions } = await linearDiscriminants(rows, known, config.latentFloats, shrinkage);
  const decoder = await leastSquares(rows, mean, directions);
  return { mean, encoder: directions, decoder };
}

/** What restores centred rows [N, D] from their projections on directions [D, K] with the least squared error: [K, D]. */
async function leastSquares(rows: tf.Tensor2D, mean: tf.Tensor1D, directions: tf.Tensor2D): Promise<tf.Tensor2D> {
  const centred = tf.sub(rows, mean) as tf.Tensor2D;
  const latents = tf.matMul(centred, directions) as tf.Tensor2D; // [N, K]
  const z = await matrixOf(latents);
  const products = await matrixOf(tf.matMul(latents, centred, true) as tf.Tensor2D, true); // [K, D]
  tf.dispose([centred, latents]);
  return tensorOf(new CholeskyDecomposition(z.transpose().mmul(z)).solve(products));
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
