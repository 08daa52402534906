/** Training a diffusion model: from a store of latents to a run folder. */

import type { MemoryNeed } from '../../autoencoder/memory.js';
import {
  type DiffusionOptions,
  type DiffusionRunConfig,
  diffusionRunConfigSchema,
} from '../../config/options/diffusion-options.js';
import { trainingWithout } from '../../data/copies.js';
import { splitValidation } from '../../data/split.js';
import { selectEngine } from '../../engine/select.js';
import { resolvedThreads } from '../../engine/threads.js';
import { UserError } from '../../errors.js';
import { saveModel } from '../../interop/models/save-model.js';
import type { LatentDecoder } from '../../latents/model-roles.js';
import { type LatentStore, openLatents } from '../../latents/reading/store.js';
import { absolute } from '../../storage/locations.js';
import { withEvents } from '../../training/log/events/with-events.js';
import { type LoopHooks, runLoop } from '../../training/loop.js';
import { tellChanges } from '../../training/run/option-changes.js';
import { createRunFolder, type RunFolder, readRunConfig, reopenRunFolder } from '../../training/run/run-folder.js';
import { asBegun } from '../../training/run/threads.js';
import { learningRateAt } from '../../training/step/schedule.js';
import { createDenoiser } from '../backbones/denoiser.js';
import { findTokenizer, tokenizerMissing } from '../model/find-tokenizer.js';
import { openDecoder } from '../model/open-decoder.js';
import { processes } from '../process/process.js';
import { memoryOfDenoising } from './diffusion-memory.js';
import {
  createDiffusionState,
  type DiffusionState,
  restoreDiffusionState,
  saveDiffusionState,
} from './diffusion-state.js';
import { diffusionStep } from './diffusion-step.js';
import { noisyBatches } from './noisy-batches.js';
import { resolveDiffusion } from './resolve-diffusion.js';
import { writeSamples } from './samples.js';
import { validationBatches, validationLoss } from './validation-loss.js';

/** Told of the training of a diffusion model on the way. */
export interface DiffusionHooks extends LoopHooks {
  /** Told of the resolved options, and of how many latents are on each side, before the first step. */
  readonly onStart?: (config: DiffusionRunConfig, facts: DiffusionStart) => void;
  /** Told, in one sentence, of what makes the training slow or blind. */
  readonly onWarning?: (sentence: string) => void;
}

/** What is known of a training before its first step: latents on each side, and what a step wants. */
export interface DiffusionStart {
  /** The run folder. */
  readonly run: string;
  readonly training: number;
  readonly validation: number;
  readonly need: MemoryNeed & { readonly sentence: string };
}

/** What a training of a diffusion model came to. */
export interface DiffusionSummary {
  readonly run: string;
  /** Of the whole run, what came before a resume included; likewise `images` and `seconds`. */
  readonly steps: number;
  readonly images: number;
  readonly seconds: number;
  readonly imagesPerSecond: number;
  readonly interrupted: boolean;
  /** Of the averaged weights on latents that no step saw; absent when the run was interrupted. */
  readonly validation?: DiffusionValidation;
}

/** The mean loss on latents that were kept for validation. */
export interface DiffusionValidation {
  readonly latents: number;
  readonly loss: number;
}

/**
 * Trains a new diffusion model on the store `latents` until its steps or minutes are over or the signal aborts. As with
 * `trainAutoencoder`, an interrupted and resumed run of `steps` equals an uninterrupted one bit for bit.
 *
 * @param out run folder to make
 * @throws UserError for a store that is unfinished or without a common shape, a run folder in use, another encoder's model
 */
export async function trainDiffusion(
  latents: string,
  options: DiffusionOptions,
  out: string,
  hooks: DiffusionHooks = {},
): Promise<DiffusionSummary> {
  await using store = await openLatents(latents);
  const { encoder } = store.manifest;
  const tokenizer = await findTokenizer({ encoder, given: options.model, near: [latents, out] });
  const config = { ...resolveDiffusion(store, options, tokenizer), threads: resolvedThreads(options.threads) };
  return await runDiffusion(store, config, tokenizer, () => createRunFolder(out, config), hooks);
}

/** What a resumed run may be told anew. */
export const diffusionResumeOptions = [
  'steps',
  'minutes',
  'model',
  'learningRate',
  'warmupSteps',
  'schedule',
  'gradientClip',
  'tensorboard',
  'threads',
] as const;
/** What a resumed run may be told anew. */
export type DiffusionResumeChanges = {
  readonly [Option in (typeof diffusionResumeOptions)[number]]?: DiffusionOptions[Option] | undefined;
};

/** Goes on with an interrupted run, from its last checkpoint, with the options it was started with. */
export async function resumeDiffusion(
  latents: string,
  out: string,
  changes: DiffusionResumeChanges = {},
  hooks: DiffusionHooks = {},
): Promise<DiffusionSummary> {
  const saved = await readRunConfig(out, diffusionRunConfigSchema);
  if (absolute(latents) !== saved.latents) {
    throw new UserError(`Got latents from ${absolute(latents)}; ${out} was trained on ${saved.latents}: pass those.`);
  }
  await using store = await openLatents(latents);
  const { encoder } = store.manifest;
  const { sha256, path: seen } = saved.diffusion.tokenizer;
  if (encoder.sha256 !== sha256) {
    throw new UserError(`${latents} was encoded anew by another model since ${out} was started: train another run.`);
  }
  const tokenizer = await findTokenizer({ encoder, given: changes.model, seen, near: [latents, out] });
  await using run = await reopenRunFolder(out, saved, changes, (options) => ({
    ...saved,
    threads: changes.threads === undefined ? saved.threads : resolvedThreads(options.threads),
    options: { ...options, ...(options.minutes === undefined && { steps: options.steps ?? saved.options.steps }) },
  }));
  return await runDiffusion(store, run.config, tokenizer, async () => run, hooks);
}

/** @param open gives the run folder, once nothing that was asked for stands in the way of training */
async function runDiffusion(
  store: LatentStore,
  config: DiffusionRunConfig,
  tokenizer: string | null,
  open: () => Promise<RunFolder<DiffusionRunConfig>>,
  hooks: DiffusionHooks,
): Promise<DiffusionSummary> {
  const { diffusion: model, options } = config;
  const { training, validation } = await splitStore(store, options.validation, hooks.onWarning);
  const engineOptions = asBegun(options, config.threads, hooks.onWarning);
  const engine = await selectEngine(engineOptions, hooks.onWarning && { onWarning: hooks.onWarning });
  const decoder = tokenizer === null ? null : await openDecoder(tokenizer, options);
  const { classes } = store.manifest;
  if (classes.length > model.denoiser.classes.length) {
    hooks.onWarning?.(
      `All latents are of one class, ${classes[0]}, which tells none from another: training without it.`,
    );
  }
  if (decoder === null) {
    hooks.onWarning?.(`${tokenizerMissing(store.manifest.encoder)} Until then no samples are drawn.`);
  }
  const need = memoryOfDenoising(config);
  const state = createDiffusionState(createDenoiser(model.denoiser, { seed: options.seed }), options.emaDecay);
  await using run = await open();
  if (run.hasCheckpoint()) await restoreDiffusionState(run.checkpointPath, state);
  await run.forgetAfter(state.step);
  await tellChanges(run, state.step, hooks.onWarning);
  const logged = await withEvents(run, options.tensorboard);
  // The first weights are computed apart from the first step, so that it compiles to the same graph as all others.
  engine.flush();
  hooks.onStart?.(config, { run: run.path, training: training.length, validation: validation.length, need });

  const process = processes[model.process];
  const held = await validationBatches(store, model, validation, options.batch);
  const { interrupted, looked } = await runLoop(
    {
      state,
      options,
      run: logged,
      batches: noisyBatches(store, model, { ...options, indices: training, stepsDone: state.step }),
      step: (batch, number, done) =>
        diffusionStep(state, batch, {
          process,
          learningRate: learningRateAt(number, done, options),
          gradientClip: options.gradientClip,
        }),
      look: () => look(logged, state, held, decoder),
      save: () => save(run, state),
      async restore() {
        await restoreDiffusionState(run.checkpointPath, state);
        await saveModel(run.modelPath, state.average.averages);
      },
    },
    hooks,
  );
  const images = state.step * options.batch;
  return {
    run: run.path,
    steps: state.step,
    images,
    seconds: state.seconds,
    imagesPerSecond: images / state.seconds,
    interrupted,
    ...(looked && { validation: looked }),
  };
}

/** Positions in the store of the images to train on and of those kept back, by the rule that `train` goes by. */
async function splitStore(
  store: LatentStore,
  glob?: string,
  onCopies?: (sentence: string) => void,
): Promise<Record<'training' | 'validation', Uint32Array>> {
  const items: { relativePath: string; sha256: string; index: number }[] = [];
  for await (const { path, sha256 } of store.records()) {
    items.push({ relativePath: path, sha256, index: items.length });
  }
  const { training, validation } = splitValidation(items, glob);
  const seen = new Set(validation.map(({ sha256 }) => sha256));
  const copies = new Set(training.filter(({ sha256 }) => seen.has(sha256)));
  const split = { training: trainingWithout(training, copies, onCopies), validation };
  const positions = (side: readonly { index: number }[]) => Uint32Array.from(side, ({ index }) => index);
  return { training: positions(split.training), validation: positions(split.validation) };
}

/** Measures the averaged weights, logs the figure and writes a picture of samples. */
async function look(
  run: RunFolder<DiffusionRunConfig>,
  state: DiffusionState,
  held: Parameters<typeof validationLoss>[2],
  decoder: LatentDecoder | null,
): Promise<DiffusionValidation> {
  const network = { denoiser: state.denoiser, config: run.config.diffusion };
  const loss = await state.average.applied(async () => {
    if (decoder) await writeSamples(run.samplePath(state.step), network, decoder);
    return validationLoss(state.denoiser.predict, network.config, held);
  });
  const latents = held.reduce((sum, { times }) => sum + times.length, 0);
  const validation = { latents, loss };
  await run.appendValidation(state.step, validation);
  return validation;
}

async function save(run: RunFolder<DiffusionRunConfig>, state: DiffusionState): Promise<void> {
  // First what checks that every value is sound.
  await saveDiffusionState(run.checkpointPath, state, run.assertHeld);
  await saveModel(run.modelPath, state.average.averages);
}
