/** What the latent space of each of several models is like, on the same images. */
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { classIndices } from '../../autoencoder/class-condition.js';
import { classesOf } from '../../config/config.js';
import { toBytes } from '../../data/pictures/values/pixels.js';
import { permutation } from '../../random.js';
import type { PixelImage } from '../measures/pixel-image.js';
import { decodeLatents, encodeImages, imagesAtOnce } from '../model-passes.js';
import type { ReadImages } from '../read-images.js';
import { likelihoodDraw, priorLatents } from './draws.js';
import { type ImageClasses, imageClasses } from './image-classes.js';
import { type Interpolation, linear, spherical, stripOf } from './interpolation.js';
import { type Projection, principalComponents, projectTsne, projectUmap } from './projection.js';
import { type LatentSpaceStatistics, latentStatistics } from './statistics.js';

/** How latent spaces are looked at. */
export interface LatentSpaceSettings {
  /** Images per pass through the model. */
  readonly batch: number;
  /** Of projections and draws. */
  readonly seed: number;
  /** Pairs of images to walk between. */
  readonly pairs?: number;
  /** Pictures of a walk, its ends included. */
  readonly steps?: number;
  /** Draws of the prior to decode. */
  readonly priorSamples?: number;
  /** Standard deviation of p(x|z) in units of [-1, 1]. */
  readonly sigma?: number;
}

/** Pictures between two pictures, along a straight line and along an arc through the latent space. */
export interface Walk {
  readonly linear: readonly PixelImage[];
  readonly spherical: readonly PixelImage[];
}

/** What the latent space of one model is like. */
export interface ModelLatentSpace {
  readonly name: string;
  readonly statistics: LatentSpaceStatistics;
  readonly tsne: Projection;
  readonly umap: Projection;
  readonly walks: readonly Walk[];
  /** Decoded draws of N(0, I), or of the priors of the classes that `priorClasses` names. */
  readonly priorSamples: readonly PixelImage[];
  readonly priorClasses: readonly string[] | null;
  /** Decoded means of the first images of the walks, and a draw from p(x|z) about each. */
  readonly draws: readonly { readonly mean: PixelImage; readonly draw: PixelImage }[];
}

/** What the latent spaces of several models are like, on the same images. */
export interface LatentSpaces {
  readonly images: number;
  readonly classes: ImageClasses;
  readonly sigma: number;
  readonly seed: number;
  /** Both ends of every walk. */
  readonly walkEnds: readonly (readonly [from: PixelImage, to: PixelImage])[];
  readonly models: readonly ModelLatentSpace[];
}

/** Half of the distance between black and grey: the sigma' under which the squared error counts twice in the ELBO. */
const defaultSigma = 0.5;

/**
 * Looks at the latent space of every model: projections of posterior means (PCA, then t-SNE and UMAP), walks between images,
 * samples from the prior, and draws from p(x|z). Everything is a function of images, weights and seed.
 */
export async function analyzeLatentSpaces(
  models: readonly { readonly name: string; readonly model: Autoencoder }[],
  read: ReadImages,
  settings: LatentSpaceSettings,
): Promise<LatentSpaces> {
  const { pairs = 3, sigma = defaultSigma, seed } = settings;
  const classes = imageClasses(read.files.map(({ label }) => label));
  const ends = chosenPairs(classes.ofImage, pairs, seed);
  const looked: ModelLatentSpace[] = [];
  for (const { name, model } of models) looked.push(await lookAt(name, model, read, classes, ends, settings));
  const floats = read.images.length / read.files.length;
  const picture = (index: number) => pictureOf(read.images.subarray(index * floats, (index + 1) * floats), read);
  const walkEnds = ends.map(([from, to]) => [picture(from), picture(to)] as const);
  return { images: read.files.length, classes, sigma, seed, walkEnds, models: looked };
}

async function lookAt(
  name: string,
  model: Autoencoder,
  read: ReadImages,
  classes: ImageClasses,
  ends: readonly (readonly [number, number])[],
  { batch: most, seed, steps = 7, priorSamples = 12, sigma = defaultSigma }: LatentSpaceSettings,
): Promise<ModelLatentSpace> {
  const { images, shape, files } = read;
  const batch = imagesAtOnce(most, [shape[0], shape[1]]);
  const names = files.map(({ relativePath }) => relativePath);
  const indices = classIndices(
    model.config,
    files.map(({ label }) => label),
    names,
  );
  const encoded = await encodeImages(model, images, shape, { batch, classes: indices });
  const floats = encoded.mean.length / files.length;
  const components = principalComponents(encoded.mean, floats);
  const decode = (latents: Float32Array, latentClasses?: Int32Array) =>
    decodeLatents(model, latents, encoded.shape, { batch, classes: latentClasses });
  const latent = (index: number) => encoded.mean.subarray(index * floats, (index + 1) * floats);
  const classOf = (index: number, count: number) => indices && new Int32Array(count).fill(indices[index]!);
  const walks: Walk[] = [];
  for (const [from, to] of ends) {
    const walk = (interpolation: Interpolation) =>
      decode(stripOf(latent(from), latent(to), steps, interpolation), classOf(from, steps));
    walks.push({ linear: pictures(await walk(linear), read), spherical: pictures(await walk(spherical), read) });
  }
  const known = classesOf(model.config);
  const drawn = known && Int32Array.from({ length: priorSamples }, (_, sample) => sample % known.length);
  const fromPrior = await decode(priorLatents(model, priorSamples, floats, seed, drawn), drawn);
  const draws = [];
  for (const [index] of ends) {
    const mean = await decode(latent(index), classOf(index, 1));
    const draw = likelihoodDraw(mean, sigma, seed + index);
    draws.push({ mean: pictureOf(mean, read), draw: pictureOf(draw, read) });
  }
  return {
    name,
    statistics: latentStatistics(encoded, classes.ofImage),
    tsne: projectTsne(components, seed),
    umap: projectUmap(components, seed),
    walks,
    priorSamples: pictures(fromPrior, read),
    priorClasses: drawn ? Array.from(drawn, (index) => known![index]!) : null,
    draws,
  };
}

/** Pairs of images of different classes where there are several, by the seed. */
function chosenPairs(ofImage: readonly number[], pairs: number, seed: number): [number, number][] {
  const order = [...permutation(ofImage.length, 'walks', seed)];
  const chosen: [number, number][] = [];
  while (chosen.length < pairs && order.length >= 2) {
    const from = order.shift()!;
    const other = order.findIndex((index) => ofImage[index] !== ofImage[from]);
    chosen.push([from, order.splice(Math.max(0, other), 1)[0]!]);
  }
  return chosen;
}

function pictures(values: Float32Array, read: Pick<ReadImages, 'shape'>): PixelImage[] {
  const floats = read.shape[0] * read.shape[1] * read.shape[2];
  return Array.from({ length: values.length / floats }, (_, index) =>
    pictureOf(values.subarray(index * floats, (index + 1) * floats), read),
  );
}

/** Clamped to [-1, 1] and rounded to 8 bits. */
function pictureOf(values: Float32Array, { shape: [height, width] }: Pick<ReadImages, 'shape'>): PixelImage {
  return { pixels: toBytes(values), width, height };
}
