/** Training a tokenizer: from a folder of images to a run folder. */
import { resolve } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { latentShape } from '../autoencoder/autoencoder.js';
import { classIndices } from '../autoencoder/class-condition.js';
import type { Quantization } from '../autoencoder/posterior.js';
import {
  imageChannelsOf,
  type Preset,
  presets,
  type RunConfig,
  resolveRunConfig,
  type TrainOptions,
} from '../config/config.js';
import { type ImageBatch, trainingBatches } from '../data/batches/batches.js';
import { splitWithoutCopies } from '../data/copies.js';
import { evenlySpaced } from '../data/evenly-spaced.js';
import { openImages } from '../data/images.js';
import type { SkippedImage } from '../data/skipped.js';
import { selectEngine } from '../engine/select.js';
import { UserError } from '../errors.js';
import { saveModel } from '../interop/models/save-model.js';
import { modelPathOf } from '../interop/models/shipped-tokenizers.js';
import { openObjective } from '../losses/open-objective.js';
import { normals } from '../random.js';
import { trainingClasses } from './classes.js';
import { assertShareable, leadersAnswer, type Team, teamOf } from './data-parallel/team.js';
import { trainLinear } from './linear/train-linear.js';
import { runLoop } from './loop.js';
import { createRunFolder, type ResumeChanges, type RunFolder, resumeRunFolder } from './run/run-folder.js';
import { pretrainedConfig, startingModel } from './run/starting-model.js';
import type { MicroBatch } from './step/gradients.js';
import { watchDiscriminator } from './step/health.js';
import { learningRateAt } from './step/schedule.js';
import { createTrainingState, restoreTrainingState, saveTrainingState, type TrainingState } from './step/state.js';
import type { StepReport } from './step/step-report.js';
import { trainingStep } from './step/training-step.js';
import type { TrainingHooks, TrainingSummary } from './training-reports.js';
import { type Validation, validate } from './validation.js';

/**
 * Trains a new tokenizer on the images of `directory` until its steps or minutes are over or the signal aborts.
 *
 * What a step computes is a function of the options and the step's number alone, so an interrupted and resumed run equals
 * an uninterrupted one bit for bit (with `steps`; `minutes` go by the clock).
 *
 * @param out run folder to make
 * @throws UserError for a folder without images, a run folder in use, options that do not fit each other
 */
export async function trainAutoencoder(
  directory: string,
  given: TrainOptions,
  out: string,
  hooks: TrainingHooks = {},
): Promise<TrainingSummary> {
  const options = { ...given, ...(given.from !== undefined && { from: modelPathOf(given.from) }) };
  const model = await pretrainedConfig(options);
  const { conditional, discriminant }: Preset = presets[options.preset];
  const classes =
    model === undefined && (conditional || discriminant) ? await trainingClasses(directory, options) : undefined;
  const config = resolveRunConfig(directory, options, { model, classes });
  return runTraining(config, config.options.from, () => createRunFolder(out, config), hooks);
}

/**
 * Goes on with an interrupted run, from its last checkpoint, with the options it was started with.
 *
 * @param changes a cosine schedule follows a new length; gradient checkpointing changes nothing but memory and time
 */
export async function resumeTraining(
  directory: string,
  out: string,
  changes: ResumeChanges = {},
  hooks: TrainingHooks = {},
): Promise<TrainingSummary> {
  const { world } = hooks;
  await using opened = world && world.rank > 0 ? undefined : await resumeRunFolder(out, changes);
  const answer = opened && { config: opened.config, hasCheckpoint: opened.hasCheckpoint() };
  const run = (await leadersAnswer(world, answer)) as NonNullable<typeof answer>;
  const { directory: trained } = run.config;
  if (resolve(directory) !== trained) {
    throw new UserError(`Got images from ${resolve(directory)}; ${out} was trained on ${trained}: pass that.`);
  }
  // A checkpoint holds all weights: the model that the run started from may be gone.
  const from = run.hasCheckpoint ? undefined : run.config.options.from;
  return await runTraining(run.config, from, async () => opened as RunFolder, hooks);
}

/**
 * @param from model whose weights training starts with
 * @param open gives the run folder, once nothing that was asked for stands in the way of training
 */
async function runTraining(
  config: RunConfig,
  from: string | undefined,
  open: () => Promise<RunFolder>,
  hooks: TrainingHooks,
): Promise<TrainingSummary> {
  const { options } = config;
  const team = teamOf(hooks.world);
  assertShareable(options, team);
  const found = await openImages(config.directory, { ...options, signal: hooks.signal });
  if (found.damage[0] !== undefined) throw found.damage[0];
  hooks.onImages?.(found);
  const { training, validation } = await splitWithoutCopies(found.files, options.validation, hooks.onWarning);
  const engine = await selectEngine(team.engineOptions(options), hooks.onWarning && { onWarning: hooks.onWarning });
  if (config.model.latent === 'linear') {
    if (team.size > 1) throw new UserError(`${options.preset} is computed by one process: start it without mpiexec.`);
    return trainLinear({ ...config, model: config.model }, { training, validation }, open, hooks);
  }
  const model = await startingModel(config.model, from, options);
  const objective = await openObjective(
    config.objective,
    { size: options.size, inChannels: config.model.inChannels },
    options.seed,
  );
  const state = createTrainingState(model, objective, options.emaDecay, options.seed);
  await using run = await team.openRun(config, open);
  if (run.hasCheckpoint()) await restoreTrainingState(run.checkpointPath, state);
  await team.replicate(state);
  await run.forgetAfter(state.step);
  // The first weights are computed apart from the first step, so that it compiles to the same graph as all others.
  engine.flush();
  hooks.onStart?.(config, { training: training.length, validation: validation.length });

  const validationFiles = evenlySpaced(validation, options.validationImages);
  const skipped: SkippedImage[] = [];
  const share = { index: team.rank, count: team.size };
  const watch = watchDiscriminator(config.objective.adversarial);
  const { interrupted, looked } = await runLoop(
    {
      state,
      options,
      run,
      team,
      batches: trainingBatches({
        ...options,
        imageChannels: imageChannelsOf(config.model),
        files: training,
        firstStep: state.step,
        skipped,
        share,
      }),
      async step(batch, number, done) {
        if (number === 1 && from === undefined) await beginCodebook(config, state, batch, team);
        const report = await trainOnBatch(config, state, batch, number, done, team);
        const warning = watch(report, number);
        if (warning) hooks.onWarning?.(warning);
        return report;
      },
      look: () => validateAndLog(run, state, validationFiles),
      save: () => save(run, state),
    },
    hooks,
  );
  await team.allSkipped(skipped);
  const images = state.step * options.batch;
  return {
    run: run.path,
    steps: state.step,
    images,
    seconds: state.seconds,
    imagesPerSecond: images / state.seconds,
    interrupted,
    ...(looked && { validation: looked }),
    skipped,
  };
}

/** Makes the encoder's outputs of the first batch the first codes. */
async function beginCodebook(
  { model: { inChannels }, options }: RunConfig,
  state: TrainingState,
  batch: ImageBatch,
  team: Team,
) {
  const { model, average, codebookLearning } = state;
  if (!codebookLearning) return;
  const { size } = options;
  const encoded = tf.tidy(() => {
    const images = tf.tensor4d(batch.images, [options.batch / team.size, size, size, inChannels]);
    return (model.encode(images).quantization as Quantization).encoded;
  });
  codebookLearning.begin(await team.joined(await encoded.data<'float32'>()));
  encoded.dispose();
  average.restart();
}

async function trainOnBatch(
  config: RunConfig,
  state: TrainingState,
  batch: ImageBatch,
  number: number,
  done: number,
  team: Team,
): Promise<StepReport> {
  const { options } = config;
  const learningRate = learningRateAt(number, done, options);
  const microBatches = splitIntoMicroBatches(batch, config, number, team);
  const report = await trainingStep(state, {
    microBatches,
    step: number,
    learningRate,
    gradientClip: options.gradientClip,
    exchange: team.exchange,
  });
  tf.dispose(microBatches);
  return { ...report, learningRate };
}

/** The images of a step, or of this process' share of it, with their noise, in as many micro-batches as were asked for. */
function splitIntoMicroBatches(
  { images, labels, files }: ImageBatch,
  { options, model }: RunConfig,
  step: number,
  { rank, size: processes }: Team,
): MicroBatch[] {
  const { accumulate, size, seed, latentSamples } = options;
  const latent = latentShape(model, [size, size]);
  // Drawn for the whole step, so that it does not depend on the number of processes.
  const noise = normals(options.batch * latentSamples * tf.util.sizeFromShape(latent), 'noise', seed, step);
  const paths = files.map(({ relativePath }) => relativePath);
  const classes = classIndices(model, labels, paths);
  const slice = <Values extends Float32Array | Int32Array>(values: Values, part: number, parts = accumulate) => {
    const length = values.length / parts;
    return values.slice(part * length, (part + 1) * length) as Values;
  };
  const batch = options.batch / (accumulate * processes);
  return Array.from({ length: accumulate }, (_, part) => ({
    images: tf.tensor4d(slice(images, part), [batch, size, size, model.inChannels]),
    noise: tf.tensor4d(slice(noise, rank * accumulate + part, processes * accumulate), [
      batch * latentSamples,
      ...latent,
    ]),
    ...(classes && { classes: tf.tensor1d(slice(classes, part), 'int32') }),
  }));
}

/** Validates the averaged weights, logs the figures and writes the picture. */
async function validateAndLog(
  run: RunFolder,
  state: TrainingState,
  files: Parameters<typeof validate>[1],
): Promise<Validation> {
  const validation = await state.average.applied(() => {
    return validate(state.model, files, run.config.options, run.samplePath(state.step));
  });
  await run.appendMetrics({ step: state.step, validation });
  return validation;
}

async function save(run: RunFolder, state: TrainingState): Promise<void> {
  // First what checks that every value is sound.
  await saveTrainingState(run.checkpointPath, state, run.assertHeld);
  await saveModel(run.modelPath, state.average.averages);
}
