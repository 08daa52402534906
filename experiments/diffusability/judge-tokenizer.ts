/** One tokenizer, trained, measured, and judged by a diffusion model on its latents. */
import { existsSync } from 'node:fs';
import { readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { evenlySpaced } from '../../src/data/evenly-spaced.js';
import { findImages } from '../../src/data/images.js';
import { splitValidation } from '../../src/data/split.js';
import { compareGeneration } from '../../src/diffusion/comparison/compare-generation.js';
import { setOf } from '../../src/diffusion/evaluation/generated-set.js';
import { UserError } from '../../src/errors.js';
import { measureDiffusability } from '../../src/evaluation/diffusability/diffusability.js';
import { evaluateFiles } from '../../src/evaluation/evaluate.js';
import { openFeatureNetworks } from '../../src/evaluation/measures/features/feature-distances.js';
import { writeFileAtomic } from '../../src/files.js';
import type { TrainingRequest } from '../../src/training/request.js';
import { openModel } from '../../src/training/run/trained-model.js';
import { resumeTraining, trainAutoencoder } from '../../src/training/train.js';
import { type ComparedTokenizer, pictureSide } from './tokenizers.js';

/** What every tokenizer gets alike. */
export interface Budget {
  /** Of the tokenizer. */
  readonly tokenizerSteps: number;
  /** Of the diffusion model. */
  readonly diffusionSteps: number;
  /** Samples, and unseen pictures that they are compared with. */
  readonly samples: number;
  readonly threads: number;
}

/** A figure with its 95 % interval. */
type Figure = readonly [value: number, low: number, high: number];

export interface Judgement {
  readonly name: string;
  readonly seed: number;
  readonly budget: Budget;
  readonly seconds: number;
  /** Of unseen pictures, dB. */
  readonly psnrDb: number;
  /** Fréchet distances to unseen pictures. */
  readonly reconstructions: Figure;
  readonly samples: Figure;
  readonly precision: Figure;
  readonly recall: Figure;
  /** Of the diffusion model on unseen latents. */
  readonly loss: number;
  readonly nearestDistanceRatio: number;
  /** Of the tokenizer alone, under the names of `evaluate --diffusability`; what a latent does not have is left out. */
  readonly measures: Readonly<Record<string, number>>;
}

/** Never trained on: 1,060 of the photographs. */
const validation = '**/0*';
const maxPixels = 4_000_000;
const batch = 32;
/** Of those, for what is measured without a diffusion model. */
const measuredPictures = 256;

/**
 * Goes on where an earlier call was interrupted; what is finished is read from `folder`/judgement.json.
 *
 * @throws UserError where the signal ended it
 */
export async function judgeTokenizer(
  photos: string,
  tokenizer: ComparedTokenizer,
  seed: number,
  folder: string,
  budget: Budget,
  { signal, onStage }: { readonly signal: AbortSignal; readonly onStage: (sentence: string) => void },
): Promise<Judgement> {
  const done = join(folder, 'judgement.json');
  if (existsSync(done)) return JSON.parse(await readFile(done, 'utf8')) as Judgement;
  const start = performance.now();
  onStage(`training for ${budget.tokenizerSteps} steps`);
  const path = await trainTokenizer(photos, tokenizer, seed, folder, budget, signal);
  const generation = await compareGeneration(photos, [{ name: tokenizer.name, path }], {
    engine: 'onnxruntime',
    device: 'cpu',
    threads: budget.threads,
    out: join(folder, 'diffusion'),
    size: pictureSide,
    steps: budget.diffusionSteps,
    count: budget.samples,
    seed,
    validation,
    conditional: false,
    diffusionOptions: { batch },
    samplingOptions: { samplerSteps: 12, batch: 64 },
    maxPixels,
    signal,
    onStage,
  });
  onStage('measuring');
  const { model } = await openModel(path);
  const files = evenlySpaced(splitValidation(await findImages(photos), validation).validation, measuredPictures);
  const { builtin } = await openFeatureNetworks('builtin', pictureSide);
  const how = { size: pictureSide, batch, maxPixels };
  const { psnrDb } = await evaluateFiles(model, files, how);
  const alone = await measureDiffusability(model, files, { ...how, seed, builtin });
  const { evaluation, loss } = generation[0]!;
  const samples = setOf(evaluation.sets, 'samples');
  const reconstructions = setOf(evaluation.sets, 'reconstructions');
  const [noNoise, someNoise, muchNoise] = alone.robustness;
  const judgement: Judgement = {
    name: tokenizer.name,
    seed,
    budget,
    seconds: Math.round((performance.now() - start) / 1000),
    psnrDb,
    reconstructions: figure(reconstructions.toTest),
    samples: figure(samples.toTest),
    precision: figure(samples.quality.precision),
    recall: figure(samples.quality.recall),
    loss,
    nearestDistanceRatio: evaluation.nearestDistanceRatio,
    measures: defined({
      midpoints: alone.midpointDistance?.mean,
      turnError: alone.turnError?.mean,
      halfSizeError: alone.halfSizeError?.mean,
      spectrumSlope: alone.spectrumSlope,
      totalVariation: alone.totalVariation,
      effectiveRank: alone.effectiveRank,
      posteriorStdShare: alone.posteriorStdShare,
      noiseLossDb: noNoise!.psnrDb.mean - someNoise!.psnrDb.mean,
      muchNoiseLossDb: noNoise!.psnrDb.mean - muchNoise!.psnrDb.mean,
    }),
  };
  await writeFileAtomic(done, `${JSON.stringify(judgement)}\n`);
  return judgement;
}

/** @returns the run folder of the finished tokenizer */
async function trainTokenizer(
  photos: string,
  { model, objective, decoderOnlyShare = 0 }: ComparedTokenizer,
  seed: number,
  folder: string,
  { tokenizerSteps, threads }: Budget,
  signal: AbortSignal,
): Promise<string> {
  const decoderSteps = Math.round(tokenizerSteps * decoderOnlyShare);
  const alike = {
    images: photos,
    validation,
    seed,
    threads,
    batch: 16,
    learningRate: 2e-3,
    sampleSteps: tokenizerSteps,
  };
  const whole = await trained(
    { ...alike, model, objective, steps: tokenizerSteps - decoderSteps, out: join(folder, 'tokenizer') },
    signal,
  );
  if (decoderSteps === 0) return whole;
  const without = { ...objective, regularizers: null };
  const out = join(folder, 'tokenizer-decoder');
  return trained(
    { ...alike, from: whole, decoderOnly: true, size: pictureSide, objective: without, steps: decoderSteps, out },
    signal,
  );
}

async function trained(request: TrainingRequest & { readonly out: string }, signal: AbortSignal): Promise<string> {
  const { images, out } = request;
  const underWay = `${out}-under-way`;
  if (existsSync(out)) return out;
  const hooks = { signal };
  const isBegun = existsSync(join(underWay, 'checkpoint.safetensors'));
  const { interrupted } = isBegun
    ? await resumeTraining({ images, out: underWay, hooks })
    : await trainAutoencoder({ ...request, out: underWay, hooks });
  if (interrupted) throw new UserError('Interrupted; what was trained is kept. Run the same command to go on.');
  await rename(underWay, out);
  return out;
}

const figure = ({ mean, low, high }: { mean: number; low: number; high: number }): Figure => [mean, low, high];

function defined(values: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, number] => entry[1] !== undefined),
  );
}
