/** The same small diffusion model on the latents of each tokenizer: which of them feeds diffusion best. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DiffusionOptions,
  diffusionOptionsSchema,
  type SamplingOptions,
  samplingOptionsSchema,
} from '../../config/options/diffusion-options.js';
import type { EngineOptions } from '../../config/options/engine-options.js';
import { encodeOptionsSchema } from '../../config/options/latent-options.js';
import { openImages } from '../../data/images.js';
import { UserError } from '../../errors.js';
import { latentEncoder } from '../../latents/codec.js';
import { encodeFolder } from '../../latents/writing/encode.js';
import { openModel } from '../../training/run/trained-model.js';
import { type DiffusionEvaluation, evaluateDiffusion } from '../evaluation/evaluate-diffusion.js';
import { type StoreMeasures, storeMeasures } from '../evaluation/store-measures.js';
import { type DiffusionSummary, resumeDiffusion, trainDiffusion } from '../training/train-diffusion.js';

/** What every tokenizer gets alike. */
export interface GenerationOptions extends EngineOptions {
  /** Folder for a store and a run per tokenizer; those that are there already are gone on with. */
  readonly out: string;
  /** Side of the pictures in px. */
  readonly size: number;
  /** Of each diffusion model. */
  readonly steps: number;
  /** Samples of each, and real pictures where there are as many. */
  readonly count: number;
  readonly seed: number;
  /** Glob of the images that are kept from every training. Default: one in 16, by the hash of its path. */
  readonly validation?: string | undefined;
  /** Whether the diffusion models are told the class of every image, where there are several. Default: true. */
  readonly conditional?: boolean | undefined;
  /** What of the trainings of diffusion models is not as by default. */
  readonly diffusionOptions?: Partial<
    Omit<DiffusionOptions, keyof EngineOptions | 'steps' | 'seed' | 'model' | 'validation'>
  >;
  /** What of the sampling is not. */
  readonly samplingOptions?: Partial<Omit<SamplingOptions, 'seed'>>;
  /** Larger pictures are refused before decoding, in px. */
  readonly maxPixels: number;
  readonly signal?: AbortSignal | undefined;
  /** Told, in one sentence, what is being done. */
  readonly onStage?: (sentence: string) => void;
}

/** What came of one tokenizer's latents. */
export interface TokenizerGeneration {
  readonly name: string;
  /** Of the diffusion model, on latents that no step saw; comparable between models of one shape of latent only. */
  readonly loss: number;
  readonly steps: number;
  /** What the latents alone tell; null where they have no common shape. */
  readonly latents: StoreMeasures | null;
  readonly evaluation: DiffusionEvaluation;
}

/**
 * Encodes `directory` with each tokenizer, trains the diffusion preset for its kind of latent with equal steps, batch and
 * seed, and judges the samples of each beside the same real pictures.
 *
 * @param directory images; those of `validation` are kept from every training
 * @throws UserError where it is interrupted: the same call goes on
 */
export async function compareGeneration(
  directory: string,
  tokenizers: readonly { readonly name: string; readonly path: string }[],
  options: GenerationOptions,
): Promise<TokenizerGeneration[]> {
  const results: TokenizerGeneration[] = [];
  for (const [index, tokenizer] of tokenizers.entries()) {
    results.push(
      await generationOf(directory, tokenizer, join(options.out, `${index + 1}-${tokenizer.name}`), options),
    );
  }
  return results;
}

async function generationOf(
  directory: string,
  { name, path }: { readonly name: string; readonly path: string },
  folder: string,
  options: GenerationOptions,
): Promise<TokenizerGeneration> {
  const { count, seed, maxPixels, onStage = () => undefined } = options;
  const [latents, run] = [join(folder, 'latents'), join(folder, 'run')];
  onStage(`${name}: encoding`);
  await encodeAll(directory, path, latents, options);
  onStage(`${name}: training a diffusion model for ${options.steps} steps`);
  const { validation, steps } = await trainOrGoOn(latents, run, path, options);
  if (validation === undefined) throw interrupted();
  const sampling = samplingOptionsSchema.parse({ ...options.samplingOptions, seed });
  const evaluation = await evaluateDiffusion(
    run,
    directory,
    { ...sampling, ...engineOf(options), count, maxPixels, model: path, baselines: [] },
    { onStage: (sentence) => onStage(`${name}: ${sentence}`) },
  );
  return { name, steps, loss: validation.loss, latents: await storeMeasures(latents), evaluation };
}

async function encodeAll(directory: string, path: string, out: string, options: GenerationOptions): Promise<void> {
  const { size, signal, conditional = true } = options;
  const images = await openImages(directory);
  const files = conditional ? images.files : images.files.map(({ label: _, ...file }) => file);
  const classes = conditional ? images.classes : [];
  const { model, sha256 } = await openModel(path);
  const { part: _, ...defaults } = encodeOptionsSchema.parse({ maxPixels: options.maxPixels });
  const { complete } = await encodeFolder({
    ...defaults,
    files,
    classes,
    out,
    size,
    encoder: latentEncoder(model, { name: path, sha256 }, engineOf(options)),
    ...(signal && { signal }),
  });
  if (!complete) throw interrupted();
}

function trainOrGoOn(
  latents: string,
  run: string,
  model: string,
  options: GenerationOptions,
): Promise<DiffusionSummary> {
  const { steps, seed, validation, signal } = options;
  const hooks = signal ? { signal } : {};
  if (existsSync(join(run, 'config.json'))) return resumeDiffusion(latents, run, { steps, model }, hooks);
  const told = {
    ...options.diffusionOptions,
    ...engineOf(options),
    steps,
    seed,
    model,
    validation,
    sampleSteps: steps,
  };
  return trainDiffusion(latents, diffusionOptionsSchema.parse(told), run, hooks);
}

const engineOf = ({ engine, device, threads }: EngineOptions): EngineOptions => ({ engine, device, threads });

const interrupted = () =>
  new UserError('Interrupted; what was encoded and trained is kept. Run the same command to go on.');
