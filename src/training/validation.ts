/** A look at a model in training: figures on validation images and a picture of some of them. */
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import type { TrainOptions } from '../config.js';
import type { ImageFile } from '../data/images.js';
import { evaluateFiles, type ReconstructedImage } from '../evaluation/evaluate.js';
import { writeSampleGrid } from '../evaluation/sample-grid.js';

export interface Validation {
  readonly images: number;
  readonly psnrDb: number;
  readonly ssim: number;
}

/** Pictures per sample grid. */
const gridImages = 16;

/** Evaluates `files` and writes originals above reconstructions to `samplePath`. */
export async function validate(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: Pick<TrainOptions, 'size' | 'batch' | 'maxPixels'>,
  samplePath: string,
): Promise<Validation> {
  const shown: ReconstructedImage[] = [];
  const { images, psnrDb, ssim } = await evaluateFiles(model, files, options, (image) => {
    if (shown.length < gridImages) shown.push(image);
  });
  const originals = shown.map(({ original }) => original);
  const reconstructions = shown.map(({ reconstruction }) => reconstruction);
  await writeSampleGrid(samplePath, originals, reconstructions);
  return { images, psnrDb, ssim };
}

/** `count` files spread evenly over all of them, so that every class folder has its share. */
export function spread<Item>(items: readonly Item[], count: number): Item[] {
  if (items.length <= count) return [...items];
  return Array.from({ length: count }, (_, index) => items[Math.floor((index * items.length) / count)] as Item);
}
