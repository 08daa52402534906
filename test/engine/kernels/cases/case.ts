/** A kernel call that is made on two engines. */
import * as tf from '@tensorflow/tfjs-core';

export interface Case {
  readonly name: string;
  readonly shapes: readonly (readonly number[])[];
  readonly run: (...inputs: tf.Tensor[]) => tf.Tensor | tf.Tensor[];
  /** Turns normal numbers into numbers that the op is defined for. */
  readonly domain?: (x: tf.Tensor) => tf.Tensor;
  readonly gradient?: false;
  readonly tolerance?: number;
}

export const image = [2, 6, 8, 3];
export const positive = (x: tf.Tensor) => tf.add(tf.abs(x), 0.1);
export const as4 = (x: tf.Tensor) => x as tf.Tensor4D;
