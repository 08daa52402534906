/** Which parameters a network has, found by building it without memory for them. */
import * as tf from '@tensorflow/tfjs-core';
import { disposeParameters, type Initializer, type Parameters } from '../nn/parameters.js';

/**
 * The shapes of all parameters by name, in tfjs' layout.
 *
 * @param build makes the network from given weights, e.g. `(weights) => createAutoencoder(config, { weights })`
 */
export function parameterShapes(
  build: (weights: Initializer) => { readonly parameters: Parameters },
): ReadonlyMap<string, readonly number[]> {
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
export function numbersIn(shapes: ReadonlyMap<string, readonly number[]>): number {
  return [...shapes.values()].reduce((sum, shape) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
