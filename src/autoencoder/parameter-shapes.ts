/** Which parameters a network has, found by building it without memory for them. */
import * as tf from '@tensorflow/tfjs-core';
import { disposeParameters, type Initializer, type Parameters } from '../nn/parameters.js';

export type ParameterShapes = ReadonlyMap<string, readonly number[]>;

/**
 * The shapes of all parameters by name, in tfjs' layout.
 *
 * @param build makes the network from given weights, e.g. `(weights) => createAutoencoder(config, { weights })`
 */
export function parameterShapes(build: (weights: Initializer) => { readonly parameters: Parameters }): ParameterShapes {
  const shapes = new Map<string, readonly number[]>();
  const { parameters } = build((name, shape) => {
    shapes.set(name, [...shape]);
    // Layers use their parameters when they are applied, which this network never is.
    return tf.scalar(0);
  });
  disposeParameters(parameters);
  return shapes;
}

/** The numbers in parameters of these shapes. */
export const numbersIn = (shapes: ParameterShapes): number =>
  [...shapes.values()].reduce((sum, shape) => sum + sizeOf(shape), 0);

/** The numbers in the largest of them. */
export const numbersInLargest = (shapes: ParameterShapes): number =>
  [...shapes.values()].reduce((largest, shape) => Math.max(largest, sizeOf(shape)), 0);

const sizeOf = (shape: readonly number[]) => tf.util.sizeFromShape([...shape]);
