/** What a training changes from step to step, and how it is saved and restored. */
import type { Autoencoder } from '../autoencoder/autoencoder.js';
import { type Adam, createAdam } from '../nn/adam.js';
import { createMovingAverage, type MovingAverage } from '../nn/ema.js';
import { restoreCheckpoint, saveCheckpoint, type TensorGroups } from './checkpoint.js';

export interface TrainingState {
  readonly model: Autoencoder;
  readonly adam: Adam;
  readonly average: MovingAverage;
  /** Steps done. */
  step: number;
  /** Training time of these steps, earlier sessions included. */
  seconds: number;
}

/** beta2 0.99 follows changing gradients faster than the usual 0.999, which pays in runs of a few thousand steps. */
const adamOptions = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

export function createTrainingState(model: Autoencoder, emaDecay: number): TrainingState {
  return {
    model,
    adam: createAdam(model.parameters, adamOptions),
    average: createMovingAverage(model.parameters, emaDecay),
    step: 0,
    seconds: 0,
  };
}

export async function saveTrainingState(path: string, state: TrainingState): Promise<void> {
  const { step, seconds } = state;
  await saveCheckpoint(path, tensorGroups(state), { step, seconds, adamUpdates: state.adam.state.updates });
}

export async function restoreTrainingState(path: string, state: TrainingState): Promise<void> {
  const { step = 0, seconds = 0, adamUpdates = 0 } = await restoreCheckpoint(path, tensorGroups(state));
  state.step = step;
  state.seconds = seconds;
  state.adam.state.updates = adamUpdates;
}

function tensorGroups({ model, adam, average }: TrainingState): TensorGroups {
  return {
    model: model.parameters,
    average: average.averages,
    'adam.first': adam.state.firstMoments,
    'adam.second': adam.state.secondMoments,
  };
}
