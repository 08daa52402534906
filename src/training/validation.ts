/** A look at a model in training: figures on validation images and a picture of some of them. */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import type { Scaling, TrainOptions } from '../config/config.js';
import type { ImageFile } from '../data/images.js';
import { evaluateFiles, type ReconstructedImage } from '../evaluation/evaluate.js';
import { createMeanColour } from '../evaluation/measures/mean-colour.js';
import { writeSampleGrid } from '../evaluation/sample-grid.js';
import { createScaleMeasure } from './scale-measure.js';
import { usageOf } from './step/codebook-learning.js';

/** What a model in training is worth on images that it does not train on. */
export interface Validation {
  readonly images: number;
  readonly psnrDb: number;
  readonly ssim: number;
  /** What pictures in the images' mean colour would reach: a model below it has learned nothing. */
  readonly meanColourPsnrDb: number;
  /** Diffusion sees (latent - shift) · factor, as measured on their latents; absent where the model has no place for it. */
  readonly scaling?: Scaling;
  /** The codes that all images together take; see `usageOf`. */
  readonly codebook?: { readonly usedShare: number; readonly perplexity: number };
}

/**
 * Images that a look takes at a time: a quarter of a step's, and no more than a part's, since its memory comes on top of the training's,
 * which an engine keeps.
 */
const batchOf = ({ batch, accumulate }: Pick<TrainOptions, 'batch' | 'accumulate'>) =>
  Math.ceil(batch / Math.max(4, accumulate));

/** Pictures per sample grid. */
const gridImages = 16;

/** Evaluates `files` and writes originals above reconstructions to `samplePath`. */
export async function validate(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: Pick<TrainOptions, 'size' | 'batch' | 'accumulate' | 'maxPixels' | 'range'>,
  samplePath: string,
): Promise<Validation> {
  const shown: ReconstructedImage[] = [];
  const scale = createScaleMeasure(model.config);
  const uses = new Float32Array(model.codebook?.shape[1] ?? 0); // [K]
  const meanColour = createMeanColour();
  const batch = batchOf(options);
  const { images, psnrDb, ssim } = await evaluateFiles(model, files, { ...options, batch }, (image) => {
    meanColour.add(image.original);
    scale.add(image.posterior);
    if (shown.length < gridImages) shown.push(image);
    for (const code of image.codes ?? []) uses[code] = (uses[code] as number) + 1;
  });
  const originals = shown.map(({ original }) => original);
  const reconstructions = shown.map(({ reconstruction }) => reconstruction);
  await writeSampleGrid(samplePath, originals, reconstructions);
  const scaling = scale.scaling();
  const figures = { images, psnrDb, ssim, meanColourPsnrDb: meanColour.psnrDb(), ...(scaling && { scaling }) };
  return { ...figures, ...(model.codebook && { codebook: await measuredUsage(uses) }) };
}

async function measuredUsage(uses: Float32Array): Promise<NonNullable<Validation['codebook']>> {
  const { usedShare, perplexity } = tf.tidy(() => usageOf(tf.tensor1d(uses)));
  const values = await Promise.all([usedShare.data(), perplexity.data()]);
  tf.dispose([usedShare, perplexity]);
  const [share = 0, effective = 0] = values.map(([value]) => value);
  return { usedShare: share, perplexity: effective };
}
