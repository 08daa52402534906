/** Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1), with PyTorch's placement of epsilon. */
import * as tf from '@tensorflow/tfjs';
import type { Parameters } from './parameters.js';

export interface AdamOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/** The moments of every parameter, by its name, and how often they were updated. */
export interface AdamState {
  readonly firstMoments: Parameters;
  readonly secondMoments: Parameters;
  updates: number;
}

export interface Adam {
  readonly state: AdamState;
  /** Moves every parameter against its gradient. */
  update(gradients: ReadonlyMap<string, tf.Tensor>, learningRate: number): void;
}

export function createAdam(parameters: Parameters, { beta1, beta2, epsilon }: AdamOptions): Adam {
  const state: AdamState = { firstMoments: zerosLike(parameters), secondMoments: zerosLike(parameters), updates: 0 };
  return {
    state,
    update(gradients, learningRate) {
      state.updates++;
      tf.tidy(() => {
        const stepSize = tf.scalar(learningRate / (1 - beta1 ** state.updates));
        const secondMomentScale = tf.scalar(1 / Math.sqrt(1 - beta2 ** state.updates));
        for (const [name, parameter] of parameters) {
          const gradient = gradients.get(name);
          const first = state.firstMoments.get(name);
          const second = state.secondMoments.get(name);
          if (!gradient || !first || !second) throw new Error(`Parameter ${name} has no gradient`);
          const newFirst = tf.add(tf.mul(first, beta1), tf.mul(gradient, 1 - beta1));
          const newSecond = tf.add(tf.mul(second, beta2), tf.mul(tf.square(gradient), 1 - beta2));
          const denominator = tf.add(tf.mul(tf.sqrt(newSecond), secondMomentScale), epsilon);
          parameter.assign(tf.sub(parameter, tf.mul(tf.div(newFirst, denominator), stepSize)));
          first.assign(newFirst);
          second.assign(newSecond);
        }
      });
    },
  };
}

function zerosLike(parameters: Parameters): Parameters {
  return new Map([...parameters].map(([name, parameter]) => [name, tf.variable(tf.zeros(parameter.shape), false)]));
}
