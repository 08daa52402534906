/** First values of parameters. Each parameter draws from its own stream, so adding a layer changes no other layer. */
import * as tf from '@tensorflow/tfjs-core';
import { normals, randomStream } from '../random.js';
import type { Initializer } from './parameters.js';

/**
 * U(-1/sqrt(fanIn), 1/sqrt(fanIn)): PyTorch's default for convolutions, linear layers and their biases (He et al.,
 * arXiv 1502.01852, with gain for a leaky slope of sqrt(5)), which LDM's autoencoder uses throughout.
 */
export function uniformFanIn(seed: number, fanIn: number): Initializer {
  const bound = 1 / Math.sqrt(fanIn);
  return (name, shape) => {
    const stream = randomStream('parameter', seed, name);
    const values = new Float32Array(tf.util.sizeFromShape([...shape]));
    for (let index = 0; index < values.length; index++) values[index] = (2 * stream.uniform() - 1) * bound;
    return tf.tensor(values, [...shape]);
  };
}

/**
 * U(-sqrt(3/fanIn), sqrt(3/fanIn)), of variance 1/fanIn: a layer's outputs then vary as much as its inputs (LeCun et al.,
 * Efficient BackProp, 1998, section 4.6). Through layers without a norm between them, PyTorch's default shrinks a signal
 * threefold each.
 */
export function varianceKeeping(seed: number, fanIn: number): Initializer {
  return uniformFanIn(seed, fanIn / 3);
}

/** N(mean, std²). */
export function gaussian(seed: number, mean: number, std: number): Initializer {
  return (name, shape) => {
    const values = normals(tf.util.sizeFromShape([...shape]), 'parameter', seed, name);
    for (let index = 0; index < values.length; index++) values[index] = mean + std * (values[index] as number);
    return tf.tensor(values, [...shape]);
  };
}

export const ones: Initializer = (_name, shape) => tf.ones([...shape]);
export const zeros: Initializer = (_name, shape) => tf.zeros([...shape]);
