/** Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1), with PyTorch's placement of epsilon. */
import * as tf from '@tensorflow/tfjs-core';
import { type AdamScalars, type AdamOptions as AdamStepOptions, adamScalars, adamUpdate } from '../engine/ops.js';
import type { Gradients } from './gradients.js';
import type { Parameters } from './parameters.js';

export type AdamOptions = Pick<AdamStepOptions, 'beta1' | 'beta2' | 'epsilon'>;

/** The moments of every parameter, by its name, and how often they were updated. */
export interface AdamState {
  readonly firstMoments: Parameters;
  readonly secondMoments: Parameters;
  updates: number;
}

export interface Adam {
  readonly state: AdamState;
  /** Counts one more update, and gives the numbers that it needs. Dispose of them. */
  next(learningRate: number): AdamScalars;
  /** Moves every parameter against its gradient. */
  move(gradients: Gradients, scalars: AdamScalars): void;
  /** Both. */
  update(gradients: Gradients, learningRate: number): void;
}

export function createAdam(parameters: Parameters, options: AdamOptions): Adam {
  const state: AdamState = { firstMoments: zerosLike(parameters), secondMoments: zerosLike(parameters), updates: 0 };
  const next: Adam['next'] = (learningRate) => {
    state.updates++;
    return adamScalars({ ...options, learningRate, step: state.updates });
  };
  const move: Adam['move'] = (gradients, scalars) =>
    tf.tidy(() => {
      for (const [name, parameter] of parameters) {
        const gradient = gradients.get(name);
        const first = state.firstMoments.get(name);
        const second = state.secondMoments.get(name);
        if (!gradient || !first || !second) throw new Error(`Parameter ${name} has no gradient`);
        const [newParameter, newFirst, newSecond] = adamUpdate<tf.Tensor>(parameter, gradient, first, second, scalars);
        parameter.assign(newParameter);
        first.assign(newFirst);
        second.assign(newSecond);
      }
    });
  return {
    state,
    next,
    move,
    update: (gradients, learningRate) => tf.tidy(() => move(gradients, next(learningRate))),
  };
}

function zerosLike(parameters: Parameters): Parameters {
  const zeros = ({ shape }: tf.Variable) => tf.tidy(() => tf.variable(tf.zeros(shape)));
  return new Map([...parameters].map(([name, parameter]) => [name, zeros(parameter)]));
}
