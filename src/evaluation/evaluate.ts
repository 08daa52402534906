/** Image-quality figures of a model on files. */
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { classIndices } from '../autoencoder/class-condition.js';
import { imageChannelsOf } from '../config/config.js';
import { evaluationBatches } from '../data/batches/batches.js';
import type { ImageFile } from '../data/images.js';
import type { ReadOptions } from '../data/pictures/decode.js';
import type { SkippedImage } from '../data/skipped.js';
import { bootstrapInterval, defaultConfidence, type Interval } from './measures/bootstrap.js';
import {
  type FeatureMeasurement,
  type FeatureNetworks,
  frechetOf,
  joinFeatures,
  measureFeatures,
} from './measures/features/feature-distances.js';
import { lumaPlane, type PixelImage } from './measures/pixel-image.js';
import { psnrDb } from './measures/psnr.js';
import { blurCurve, blurSigmaPx } from './measures/sharpness/blur-calibration.js';
import { detailRatio, gradientEnergy, roundingGradientEnergy } from './measures/sharpness/sharpness.js';
import { ssim } from './measures/ssim.js';
import { type LatentPosterior, reconstruct } from './reconstruct.js';

/** How a model is measured. */
export interface EvaluationOptions extends Pick<ReadOptions, 'range'> {
  /** Side of the square centre crop in px. */
  readonly size: number;
  /** Images per batch. */
  readonly batch: number;
  /** Larger pictures are refused before decoding, in px. */
  readonly maxPixels: number;
  /** What perceptual and Fréchet distance are measured with; both are left out without it. */
  readonly networks?: FeatureNetworks;
}

/** A picture, its latent, and what the model makes of it. */
export interface ReconstructedImage {
  readonly file: ImageFile;
  readonly original: PixelImage;
  readonly reconstruction: PixelImage;
  /** The codes of its latent, [h·w], where a codebook made it. */
  readonly codes?: Int32Array;
  readonly posterior: LatentPosterior;
}

/** The mean over images of each figure, computed on 8-bit reconstructions from the posterior's mean. */
export interface Evaluation {
  readonly images: number;
  readonly psnrDb: number;
  readonly ssim: number;
  /** Gradient energy over the original's, of the images that hold any detail; absent where none does, as is the blur. */
  readonly gradientEnergyRatio?: number;
  readonly blurSigmaPx?: number;
  /** Absent without a network, as is the Fréchet distance. */
  readonly perceptualDistance?: number;
  /** Of all images together, on the built-in network's features; absent for a single image. */
  readonly frechetDistance?: number;
  /** By bootstrap over images, for every figure above. */
  readonly intervals: Readonly<Partial<Record<EvaluatedMeasure, Interval>>>;
  readonly skipped: readonly SkippedImage[];
}

/** A figure of one picture. */
export type ImageMeasure = 'psnrDb' | 'ssim' | 'gradientEnergyRatio' | 'blurSigmaPx';
/** A figure of a model. */
export type EvaluatedMeasure = ImageMeasure | 'perceptualDistance' | 'frechetDistance';

/** Every readable file through the model, in order. */
export async function* reconstructFiles(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: EvaluationOptions,
  skipped: SkippedImage[],
): AsyncGenerator<ReconstructedImage> {
  const { size, batch } = options;
  const imageChannels = imageChannelsOf(model.config);
  for await (const { images, labels, files: batchFiles } of evaluationBatches({
    ...options,
    imageChannels,
    files,
    skipped,
  })) {
    const paths = batchFiles.map(({ relativePath }) => relativePath);
    const classes = classIndices(model.config, labels, paths);
    const { originals, reconstructions, codes, posteriors } = await reconstruct(model, images, size, batch, classes);
    for (const [index, file] of batchFiles.entries()) {
      const original = originals[index];
      const reconstruction = reconstructions[index];
      const posterior = posteriors[index];
      const ofImage = codes?.[index];
      if (original && reconstruction && posterior)
        yield { file, original, reconstruction, posterior, ...(ofImage && { codes: ofImage }) };
    }
  }
}

/**
 * Measures a model on files, whose centre crops it restores from their posterior means.
 *
 * @throws UserError where none can be read
 */
export async function evaluateFiles(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: EvaluationOptions,
  onImage: (image: ReconstructedImage) => void = () => {},
): Promise<Evaluation> {
  const skipped: SkippedImage[] = [];
  const figures: Record<ImageMeasure, number[]> = { psnrDb: [], ssim: [], gradientEnergyRatio: [], blurSigmaPx: [] };
  const features = featureCollector(options);
  for await (const image of reconstructFiles(model, files, options, skipped)) {
    figures.psnrDb.push(psnrDb(image.original, image.reconstruction));
    figures.ssim.push(ssim(image.original, image.reconstruction));
    const sharpness = sharpnessOf(image);
    if (sharpness) {
      figures.gradientEnergyRatio.push(sharpness.gradientEnergyRatio);
      figures.blurSigmaPx.push(sharpness.blurSigmaPx);
    }
    await features.add(image);
    onImage(image);
  }
  const { perceptualDistance, frechetDistance } = await features.finish();
  const bootstrap = { resamples: 1000, confidence: defaultConfidence, seed: 0 };
  const intervals: Partial<Record<EvaluatedMeasure, Interval>> = {
    psnrDb: bootstrapInterval(figures.psnrDb, bootstrap),
    ssim: bootstrapInterval(figures.ssim, bootstrap),
    ...(figures.gradientEnergyRatio.length > 0 && {
      gradientEnergyRatio: bootstrapInterval(figures.gradientEnergyRatio, bootstrap),
      blurSigmaPx: bootstrapInterval(figures.blurSigmaPx, bootstrap),
    }),
    ...(perceptualDistance && { perceptualDistance: bootstrapInterval(perceptualDistance, bootstrap) }),
    ...(frechetDistance && { frechetDistance }),
  };
  const means = Object.fromEntries(Object.entries(intervals).map(([name, { mean }]) => [name, mean]));
  const required = { psnrDb: intervals.psnrDb!.mean, ssim: intervals.ssim!.mean };
  return { images: figures.psnrDb.length, ...means, ...required, intervals, skipped };
}

/** Null where the original holds no detail to compare with. */
function sharpnessOf({ original, reconstruction }: ReconstructedImage) {
  const [before, after] = [lumaPlane(original), lumaPlane(reconstruction)];
  const gradientEnergyRatio = detailRatio(gradientEnergy(before), gradientEnergy(after), roundingGradientEnergy);
  if (Number.isNaN(gradientEnergyRatio)) return null;
  return { gradientEnergyRatio, blurSigmaPx: blurSigmaPx(blurCurve(before), after) };
}

/** Measures features batch by batch, so that no more than one batch of pictures is held. */
function featureCollector({ networks, batch }: EvaluationOptions) {
  const waiting: ReconstructedImage[] = [];
  const parts: FeatureMeasurement[] = [];
  const measure = async () => {
    if (!networks || waiting.length === 0) return;
    const images = waiting.splice(0);
    const originals = images.map(({ original }) => original);
    const reconstructions = images.map(({ reconstruction }) => reconstruction);
    parts.push(await measureFeatures(networks, originals, reconstructions, batch));
  };
  return {
    async add(image: ReconstructedImage) {
      if (!networks) return;
      waiting.push(image);
      if (waiting.length === batch) await measure();
    },
    async finish() {
      await measure();
      const joined = joinFeatures(parts);
      const frechetDistance = frechetOf(joined, { confidence: defaultConfidence, seed: 0 });
      return { perceptualDistance: joined.perceptualDistance, frechetDistance };
    },
  };
}
