/**
 * What makes a network conditional on the class y of an image (Sohn, Lee & Yan, Learning Structured Output Representation
 * using Deep Conditional Generative Models, NeurIPS 2015): q(z|x, y), p(x|z, y) and a Gaussian prior p(z|y) for each class.
 */
import * as tf from '@tensorflow/tfjs-core';
import { classesOf, type ModelConfig } from '../config/config.js';
import { UserError } from '../errors.js';
import { zeros } from '../nn/initializers.js';
import type { ImageFunction } from '../nn/layers.js';
import { oneHot } from '../nn/one-hot.js';
import type { Scope } from '../nn/parameters.js';
import type { Gaussian } from './posterior.js';

/** As an image function, told the class of every image, int32 [B], where the network is conditional. */
export type ClassedFunction = (x: tf.Tensor4D, classes?: tf.Tensor1D) => tf.Tensor4D;

/** The prior of every class, both [K, Z]; it starts as N(0, 1) for all. */
export function classPriors(scope: Scope, classes: number, latentFloats: number): (classes: tf.Tensor1D) => Gaussian {
  const mean = classTable(scope, 'mean', classes, [1, 1, latentFloats]);
  const logvar = classTable(scope, 'logvar', classes, [1, 1, latentFloats]);
  return (indices) => ({ mean: mean(indices), logvar: logvar(indices) });
}

/**
 * layer(x) + what is learned for the class, as if its one-hot vector were among the inputs of a dense layer. It starts as
 * nothing, so that the classes begin as one.
 *
 * @param shape [h, w, C] of what is added
 */
export function perClass(
  scope: Scope,
  classes: number,
  shape: readonly [number, number, number],
  layer: ImageFunction,
): ClassedFunction {
  const offset = classTable(scope, 'weight', classes, shape);
  return (x, indices) => tf.add(layer(x), offset(indices as tf.Tensor1D));
}

/** Rows of a table [K, h·w·C] by class: int32 [B] -> [B, h, w, C]. */
function classTable(scope: Scope, name: string, classes: number, shape: readonly [number, number, number]) {
  const [height, width, channels] = shape;
  const table = scope.parameter(name, [classes, height * width * channels], zeros) as tf.Tensor2D;
  return (indices: tf.Tensor1D): tf.Tensor4D => {
    const rows = tf.matMul(oneHot(indices, classes), table); // [B, h·w·C]
    return tf.reshape(rows, [indices.shape[0], height, width, channels]);
  };
}

/**
 * Positions of the images' labels among the classes of a model; undefined for a model that knows none.
 *
 * @param labels one for each image; `names` likewise, for messages
 * @throws UserError where a conditional model gets an image of no class, or of one it was not trained on
 */
export function classIndices(
  config: ModelConfig,
  labels: readonly (string | undefined)[],
  names: readonly string[],
): Int32Array | undefined {
  const classes = classesOf(config);
  if (classes === undefined) return undefined;
  return Int32Array.from(labels, (label, index) => {
    const position = label === undefined ? -1 : classes.indexOf(label);
    if (position >= 0) return position;
    const found = label === undefined ? 'lies in no folder of a class' : `is of the class ${label}`;
    throw new UserError(
      `${names[index]} ${found}, and this model is told the class of every image: pass images in folders named as ` +
        `the ${classes.length} classes it was trained on (${quoted(classes)})${depthAdvice(classes)}.`,
    );
  });
}

/** Positions of classes as a model takes them; undefined for a model that knows none. */
export const classTensor = (classes: Int32Array | undefined): tf.Tensor1D | undefined =>
  classes && tf.tensor1d(classes, 'int32');

const depthAdvice = (classes: readonly string[]) =>
  classes.some((name) => name.includes('/'))
    ? ', which are all of their folders together: --class-depth 0'
    : ', or say with --class-depth which of their folders is the class';

const quoted = (classes: readonly string[]) => classes.slice(0, 3).join(', ') + (classes.length > 3 ? ', …' : '');

/** Throws unless `classes` are there exactly where the model needs them, one for each of `count` images. */
export function checkClasses(config: ModelConfig, count: number, classes: tf.Tensor1D | undefined): void {
  const known = classesOf(config);
  if (known === undefined && classes !== undefined) throw new UserError('Got classes for a model that knows none.');
  if (known === undefined || classes?.shape[0] === count) return;
  throw new UserError(
    `Got ${classes?.shape[0] ?? 'no'} classes for ${count} images; this model is told the class of every image.`,
  );
}
