/** Gradients of functions of one element, and of two that broadcast against each other. */
import * as tf from '@tensorflow/tfjs-core';
import { flat, floats, gradientOf, ofInput, ofOutput, unbroadcast } from './gradient.js';

const unary: readonly tf.GradConfig[] = [
  ofInput('Abs', tf.sign),
  ofInput('Acos', (x) => tf.neg(tf.rsqrt(tf.sub(1, tf.square(x))))),
  ofInput('Acosh', (x) => tf.rsqrt(tf.sub(tf.square(x), 1))),
  ofInput('Asin', (x) => tf.rsqrt(tf.sub(1, tf.square(x)))),
  ofInput('Asinh', (x) => tf.rsqrt(tf.add(tf.square(x), 1))),
  ofInput('Atan', (x) => tf.reciprocal(tf.add(tf.square(x), 1))),
  ofInput('Atanh', (x) => tf.reciprocal(tf.sub(1, tf.square(x)))),
  ofInput('Cos', (x) => tf.neg(tf.sin(x))),
  ofInput('Cosh', tf.sinh),
  ofInput('Erf', (x) => tf.mul(tf.exp(tf.neg(tf.square(x))), 2 / Math.sqrt(Math.PI))),
  ofInput('Expm1', tf.exp),
  ofInput('Log', tf.reciprocal),
  ofInput('Log1p', (x) => tf.reciprocal(tf.add(x, 1))),
  ofInput('Relu6', (x) => tf.mul(tf.cast(tf.lessEqual(x, 6), 'float32'), tf.step(x))),
  ofInput('Sin', tf.cos),
  ofInput('Sinh', tf.cosh),
  ofInput('Softplus', tf.sigmoid),
  ofInput('Square', (x) => tf.mul(x, 2)),
  ofInput('Tan', (x) => tf.reciprocal(tf.square(tf.cos(x)))),
  ofOutput('Exp', (y) => y),
  ofOutput('Reciprocal', (y) => tf.neg(tf.square(y))),
  // Of the output, which says as much as the input: without that, ReLU and the convolution before it are one.
  ofOutput('Relu', tf.step),
  ofOutput('Rsqrt', (y) => tf.mul(-0.5, tf.mul(y, tf.square(y)))),
  ofOutput('Sigmoid', (y) => tf.mul(y, tf.sub(1, y))),
  ofOutput('Sqrt', (y) => tf.div(0.5, y)),
  ofOutput('Tanh', (y) => tf.sub(1, tf.square(y))),
  ofOutput('Elu', (y) => tf.where(tf.greater(y, 0), tf.onesLike(y), tf.add(y, 1))),
  // scale·x above zero, scale·alpha·(e^x - 1) below (Klambauer et al., arXiv 1706.02515, eq. 2).
  ofInput('Selu', (x) => {
    const { SELU_SCALE: scale, SELU_SCALEALPHA: scaleAlpha } = tf.backend_util;
    return tf.where(tf.greater(x, 0), tf.fill(x.shape, scale), tf.mul(tf.exp(x), scaleAlpha));
  }),
  gradientOf('Neg', {}, (dy) => ({ x: () => tf.neg(dy) })),
  gradientOf('Identity', {}, (dy) => ({ x: () => floats(dy) })),
  gradientOf('Cast', {}, (dy) => ({ x: () => tf.clone(dy) })),
  gradientOf<{ alpha: number }>('LeakyRelu', { inputs: ['x'] }, (dy, [x], { alpha }) => ({
    x: () => tf.mul(dy, tf.step(x!, alpha)),
  })),
  gradientOf<{ clipValueMin: number; clipValueMax: number }>(
    'ClipByValue',
    { inputs: ['x'] },
    (dy, [x], { clipValueMin, clipValueMax }) => ({
      x: () => {
        const isInside = tf.logicalAnd(tf.greaterEqual(x!, clipValueMin), tf.lessEqual(x!, clipValueMax));
        return tf.where(isInside, dy, tf.zerosLike(dy));
      },
    }),
  ),
];

const step: readonly tf.GradConfig[] = [
  ...['Ceil', 'Floor', 'Round', 'Sign', 'Step', 'IsFinite', 'IsInf', 'IsNan', 'ZerosLike', 'OnesLike'].map((name) =>
    flat(name, 'x'),
  ),
  ...['GreaterEqual', 'FloorDiv'].map((name) => flat(name, 'a', 'b')),
];

/** Of y = f(a, b), from the derivatives in a and in b; inputs and output are kept. */
function binary(
  kernelName: string,
  inA: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  inB: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): tf.GradConfig {
  return gradientOf(kernelName, { inputs: ['a', 'b'] }, (dy, [a, b]) => ({
    a: () => unbroadcast(inA(dy, floats(a!), floats(b!)), a!.shape),
    b: () => unbroadcast(inB(dy, floats(a!), floats(b!)), b!.shape),
  }));
}

const where = (condition: tf.Tensor, dy: tf.Tensor) => tf.mul(dy, tf.cast(condition, 'float32'));

/** a^b ln a; 0 where a is not above 0, where the logarithm has no value. */
function powerLog(a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  const isPositive = tf.greater(a, 0);
  const logarithm = tf.where(isPositive, tf.log(tf.where(isPositive, a, tf.onesLike(a))), tf.zerosLike(a));
  return tf.mul(tf.pow(a, b), logarithm);
}

const pairs: readonly tf.GradConfig[] = [
  binary(
    'Add',
    (dy) => dy,
    (dy) => dy,
  ),
  binary(
    'Sub',
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  binary(
    'Multiply',
    (dy, _, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  binary(
    'RealDiv',
    (dy, _, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.square(b))),
  ),
  binary(
    'Maximum',
    (dy, a, b) => where(tf.greaterEqual(a, b), dy),
    (dy, a, b) => where(tf.less(a, b), dy),
  ),
  binary(
    'Minimum',
    (dy, a, b) => where(tf.lessEqual(a, b), dy),
    (dy, a, b) => where(tf.greater(a, b), dy),
  ),
  binary(
    'SquaredDifference',
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(a, b))),
    (dy, a, b) => tf.mul(dy, tf.mul(2, tf.sub(b, a))),
  ),
  binary(
    'Pow',
    (dy, a, b) => tf.mul(dy, tf.mul(b, tf.pow(a, tf.sub(b, 1)))),
    (dy, a, b) => tf.mul(dy, powerLog(a, b)),
  ),
  binary(
    'Atan2',
    (dy, a, b) => tf.div(tf.mul(dy, b), tf.add(tf.square(a), tf.square(b))),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.add(tf.square(a), tf.square(b)))),
  ),
  binary(
    'Mod',
    (dy) => dy,
    (dy, a, b) => tf.neg(tf.mul(dy, tf.floor(tf.div(a, b)))),
  ),
  gradientOf('Prelu', { inputs: ['x', 'alpha'] }, (dy, [x, alpha]) => {
    const isPositive = tf.greater(x!, 0);
    return {
      x: () => tf.where(isPositive, dy, tf.mul(dy, alpha!)),
      alpha: () => unbroadcast(tf.where(isPositive, tf.zerosLike(dy), tf.mul(dy, x!)), alpha!.shape),
    };
  }),
  gradientOf('Select', { inputs: ['condition'] }, (dy, [condition]) => ({
    condition: () => tf.zerosLike(floats(condition!)),
    t: () => where(condition!, dy),
    e: () => where(tf.logicalNot(condition!), dy),
  })),
  {
    kernelName: 'AddN',
    saveAllInputs: true,
    gradFunc: (dy, inputs) => Object.fromEntries(inputs.map((_, index) => [index, () => tf.clone(dy as tf.Tensor)])),
  },
];

export const elementwiseGradients: readonly tf.GradConfig[] = [...unary, ...step, ...pairs];
