/** Training a tokenizer: from a folder of images to a run folder. */
import * as tf from '@tensorflow/tfjs-core';
import type { Quantization } from '../autoencoder/posterior.js';
import {
  imageChannelsOf,
  latentScaling,
  networkNameOf,
  type RunConfig,
  withoutScaling,
  withScaling,
} from '../config/config.js';
import { type ImageBatch, trainingBatches } from '../data/batches/batches.js';
import { splitWithoutCopies } from '../data/copies.js';
import { evenlySpaced } from '../data/evenly-spaced.js';
import { type ImageSet, openImages } from '../data/images.js';
import type { SkippedImage } from '../data/skipped.js';
import { selectEngine } from '../engine/select.js';
import { resolvedThreads } from '../engine/threads.js';
import { UserError } from '../errors.js';
import { saveModel } from '../interop/models/save-model.js';
import { openObjective } from '../losses/open-objective.js';
import type { LossTerms } from '../losses/terms.js';
import { assertShareable, leadersAnswer, type Team, teamOf } from './data-parallel/team.js';
import { trainLinear } from './linear/train-linear.js';
import { withEvents } from './log/events/with-events.js';
import { runLoop } from './loop.js';
import {
  assertSameImages,
  handedPictures,
  type ResumeRequest,
  resolveRequest,
  type TrainingRequest,
} from './request.js';
import { tellChanges } from './run/option-changes.js';
import { createRunFolder, nextRunPath, type RunFolder, resumeRunFolder } from './run/run-folder.js';
import { startingModel } from './run/starting-model.js';
import { asBegun } from './run/threads.js';
import { uselessnessSentence, watchDiscriminator } from './step/health.js';
import { assertStateFits, memoryOfSteps } from './step/memory.js';
import { splitIntoMicroBatches } from './step/micro-batches.js';
import { learningRateAt } from './step/schedule.js';
import { createTrainingState, restoreTrainingState, saveTrainingState, type TrainingState } from './step/state.js';
import type { StepReport } from './step/step-report.js';
import { trainingStep } from './step/training-step.js';
import type { TrainingHooks, TrainingSummary } from './training-reports.js';
import { type Validation, validate } from './validation.js';

/**
 * Trains a new tokenizer until its steps or minutes are over or the signal aborts.
 *
 * What a step computes is a function of the options, the pictures and the step's number alone, so an interrupted and resumed
 * run equals an uninterrupted one bit for bit (with `steps`; `minutes` go by the clock).
 *
 * @throws UserError where there are no images, for a run folder in use, options that do not fit each other
 */
export async function trainAutoencoder(request: TrainingRequest): Promise<TrainingSummary> {
  const { terms = {}, out, hooks = {} } = request;
  const pictures = await handedPictures(request);
  const resolved = await resolveRequest(request, pictures);
  const { threads } = teamOf(hooks.world).engineOptions(resolved.options);
  const config = { ...resolved, threads: resolvedThreads(threads) };
  const open = () => createRunFolder(out ?? nextRunPath(networkNameOf(config)), config);
  return runTraining(config, config.options.from, { pictures, terms }, open, hooks);
}

/**
 * Goes on with an interrupted run, from its last checkpoint, with the options it was started with; a cosine schedule follows a
 * new length, and gradient checkpointing changes nothing but memory and time.
 *
 * Changed options are logged, and make it another run than an uninterrupted one.
 *
 * @throws UserError for other images or terms than the run's
 */
export async function resumeTraining(request: ResumeRequest): Promise<TrainingSummary> {
  const { images, out, terms = {}, hooks = {}, ...changes } = request;
  const { world } = hooks;
  await using opened = world && world.rank > 0 ? undefined : await resumeRunFolder(out, changes);
  const answer = opened && { config: opened.config, hasCheckpoint: opened.hasCheckpoint() };
  const run = (await leadersAnswer(world, answer)) as NonNullable<typeof answer>;
  const pictures = await handedPictures({ ...run.config.options, images });
  assertSameImages(run.config, pictures ?? (images as string), out);
  // A checkpoint holds all weights: the model that the run started from may be gone.
  const from = run.hasCheckpoint ? undefined : run.config.options.from;
  return await runTraining(run.config, from, { pictures, terms }, async () => opened as RunFolder, hooks);
}

/** What no config.json holds. */
interface Handed {
  /** Undefined: those of the config's directory. */
  readonly pictures: ImageSet | undefined;
  readonly terms: LossTerms;
}

/**
 * @param from model whose weights training starts with
 * @param open gives the run folder, once nothing that was asked for stands in the way of training
 */
async function runTraining(
  config: RunConfig,
  from: string | undefined,
  { pictures, terms }: Handed,
  open: () => Promise<RunFolder>,
  hooks: TrainingHooks,
): Promise<TrainingSummary> {
  const { options } = config;
  const team = teamOf(hooks.world);
  assertShareable(options, team);
  const found = pictures ?? (await openImages(config.directory as string, { ...options, signal: hooks.signal }));
  if (found.damage[0] !== undefined) throw found.damage[0];
  hooks.onImages?.(found);
  const { training, validation } = await splitWithoutCopies(found.files, options.validation, hooks.onWarning);
  const engineOptions = team.size > 1 ? team.engineOptions(options) : asBegun(options, config.threads, hooks.onWarning);
  const engine = await selectEngine(engineOptions, hooks.onWarning && { onWarning: hooks.onWarning });
  if (config.model.latent === 'linear') {
    if (team.size > 1) throw new UserError(`${options.preset} is computed by one process: start it without mpiexec.`);
    return trainLinear({ ...config, model: config.model }, { training, validation }, open, hooks);
  }
  assertStateFits(config);
  const objective = await openObjective(
    config.objective,
    { size: options.size, inChannels: config.model.inChannels },
    options.seed,
    terms,
  );
  const need = memoryOfSteps(config, objective, team.size);
  const model = await startingModel(config.model, from, options);
  const state = createTrainingState(model, objective, options);
  await using run = await team.openRun(config, open);
  if (run.hasCheckpoint()) await restoreTrainingState(run.checkpointPath, state);
  await team.replicate(state);
  await run.forgetAfter(state.step);
  await tellChanges(run, state.step, hooks.onWarning);
  const logged = await withEvents(run, options.tensorboard && team.leads);
  // What an earlier session measured is of other weights.
  const keepsScale = options.decoderOnly && latentScaling(config.model) !== null;
  if (latentScaling(config.model) !== null && !keepsScale)
    await run.saveConfig({ ...config, model: withoutScaling(config.model) });
  // The first weights are computed apart from the first step, so that it compiles to the same graph as all others.
  engine.flush();
  hooks.onStart?.(config, { run: run.path, training: training.length, validation: validation.length, need });

  const validationFiles = evenlySpaced(validation, options.validationImages);
  const skipped: SkippedImage[] = [];
  const share = { index: team.rank, count: team.size };
  const watch = watchDiscriminator(config.objective.adversarial);
  const { interrupted, looked } = await runLoop(
    {
      state,
      options,
      run: logged,
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
      look: () => validateAndLog(logged, state, validationFiles),
      save: () => save(run, state),
      async restore() {
        await restoreTrainingState(run.checkpointPath, state);
        await saveModel(run.modelPath, state.average.averages);
      },
    },
    hooks,
  );
  await team.allSkipped(skipped);
  if (looked?.scaling && !keepsScale)
    await run.saveConfig({ ...config, model: withScaling(config.model, looked.scaling) });
  const useless = looked && uselessnessSentence(looked);
  if (useless) hooks.onWarning?.(useless);
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

/** Validates the averaged weights, logs the figures and writes the picture. */
async function validateAndLog(
  run: RunFolder,
  state: TrainingState,
  files: Parameters<typeof validate>[1],
): Promise<Validation> {
  const validation = await state.average.applied(() => {
    return validate(state.model, files, run.config.options, run.samplePath(state.step));
  });
  await run.appendValidation(state.step, validation);
  return validation;
}

async function save(run: RunFolder, state: TrainingState): Promise<void> {
  // First what checks that every value is sound.
  await saveTrainingState(run.checkpointPath, state, run.assertHeld);
  await saveModel(run.modelPath, state.average.averages);
}
