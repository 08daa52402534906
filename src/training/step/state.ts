/** What a training changes from step to step, and how it is saved and restored. */
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { isOfDecoder } from '../../autoencoder/halves.js';
import { createRepeat, type Repeat } from '../../engine/repeat.js';
import type { Confirm } from '../../files.js';
import type { Objective } from '../../losses/objective.js';
import { type Adam, type AdamOptions, createAdam } from '../../nn/adam.js';
import { createMovingAverage, type MovingAverage } from '../../nn/ema.js';
import { type Parameters, trainableOf } from '../../nn/parameters.js';
import { type Counters, restoreCheckpoint, saveCheckpoint, type TensorGroups } from '../run/checkpoint.js';
import { type CodebookLearning, createCodebookLearning } from './codebook-learning.js';

export interface TrainingState {
  readonly model: Autoencoder;
  readonly objective: Objective;
  /** What the autoencoder's optimizer moves: its parameters save a codebook, and those of the objective. */
  readonly trained: Parameters;
  readonly adam: Adam;
  readonly average: MovingAverage;
  /** Null where there is no discriminator. */
  readonly discriminatorAdam: Adam | null;
  /** Null where there is no codebook. */
  readonly codebookLearning: CodebookLearning | null;
  readonly repeat: Repeat;
  /** Of the update alone, where gradients are exchanged before it. */
  readonly repeatUpdate: Repeat;
  /** Steps done. */
  step: number;
  /** Training time of these steps, earlier sessions included. */
  seconds: number;
}

/** beta2 0.99 follows changing gradients faster than the usual 0.999, which pays in runs of a few thousand steps. */
const adamOptions: AdamOptions = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

/** LDM's: less momentum, because the discriminator's target moves. */
const discriminatorAdamOptions: AdamOptions = { beta1: 0.5, beta2: 0.9, epsilon: 1e-8 };

export interface TrainingStateOptions {
  /** Of the moving average of the weights. */
  readonly emaDecay: number;
  /** Of what training draws by itself: what replaces idle codes. */
  readonly seed?: number;
  /** Whether the encoder, and a codebook, stay as they are. */
  readonly decoderOnly?: boolean;
}

export function createTrainingState(
  model: Autoencoder,
  objective: Objective,
  { emaDecay, seed = 0, decoderOnly = false }: TrainingStateOptions,
): TrainingState {
  const ofModel = [...trainableOf(model.parameters)].filter(([name]) => !decoderOnly || isOfDecoder(name));
  const trained = new Map([...ofModel, ...objective.parameters]);
  const { adversary } = objective;
  const codebook = decoderOnly ? null : objective.config.codebook;
  return {
    model,
    objective,
    trained,
    adam: createAdam(trained, adamOptions),
    average: createMovingAverage(model.parameters, emaDecay),
    discriminatorAdam: adversary && createAdam(adversary.discriminator.parameters, discriminatorAdamOptions),
    codebookLearning: model.codebook && codebook && createCodebookLearning(model.codebook, codebook, seed),
    repeat: createRepeat(),
    repeatUpdate: createRepeat(),
    step: 0,
    seconds: 0,
  };
}

/** @param confirm see `writeAtomically` */
export async function saveTrainingState(path: string, state: TrainingState, confirm?: Confirm): Promise<void> {
  await saveCheckpoint(path, tensorGroups(state), countersOf(state), confirm);
}

export async function restoreTrainingState(path: string, state: TrainingState): Promise<void> {
  setCounters(state, await restoreCheckpoint(path, tensorGroups(state)));
}

/** Everything of the state that is no tensor. */
export function countersOf({ step, seconds, adam, discriminatorAdam }: TrainingState): Counters {
  const discriminatorUpdates = discriminatorAdam?.state.updates ?? 0;
  return { step, seconds, adamUpdates: adam.state.updates, discriminatorUpdates };
}

export function setCounters(state: TrainingState, counters: Counters): void {
  const { step = 0, seconds = 0, adamUpdates = 0, discriminatorUpdates = 0 } = counters;
  state.step = step;
  state.seconds = seconds;
  state.adam.state.updates = adamUpdates;
  if (state.discriminatorAdam) state.discriminatorAdam.state.updates = discriminatorUpdates;
}

/** Every tensor that a step changes. */
export function tensorGroups(state: TrainingState): TensorGroups {
  const { model, objective, adam, average, discriminatorAdam, codebookLearning } = state;
  const { adversary } = objective;
  return {
    model: model.parameters,
    average: average.averages,
    'adam.first': adam.state.firstMoments,
    'adam.second': adam.state.secondMoments,
    objective: objective.parameters,
    ...(adversary &&
      discriminatorAdam && {
        discriminator: adversary.discriminator.parameters,
        'discriminator.adam.first': discriminatorAdam.state.firstMoments,
        'discriminator.adam.second': discriminatorAdam.state.secondMoments,
      }),
    ...(adversary?.lecam && { lecam: adversary.lecam.averages }),
    ...(codebookLearning && { codebook: codebookLearning.averages }),
  };
}
