/** How well a model's latents suit a diffusion model, measured without training one. */
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { classIndices } from '../../autoencoder/class-condition.js';
import { imageChannelsOf } from '../../config/config.js';
import { evaluationBatches } from '../../data/batches/batches.js';
import { evenlySpaced } from '../../data/evenly-spaced.js';
import type { ImageFile } from '../../data/images.js';
import { toBytes } from '../../data/pictures/values/pixels.js';
import { visibleRgb } from '../../data/pictures/values/visible.js';
import { UserError } from '../../errors.js';
import type { PerceptualLoss } from '../../losses/perceptual/perceptual-loss.js';
import { bootstrapInterval, defaultConfidence, type Interval } from '../measures/bootstrap.js';
import { pooledFeatures } from '../measures/features/feature-distances.js';
import { featureSet, frechetIntervalOfSets } from '../measures/features/frechet-interval.js';
import type { PixelImage } from '../measures/pixel-image.js';
import { psnrDb } from '../measures/psnr.js';
import { decodeLatents, encodeImages, imagesAtOnce } from '../model-passes.js';
import { canTurn, equivarianceErrors, midpoints, withNoise } from './decoded-measures.js';
import { channelMoments, type LatentMeasures, latentMeasures } from './latent-measures.js';

export interface DiffusabilityOptions {
  /** Side of the pictures in px. */
  readonly size: number;
  readonly batch: number;
  readonly maxPixels: number;
  readonly seed: number;
  /** What midpoints are judged by; they are left out without it. */
  readonly builtin?: PerceptualLoss | null | undefined;
}

export interface Diffusability extends LatentMeasures {
  readonly images: number;
  /** Standard deviation of the posterior over that of its channel, mean over channels; absent for posteriors that are points. */
  readonly posteriorStdShare?: number;
  /** Fréchet distance of decoded midpoints (see `midpoints`) to the pictures, on built-in features. */
  readonly midpointDistance?: Interval;
  /** Absent for vectors and odd grids; see `equivarianceErrors`. */
  readonly turnError?: Interval;
  readonly halfSizeError?: Interval;
  /** PSNR in dB of latents with noise, given as a share of each channel's standard deviation. */
  readonly robustness: readonly { readonly noiseShare: number; readonly psnrDb: Interval }[];
}

/** Enough for stable figures; neighbours cost the square. */
const mostImages = 1000;
const noiseShares = [0, 0.1, 0.3];

/** @throws UserError for fewer than two images, which have no neighbours */
export async function measureDiffusability(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: DiffusabilityOptions,
): Promise<Diffusability> {
  const { size, seed, builtin } = options;
  const batch = imagesAtOnce(options.batch, [size, size]);
  const { images, pictures, classes } = await readImages(model, evenlySpaced(files, mostImages), options);
  const count = pictures.length;
  if (count < 2) throw new UserError(`Diffusability got ${count} image, wanted at least two: pass more images.`);
  const pass = { batch, classes };
  const encoded = await encodeImages(model, images, [size, size, imageChannelsOf(model.config)], pass);
  const { mean: latents, logvar, shape } = encoded;
  const set = { latents, shape };
  const decoded = async (values: Float32Array) =>
    picturesOf(model, await decodeLatents(model, values, shape, pass), size);
  const interval = (values: readonly number[]) =>
    bootstrapInterval(values, { resamples: 1000, confidence: defaultConfidence, seed });
  const robustness = [];
  for (const noiseShare of noiseShares) {
    const noisy = await decoded(withNoise(set, noiseShare, seed));
    const figures = noisy.map((picture, index) => psnrDb(pictures[index]!, picture)).filter(Number.isFinite);
    robustness.push({ noiseShare, psnrDb: interval(figures) });
  }
  const errors = canTurn(shape) ? await equivarianceErrors(model, set, { batch }) : undefined;
  const features = async (list: readonly PixelImage[]) =>
    featureSet(await pooledFeatures(builtin as PerceptualLoss, list, batch));
  return {
    images: count,
    ...latentMeasures(set),
    ...(!encoded.isDeterministic && { posteriorStdShare: posteriorStdShare(latents, logvar, shape[2]) }),
    ...(builtin && {
      midpointDistance: frechetIntervalOfSets(
        await features(await decoded(await midpoints(set))),
        await features(pictures),
        {
          confidence: defaultConfidence,
          seed,
        },
      ),
    }),
    ...(errors && { turnError: interval(errors.turns), halfSizeError: interval(errors.halfSize) }),
    robustness,
  };
}

async function readImages(
  model: Autoencoder,
  files: readonly ImageFile[],
  options: DiffusabilityOptions,
): Promise<{ images: Float32Array; pictures: readonly PixelImage[]; classes: Int32Array | undefined }> {
  const imageChannels = imageChannelsOf(model.config);
  const floats = options.size ** 2 * imageChannels;
  const images = new Float32Array(files.length * floats);
  const classes: number[] = [];
  let count = 0;
  for await (const read of evaluationBatches({ ...options, imageChannels, files, skipped: [] })) {
    const paths = read.files.map(({ relativePath }) => relativePath);
    images.set(read.images.subarray(0, read.files.length * floats), count * floats);
    classes.push(...(classIndices(model.config, read.labels, paths) ?? []).slice(0, read.files.length));
    count += read.files.length;
  }
  const there = images.subarray(0, count * floats);
  return {
    images: there,
    pictures: picturesOf(model, there, options.size),
    classes: classes.length > 0 ? Int32Array.from(classes) : undefined,
  };
}

function picturesOf(model: Autoencoder, images: Float32Array, size: number): PixelImage[] {
  const channels = imageChannelsOf(model.config);
  const floats = size ** 2 * channels;
  return Array.from({ length: images.length / floats }, (_, index) => ({
    pixels: visibleRgb({ pixels: toBytes(images.subarray(index * floats, (index + 1) * floats)), channels }),
    width: size,
    height: size,
  }));
}

function posteriorStdShare(mean: Float32Array, logvar: Float32Array, channels: number): number {
  const { std } = channelMoments(mean, channels);
  const variances = new Float64Array(channels);
  const rows = mean.length / channels;
  for (const [at, value] of logvar.entries()) variances[at % channels]! += Math.exp(value) / rows;
  const shares = [...std].map((value, channel) => Math.sqrt(variances[channel]!) / value);
  return shares.reduce((sum, share) => sum + share, 0) / channels;
}
