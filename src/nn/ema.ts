/** The exponential moving average of parameters, which evaluates better than the last step's (Polyak & Juditsky 1992). */
import * as tf from '@tensorflow/tfjs-core';
import { emaUpdate } from '../engine/ops.js';
import type { Parameters } from './parameters.js';

export interface MovingAverage {
  /** The averages, by the parameters' names. */
  readonly averages: Parameters;
  /** What is kept of the average after update number `updates` (the first is 1). Dispose of it. */
  decayAt(updates: number): tf.Scalar;
  /** Takes the parameters as they are now into the average. */
  follow(decay: tf.Scalar): void;
  /** Both. */
  update(updates: number): void;
  /** Makes every average its parameter as it is now. */
  restart(): void;
  /** Runs `use` with the averages in the parameters' place, and puts the parameters back whatever happens. */
  applied<Result>(use: () => Promise<Result>): Promise<Result>;
}

export function createMovingAverage(parameters: Parameters, decay: number): MovingAverage {
  // A variable made of another shares its memory until one of them changes, which would make an engine's first step differ.
  const copy = (parameter: tf.Variable) => tf.tidy(() => tf.variable(tf.mul(parameter, 1)));
  const averages: Parameters = new Map([...parameters].map(([name, parameter]) => [name, copy(parameter)]));
  const pairs = () =>
    [...parameters].map(([name, parameter]) => {
      const average = averages.get(name);
      if (!average) throw new Error(`Parameter ${name} has no average`);
      return { parameter, average };
    });
  // A young average follows quickly, so that the random first weights do not linger in it.
  const decayAt = (updates: number) => tf.scalar(Math.min(decay, (1 + updates) / (10 + updates)));
  const follow = (currentDecay: tf.Scalar): void =>
    tf.tidy(() => {
      for (const { parameter, average } of pairs()) {
        average.assign(emaUpdate<tf.Tensor>(average, parameter, currentDecay));
      }
    });
  return {
    averages,
    decayAt,
    follow,
    update: (updates) => tf.tidy(() => follow(decayAt(updates))),
    restart() {
      tf.tidy(() => {
        for (const { parameter, average } of pairs()) average.assign(tf.mul(parameter, 1));
      });
    },
    async applied(use) {
      const saved = pairs().map(({ parameter, average }) => {
        const value = parameter.clone();
        parameter.assign(average);
        return { parameter, value };
      });
      try {
        return await use();
      } finally {
        for (const { parameter, value } of saved) {
          parameter.assign(value);
          value.dispose();
        }
      }
    },
  };
}
