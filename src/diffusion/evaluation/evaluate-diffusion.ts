/** Does it generate? Samples of a diffusion model beside real pictures, reconstructions and draws of other models. */

import type { SamplingOptions } from '../../config/options/diffusion-options.js';
import type { EngineOptions } from '../../config/options/engine-options.js';
import { evenlySpaced } from '../../data/evenly-spaced.js';
import { findImages, type ImageFile } from '../../data/images.js';
import { splitValidation } from '../../data/split.js';
import { UserError } from '../../errors.js';
import { reconstructFiles } from '../../evaluation/evaluate.js';
import { type Neighbour, nearestNeighbours } from '../../evaluation/generation/neighbours.js';
import { precisionRecall } from '../../evaluation/generation/precision-recall.js';
import { defaultConfidence } from '../../evaluation/measures/bootstrap.js';
import { openFeatureNetworks, pooledFeatures } from '../../evaluation/measures/features/feature-distances.js';
import {
  type FeatureSet,
  featureSet,
  frechetIntervalOfSets,
} from '../../evaluation/measures/features/frechet-interval.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import { latentDecoder } from '../../latents/codec.js';
import { openModel } from '../../training/run/trained-model.js';
import { findTokenizer, tokenizerMissing } from '../model/find-tokenizer.js';
import { openDiffusion, type TrainedDiffusion } from '../model/open-diffusion.js';
import { evenlyAmongClasses } from '../sampling/draw-latents.js';
import { asSeen, type DrawnPicture, drawPictures } from '../sampling/draw-pictures.js';
import { type Accuracies, accuracies } from './accuracies.js';
import type { GeneratedSet } from './generated-set.js';
import { namesOfRuns } from './names-of-runs.js';
import { priorPictures } from './prior-pictures.js';
import { readPictures } from './read-pictures.js';

/** How samples of a diffusion model are judged. */
export interface DiffusionEvaluationOptions extends SamplingOptions, EngineOptions {
  /** Samples to draw, and real pictures to compare them with where there are as many. */
  readonly count: number;
  /** Path of the tokenizer, where it is not to be searched for. */
  readonly model?: string | undefined;
  /** Runs whose prior is drawn from as well. */
  readonly baselines: readonly string[];
  /** Folder of real pictures that nothing was trained on, instead of those kept for validation. */
  readonly test?: string | undefined;
  /** Larger pictures are refused before decoding, in px. */
  readonly maxPixels: number;
  /** False: no classifier is trained, which takes most of the time. */
  readonly classifier?: boolean | undefined;
}

/** What samples of a diffusion model are like beside real pictures. */
export interface DiffusionEvaluation {
  /** Of the pictures, px. */
  readonly size: number;
  /** Samples first, then the tokenizer's reconstructions of test pictures, real test pictures, and draws of other models. */
  readonly sets: readonly GeneratedSet[];
  /**
   * Distance of a sample to its nearest training picture over that of a test picture to its own, medians: well below 1 means
   * that training pictures are repeated.
   */
  readonly nearestDistanceRatio: number;
  /** Absent without classes, or where no classifier was wanted. */
  readonly accuracies?: Accuracies;
  /** The first samples, each with the training picture nearest to it. */
  readonly shown: readonly { readonly sample: PixelImage; readonly nearest: PixelImage; readonly path: string }[];
}

/** Pictures that a model drew, in the order in which they were drawn. */
export interface DrawnSet {
  /** As in `sets`. */
  readonly name: string;
  readonly pictures: readonly PixelImage[];
  /** Of each picture; absent where none was asked for. */
  readonly classes?: readonly string[];
}

/** Told of the judging on the way. */
export interface DiffusionEvaluationHooks {
  /** Told, in a sentence, what is done next. */
  readonly onStage?: (sentence: string) => void;
  /** Told of all pictures that were drawn: the samples, then those of each baseline. */
  readonly onDrawn?: (drawn: DrawnSet) => void;
}

/** Pictures shown with their neighbours. */
const shownPictures = 16;

/**
 * Judges samples of a diffusion model beside the images in `directory`, which its latents were made of.
 *
 * @param directory the images that the latents were made of
 * @throws UserError where the model or its tokenizer is not found, or pictures are smaller than the features take
 */
export async function evaluateDiffusion(
  path: string,
  directory: string,
  options: DiffusionEvaluationOptions,
  { onStage = () => {}, onDrawn }: DiffusionEvaluationHooks = {},
): Promise<DiffusionEvaluation> {
  const diffusion = await openDiffusion(path);
  const tokenizer = await openTokenizer(diffusion, options);
  const { latentShape, classes } = diffusion.config.denoiser;
  const [size] = tokenizer.decoder.imageSize(latentShape[0], latentShape[1]);
  const { builtin, absence } = await openFeatureNetworks('builtin', size);
  if (builtin === null) throw new UserError(`${absence} Nothing is left to judge samples by.`);
  const files = splitValidation(await findImages(directory), diffusion.run.options.validation);
  const testFiles = options.test === undefined ? files.validation : await findImages(options.test);
  const read = { size, batch: options.batch, maxPixels: options.maxPixels };

  onStage(`Drawing ${options.count} samples`);
  const samples: DrawnPicture[] = [];
  for await (const picture of drawPictures(
    diffusion,
    tokenizer.decoder,
    evenlyAmongClasses(options.count, classes.length),
    options,
  )) {
    samples.push(asSeen(picture));
  }
  onDrawn?.({
    name: 'samples',
    pictures: samples,
    ...(classes.length > 0 && { classes: samples.map(({ image }) => classes[image.class] as string) }),
  });
  onStage('Reading real pictures');
  const training = await readPictures(evenlySpaced(files.training, options.count), read);
  const test = await readPictures(evenlySpaced(testFiles, options.count), read);
  const reconstructions: PixelImage[] = [];
  for await (const { reconstruction } of reconstructFiles(tokenizer.model, test.files, read, [])) {
    reconstructions.push(reconstruction);
  }
  const others = [];
  const names = namesOfRuns(options.baselines);
  for (const [index, baseline] of options.baselines.entries()) {
    const name = `prior of ${names[index]}`;
    onStage(`Drawing from the ${name}`);
    const drawn = { name, pictures: await priorPictures(baseline, samples.length, options) };
    others.push(drawn);
    onDrawn?.(drawn);
  }

  onStage('Comparing');
  const features = async (pictures: readonly PixelImage[]) =>
    featureSet(await pooledFeatures(builtin, pictures, options.batch));
  const [ofTraining, ofTest] = [await features(training.pictures), await features(test.pictures)];
  // Few pictures make a distance larger: every set is as large as the smallest.
  const fewest = Math.min(samples.length, test.pictures.length);
  const named: { name: string; pictures: readonly PixelImage[] }[] = [
    { name: 'samples', pictures: samples },
    { name: 'reconstructions', pictures: reconstructions },
    { name: 'real pictures', pictures: test.pictures },
    ...others,
  ];
  const sets: GeneratedSet[] = [];
  for (const { name, pictures } of named) {
    sets.push(await compare(name, await features(evenlySpaced(pictures, fewest)), ofTraining, ofTest, options.seed));
  }
  const ofSamples = await features(samples);
  const nearest = await nearestNeighbours(ofSamples, ofTraining);
  return {
    size,
    sets,
    nearestDistanceRatio: median(nearest) / median(await nearestNeighbours(ofTest, ofTraining)),
    ...(options.classifier !== false &&
      classes.length > 1 && {
        accuracies: await accuracies(samples, training, test, { classes, size, seed: options.seed }, onStage),
      }),
    shown: samples.slice(0, shownPictures).map((sample, index) => {
      const { row } = nearest[index] as Neighbour;
      const file = training.files[row] as ImageFile;
      return { sample, nearest: training.pictures[row] as PixelImage, path: file.relativePath };
    }),
  };
}

async function openTokenizer(diffusion: TrainedDiffusion, { model: given, ...engine }: DiffusionEvaluationOptions) {
  const { tokenizer } = diffusion.config;
  const near = [diffusion.path, diffusion.run.latents];
  const path = await findTokenizer({ encoder: tokenizer, given, seen: tokenizer.path, near });
  if (path === null) throw new UserError(tokenizerMissing(tokenizer));
  const { model, sha256 } = await openModel(path);
  return { model, decoder: latentDecoder(model, { name: tokenizer.name, sha256 }, engine) };
}

async function compare(
  name: string,
  features: FeatureSet,
  training: FeatureSet,
  test: FeatureSet,
  seed: number,
): Promise<GeneratedSet> {
  const options = { confidence: defaultConfidence, seed };
  return {
    name,
    pictures: features.values.length / features.features,
    toTraining: frechetIntervalOfSets(features, training, options),
    toTest: frechetIntervalOfSets(features, test, options),
    quality: await precisionRecall(training, features, seed),
  };
}

function median(neighbours: readonly Neighbour[]): number {
  const sorted = neighbours.map(({ distance }) => distance).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
