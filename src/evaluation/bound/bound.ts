/**
 * How probable a model finds images: the evidence lower bound, tighter bounds by importance weighting, and what the prior
 * alone makes of them. The likelihood is p(x|z) = N(decoded z, sigma² I), a density over pixels in [-1, 1].
 */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { UserError } from '../../errors.js';
import { normals } from '../../random.js';
import { bootstrapInterval, defaultConfidence, type Interval } from '../measures/bootstrap.js';
import { decodeLatents, encodeImages, imagesAtOnce } from '../model-passes.js';
import { drawFrom, type GaussianRow, gaussianKlNats, logDensityNats, logLikelihoodNats } from './gaussian.js';
import { groupedLogMeanExp, logMeanExp } from './log-mean-exp.js';

/** Images that a bound is estimated of. */
export interface BoundedImages {
  /** [count, H, W, C] in [-1, 1] */
  readonly images: Float32Array;
  /** H, W, C */
  readonly shape: readonly [number, number, number];
  /** The class of each image, for a model that is told. */
  readonly classes?: Int32Array | undefined;
}

/** How a bound on log p(x) is estimated. */
export interface BoundSettings {
  /** How many draws each importance-weighted bound is of, for example 1, 10, 100, 1000; the largest are made per image. */
  readonly importanceSamples: readonly number[];
  /** Standard deviation of p(x|z), in units of [-1, 1]. */
  readonly sigma: number;
  /** Of the draws. */
  readonly seed: number;
  /** Latents decoded at once. */
  readonly batch: number;
  /** Told after every image. */
  readonly onImage?: (done: number) => void;
}

/** All in nats per image. */
export interface ImageBound {
  /** E_q log p(x|z), over all draws. */
  readonly reconstruction: number;
  /** KL(q(z|x) || p(z)), in closed form. */
  readonly kl: number;
  /** reconstruction - kl. */
  readonly elbo: number;
  /** One for each number of draws, in order. */
  readonly importance: readonly number[];
  /** The tightest bound minus the ELBO: at least about this large is KL(q(z|x) || p(z|x)), which the ELBO gives away. */
  readonly gap: number;
  /** log mean p(x|z) over as many draws from the prior as the largest number of draws. */
  readonly prior: number;
}

/** The parts of the bound, each as a mean over images with its interval. */
export type Scalars = Record<Exclude<keyof ImageBound, 'importance'>, Interval>;

/** Bounds on log p(x) of images (Burda et al., arXiv 1509.00519). */
export interface BoundEstimate {
  readonly importanceSamples: readonly number[];
  readonly sigma: number;
  readonly seed: number;
  /** Values of an image. */
  readonly dimensions: number;
  readonly perImage: readonly ImageBound[];
  /** Means over images with their bootstrap intervals. */
  readonly mean: Readonly<Scalars> & { readonly importance: readonly Interval[] };
}

/** What a bound needs of a model. */
export type BoundedModel = Pick<Autoencoder, 'encode' | 'decode' | 'prior'>;

/**
 * Estimates the bounds of every image. ELBO: Kingma & Welling, arXiv 1312.6114, eq. 3. With k draws z_i of q(z|x), log p_k =
 * log 1/k Σ p(x|z_i) p(z_i) / q(z_i|x) (Burda et al., arXiv 1509.00519, eq. 8), averaged over as many disjoint groups of k as
 * the draws hold. Draws depend on the seed and the image's place alone, not on `batch`; memory is one batch of decoded images
 * and a number per image and draw.
 *
 * @throws UserError for a model whose posterior is a point: it has no density
 */
export async function estimateBound(
  model: BoundedModel,
  bounded: BoundedImages,
  wanted: BoundSettings,
): Promise<BoundEstimate> {
  const { images, shape, classes } = bounded;
  const settings = { ...wanted, batch: imagesAtOnce(wanted.batch, [shape[0], shape[1]]) };
  const dimensions = shape[0] * shape[1] * shape[2];
  const count = images.length / dimensions;
  const encoded = await encodeImages(model, images, shape, { batch: settings.batch, classes });
  if (encoded.isDeterministic) {
    throw new UserError(
      'This model’s posterior has no variance, so it bounds no likelihood: pass a model with a KL term.',
    );
  }
  const floats = encoded.mean.length / count;
  const priors = priorRows(model, classes, count, floats);
  const draw: DrawLatents = { model, shape: encoded.shape, floats, settings };
  const priorNats = await fromPrior(draw, bounded, priors);
  const perImage: ImageBound[] = [];
  for (let index = 0; index < count; index++) {
    const row = (values: Float32Array) => values.subarray(index * floats, (index + 1) * floats);
    const posterior = { mean: row(encoded.mean), logvar: row(encoded.logvar) };
    const image = images.subarray(index * dimensions, (index + 1) * dimensions);
    const target = { image, index, classIndex: classes?.[index], posterior, prior: priors[index]! };
    perImage.push({ ...(await fromPosterior(draw, target)), prior: priorNats[index]! });
    settings.onImage?.(index + 1);
  }
  const { importanceSamples, sigma, seed } = settings;
  return { importanceSamples, sigma, seed, dimensions, perImage, mean: meansOf(perImage, importanceSamples, seed) };
}

interface DrawLatents {
  readonly model: BoundedModel;
  /** Of a latent: h, w, Z. */
  readonly shape: readonly [number, number, number];
  readonly floats: number;
  readonly settings: BoundSettings;
}

interface Target {
  readonly image: Float32Array;
  readonly index: number;
  readonly classIndex: number | undefined;
  readonly posterior: GaussianRow;
  readonly prior: GaussianRow;
}

async function fromPosterior(draw: DrawLatents, target: Target): Promise<Omit<ImageBound, 'prior'>> {
  const { image, index, classIndex, posterior, prior } = target;
  const { importanceSamples, sigma } = draw.settings;
  const draws = Math.max(...importanceSamples);
  const weights = new Float64Array(draws);
  let reconstruction = 0;
  for await (const { first, latents, decoded } of decodedDraws(
    draw,
    posterior,
    ['importance', index],
    classIndex,
    draws,
  )) {
    for (const [row, latent] of latents.entries()) {
      const pixels = decoded.subarray(row * image.length, (row + 1) * image.length);
      const likelihood = logLikelihoodNats(squaredError(image, pixels), image.length, sigma);
      reconstruction += likelihood / draws;
      weights[first + row] = likelihood + logDensityNats(latent, prior) - logDensityNats(latent, posterior);
    }
  }
  const kl = gaussianKlNats(posterior, prior);
  const elbo = reconstruction - kl;
  const importance = importanceSamples.map((size) => groupedLogMeanExp(weights, size));
  return { reconstruction, kl, elbo, importance, gap: logMeanExp(weights) - elbo };
}

/** Images of one class share their draws, since those depend on no image. */
async function fromPrior(
  draw: DrawLatents,
  { images, shape, classes }: BoundedImages,
  priors: readonly GaussianRow[],
): Promise<number[]> {
  const dimensions = shape[0] * shape[1] * shape[2];
  const draws = Math.max(...draw.settings.importanceSamples);
  const likelihoods = priors.map(() => new Float64Array(draws));
  for (const classIndex of new Set<number | undefined>(classes ?? [undefined])) {
    const members = [...priors.keys()].filter((index) => classes?.[index] === classIndex);
    const key = ['prior', classIndex ?? 'all'] as const;
    const prior = priors[members[0]!]!;
    for await (const { first, latents, decoded } of decodedDraws(draw, prior, key, classIndex, draws)) {
      for (const row of latents.keys()) {
        const pixels = decoded.subarray(row * dimensions, (row + 1) * dimensions);
        for (const index of members) {
          const image = images.subarray(index * dimensions, (index + 1) * dimensions);
          const error = squaredError(image, pixels);
          likelihoods[index]![first + row] = logLikelihoodNats(error, dimensions, draw.settings.sigma);
        }
      }
    }
  }
  return likelihoods.map((values) => logMeanExp(values));
}

/** `draws` latents of a Gaussian in batches, with what the decoder makes of them. */
async function* decodedDraws(
  { model, shape, floats, settings }: DrawLatents,
  gaussian: GaussianRow,
  key: readonly (string | number)[],
  classIndex: number | undefined,
  draws: number,
) {
  const { batch, seed } = settings;
  for (let first = 0; first < draws; first += batch) {
    const latents = Array.from({ length: Math.min(batch, draws - first) }, (_, row) =>
      drawFrom(gaussian, normals(floats, 'bound', seed, ...key, first + row)),
    );
    const joined = new Float32Array(latents.length * floats);
    for (const [row, latent] of latents.entries()) joined.set(latent, row * floats);
    const classes = classIndex === undefined ? undefined : new Int32Array(latents.length).fill(classIndex);
    yield { first, latents, decoded: await decodeLatents(model, joined, shape, { batch, classes }) };
  }
}

/** p(z) of each image: N(0, I), or that of its class. */
function priorRows(
  { prior }: BoundedModel,
  classes: Int32Array | undefined,
  count: number,
  floats: number,
): GaussianRow[] {
  const standard = { mean: new Float32Array(floats), logvar: new Float32Array(floats) };
  return Array.from({ length: count }, (_, index) => {
    if (!prior || !classes) return standard;
    return tf.tidy(() => {
      const { mean, logvar } = prior(tf.tensor1d([classes[index]!], 'int32'));
      return { mean: mean.dataSync<'float32'>(), logvar: logvar.dataSync<'float32'>() };
    });
  });
}

function squaredError(image: Float32Array, decoded: Float32Array): number {
  let sum = 0;
  for (let at = 0; at < image.length; at++) sum += (image[at]! - decoded[at]!) ** 2;
  return sum;
}

function meansOf(perImage: readonly ImageBound[], importanceSamples: readonly number[], seed: number) {
  const interval = (value: (bound: ImageBound) => number) =>
    bootstrapInterval(perImage.map(value), { resamples: 1000, confidence: defaultConfidence, seed });
  return {
    reconstruction: interval(({ reconstruction }) => reconstruction),
    kl: interval(({ kl }) => kl),
    elbo: interval(({ elbo }) => elbo),
    gap: interval(({ gap }) => gap),
    prior: interval(({ prior }) => prior),
    importance: importanceSamples.map((_, at) => interval(({ importance }) => importance[at]!)),
  };
}
