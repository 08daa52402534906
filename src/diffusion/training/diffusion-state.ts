/** What a training changes from step to step. */

import { createRepeat, type Repeat } from '../../engine/repeat.js';
import type { Confirm } from '../../files.js';
import { type Adam, createAdam } from '../../nn/adam.js';
import { createMovingAverage, type MovingAverage } from '../../nn/ema.js';
import { restoreCheckpoint, saveCheckpoint, type TensorGroups } from '../../training/run/checkpoint.js';
import type { Denoiser } from '../backbones/denoiser.js';

export interface DiffusionState {
  readonly denoiser: Denoiser;
  readonly adam: Adam;
  readonly average: MovingAverage;
  readonly repeat: Repeat;
  /** Steps done. */
  step: number;
  /** Training time of these steps, earlier sessions included. */
  seconds: number;
}

/** As in the training of tokenizers: beta2 0.99 follows changing gradients faster than 0.999. */
const adamOptions = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

export function createDiffusionState(denoiser: Denoiser, emaDecay: number): DiffusionState {
  return {
    denoiser,
    adam: createAdam(denoiser.parameters, adamOptions),
    average: createMovingAverage(denoiser.parameters, emaDecay),
    repeat: createRepeat(),
    step: 0,
    seconds: 0,
  };
}

/** Every tensor that a step changes. */
export function diffusionTensors({ denoiser, adam, average }: DiffusionState): TensorGroups {
  return {
    model: denoiser.parameters,
    average: average.averages,
    'adam.first': adam.state.firstMoments,
    'adam.second': adam.state.secondMoments,
  };
}

/** @param confirm see `writeAtomically` */
export async function saveDiffusionState(path: string, state: DiffusionState, confirm?: Confirm): Promise<void> {
  const { step, seconds, adam } = state;
  await saveCheckpoint(path, diffusionTensors(state), { step, seconds, adamUpdates: adam.state.updates }, confirm);
}

export async function restoreDiffusionState(path: string, state: DiffusionState): Promise<void> {
  const { step = 0, seconds = 0, adamUpdates = 0 } = await restoreCheckpoint(path, diffusionTensors(state));
  state.step = step;
  state.seconds = seconds;
  state.adam.state.updates = adamUpdates;
}
