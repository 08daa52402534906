/** Operations element by element, and on pairs. */
import * as tf from '@tensorflow/tfjs-core';
import { type Case, image, positive } from './case.js';

const { abs, exp, neg, sigmoid, tanh, relu, leakyRelu, square, elu, selu, relu6, erf, softplus, sin, cos, tan } = tf;
const { sinh, cosh, atan, asinh, expm1, softmax, logSoftmax, log, sqrt, rsqrt, reciprocal, log1p, floor, ceil } = tf;
const { round, sign, step, add, sub, mul, div, maximum, minimum, squaredDifference, greater, greaterEqual } = tf;
const { less, lessEqual, equal, notEqual } = tf;

const everywhere = {
  ...{ abs, exp, neg, sigmoid, tanh, relu, leakyRelu, square, elu, selu, relu6, erf, softplus },
  ...{ sin, cos, tan, sinh, cosh, atan, asinh, expm1, softmax, logSoftmax },
};
const onPositive = { log, sqrt, rsqrt, reciprocal, log1p };
const flat = { floor, ceil, round, sign, step, isNaN: tf.isNaN };
const pairwise = { add, sub, mul, div, maximum, minimum, squaredDifference };
const comparing = { greater, greaterEqual, less, lessEqual, equal, notEqual };

const unaryOps: Case[] = Object.entries(everywhere).map(([name, op]) => ({
  name,
  shapes: [image],
  run: (x) => op(x!),
}));

const positiveOps: Case[] = Object.entries(onPositive).map(([name, op]) => ({
  name,
  shapes: [image],
  domain: positive,
  run: (x) => op(x!),
}));

const roundings: Case[] = Object.entries(flat).map(([name, op]) => ({
  name,
  shapes: [[4, 7]],
  gradient: false,
  run: (x) => op(x!),
}));

const binaryShapes = [
  [image, image],
  [image, [3]],
  [image, []],
  [image, [2, 1, 1, 3]],
  [image, [8, 1]],
  [[5], [4, 5]],
] as const;
const binaryOps: Case[] = Object.entries(pairwise).flatMap(([name, op]) =>
  binaryShapes.map((shapes) => ({
    name: `${name} ${JSON.stringify(shapes)}`,
    shapes,
    domain: name === 'div' ? positive : (x: tf.Tensor) => x,
    // These gradients of tfjs do not broadcast.
    ...(['maximum', 'minimum', 'squaredDifference'].includes(name) && shapes[0] !== shapes[1]
      ? ({ gradient: false } as const)
      : {}),
    run: (a: tf.Tensor | undefined, b: tf.Tensor | undefined) => op(a!, b!),
  })),
);

const comparisons: Case[] = Object.entries(comparing).map(([name, op]) => ({
  name,
  shapes: [image, image],
  gradient: false,
  run: (a, b) => op(round(a!), round(b!)),
}));

export const elementwiseCases: readonly Case[] = [unaryOps, positiveOps, roundings, binaryOps, comparisons].flat();
