/** Image-quality figures of a model on files. */
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { classIndices } from '../autoencoder/class-condition.js';
import { evaluationBatches } from '../data/batches/batches.js';
import type { ImageFile } from '../data/images.js';
import type { SkippedImage } from '../data/skipped.js';
import type { PixelImage } from './measures/pixel-image.js';
import { psnrDb } from './measures/psnr.js';
import { ssim } from './measures/ssim.js';
import { reconstruct } from './reconstruct.js';

export interface EvaluationOptions {
  /** Side of the square centre crop in px. */
  readonly size: number;
  /** Images per batch. */
  readonly batch: number;
  /** Larger pictures are refused before decoding, in px. */
  readonly maxPixels: number;
}

export interface ReconstructedImage {
  readonly file: ImageFile;
  readonly original: PixelImage;
  readonly reconstruction: PixelImage;
  /** The codes of its latent, [h·w], where a codebook made it. */
  readonly codes?: Int32Array;
}

/** The mean over images of each figure, computed on 8-bit reconstructions from the posterior's mean. */
export interface Evaluation {
  readonly images: number;
  readonly psnrDb: number;
  readonly ssim: number;
  readonly skipped: readonly SkippedImage[];
}

/** Every readable file through the model, in order. */
export async function* reconstructFiles(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: EvaluationOptions,
  skipped: SkippedImage[],
): AsyncGenerator<ReconstructedImage> {
  const { size, batch } = options;
  for await (const { images, labels, files: batchFiles } of evaluationBatches({ ...options, files, skipped })) {
    const paths = batchFiles.map(({ relativePath }) => relativePath);
    const classes = classIndices(model.config, labels, paths);
    const { originals, reconstructions, codes } = await reconstruct(model, images, size, batch, classes);
    for (const [index, file] of batchFiles.entries()) {
      const original = originals[index];
      const reconstruction = reconstructions[index];
      const ofImage = codes?.[index];
      if (original && reconstruction) yield { file, original, reconstruction, ...(ofImage && { codes: ofImage }) };
    }
  }
}

export async function evaluateFiles(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: EvaluationOptions,
  onImage: (image: ReconstructedImage) => void = () => {},
): Promise<Evaluation> {
  const skipped: SkippedImage[] = [];
  const sums = { images: 0, psnrDb: 0, ssim: 0 };
  for await (const image of reconstructFiles(model, files, options, skipped)) {
    sums.images++;
    sums.psnrDb += psnrDb(image.original, image.reconstruction);
    sums.ssim += ssim(image.original, image.reconstruction);
    onImage(image);
  }
  return { images: sums.images, psnrDb: sums.psnrDb / sums.images, ssim: sums.ssim / sums.images, skipped };
}
