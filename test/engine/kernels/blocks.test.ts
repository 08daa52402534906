/** Images stay in blocks of channels between convolutions, and what is computed of them there is what it would be outside. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OnnxBackend } from '../../../src/engine/onnx/backend.js';
import { compile } from '../../../src/engine/onnx/graph/compile.js';
import { plainTarget } from '../../../src/engine/onnx/graph/graph.js';
import { conv2d } from '../../../src/engine/ops.js';
import type { Engine } from '../../../src/engine/select.js';
import { evaluate, expectClose, normalTensor, useCpu, useOnnxRuntime } from '../compare.js';

const channels = 32;
const image = () => normalTensor<tf.Tensor4D>([2, 6, 5, channels], 1);
const layers = () => [2, 3, 4].map((seed) => tf.mul(normalTensor<tf.Tensor4D>([3, 3, channels, channels], seed), 0.1));
const bias = () => normalTensor<tf.Tensor1D>([channels], 9);

type Activation = (x: tf.Tensor4D, before: tf.Tensor4D) => tf.Tensor4D;
const stack = (x: tf.Tensor4D, filters: tf.Tensor4D[], offset: tf.Tensor1D, activation: Activation) =>
  filters.reduce((value, filter) => activation(conv2d(value, filter, offset, 1, 1), value), x);

const activations: Record<string, Activation> = {
  relu: (x) => tf.relu(x),
  'leaky relu': (x) => tf.leakyRelu(x, 0.2),
  'a sum with what came before': (x, before) => tf.add(tf.relu(x), before),
  'a sum with a number': (x) => tf.mul(tf.add(x, 1), 0.5),
  'a sum with a vector': (x) => tf.add(tf.relu(x), tf.linspace(0, 1, channels)) as tf.Tensor4D,
  'a comparison': (x) => tf.maximum(x, tf.mul(x, 0.1)),
  'a product of two': (x) => tf.mul(tf.sigmoid(x), tf.tanh(x)),
};

let engine: Engine;
beforeEach(async () => {
  engine = await useOnnxRuntime();
});
afterEach(() => engine.dispose());

describe.each(Object.entries(activations))('convolutions with %s', (_name, activation) => {
  it('have the values and gradients of the cpu backend', async () => {
    const compute = () => {
      const filters = layers() as tf.Tensor4D[];
      const loss = (x: tf.Tensor, ...rest: tf.Tensor[]) => {
        const y = stack(x as tf.Tensor4D, rest.slice(1) as tf.Tensor4D[], rest[0] as tf.Tensor1D, activation);
        return tf.mean(tf.square(y)) as tf.Scalar;
      };
      const { value, grads } = tf.valueAndGrads(loss)([image(), bias(), ...filters]);
      return [value, ...grads, stack(image(), filters, bias(), activation)];
    };
    const ours = evaluate(compute);
    await useCpu();
    expectClose(ours, evaluate(compute), 1e-5);
  });
});

describe.each([
  ['16 columns, two images', [2, 5, 16, channels], 3, 1],
  ['32 columns, one image', [1, 16, 32, channels], 3, 1],
  [
    '32 columns, pads on some sides',
    [3, 4, 32, channels],
    3,
    [
      [2, 1],
      [0, 2],
    ],
  ],
  ['what is left of 18 columns without pads', [2, 6, 18, channels], 3, 0],
  ['an even filter', [2, 6, 17, channels], 2, 0],
] as const)('filters on small planes: %s', (_name, shape, size, padding) => {
  it('have the gradients of the cpu backend', async () => {
    const compute = () => {
      const filter = tf.mul(normalTensor<tf.Tensor4D>([size, size, channels, 3 * channels], 2), 0.1) as tf.Tensor4D;
      const loss = (x: tf.Tensor, taps: tf.Tensor) =>
        tf.mean(tf.square(conv2d(x as tf.Tensor4D, taps as tf.Tensor4D, null, 1, padding))) as tf.Scalar;
      return tf.grads(loss)([normalTensor<tf.Tensor4D>([...shape], 1), filter]);
    };
    const ours = evaluate(compute);
    await useCpu();
    expectClose(ours, evaluate(compute), 1e-5);
  });
});

/** The operators of the graph for a function. */
function operatorsOf(compute: () => tf.Tensor): string[] {
  const target = { ...plainTarget, ownOperators: true, channelBlock: 16 };
  return tf.tidy(() => {
    const { work } = (tf.backend() as OnnxBackend).capture(() => [tf.tidy(compute)]);
    return compile(work, target).nodes.map(({ operator }) => operator);
  });
}

const count = (operators: readonly string[], wanted: string) => operators.filter((each) => each === wanted).length;

it('a chain goes into blocks once and comes out once, and its ReLUs are part of its convolutions', () => {
  const [x, filters, offset] = [image(), layers() as tf.Tensor4D[], bias()];
  const operators = operatorsOf(() => stack(x, filters, offset, (y) => tf.relu(y)));
  expect(count(operators, 'Conv')).toBe(3);
  expect(count(operators, 'ReorderInput')).toBe(1);
  expect(count(operators, 'ReorderOutput')).toBe(1);
  expect(count(operators, 'Relu')).toBe(0);
});

it('gradients of filters on small planes are blocked convolutions, a column of taps each', () => {
  const x = normalTensor<tf.Tensor4D>([2, 4, 16, channels], 1);
  const gradient = (taps: tf.Tensor) => tf.grad((w) => tf.sum(conv2d(x, w as tf.Tensor4D, null, 1, 1)))(taps);
  const operators = operatorsOf(() => gradient(layers()[0] as tf.Tensor4D));
  expect(count(operators, 'Conv')).toBe(3);
  expect(count(operators, 'FusedMatMul')).toBe(0);
});

it('a ReLU whose input is read elsewhere stays a node of its own', () => {
  const [x, filters, offset] = [image(), layers() as tf.Tensor4D[], bias()];
  const operators = operatorsOf(() => stack(x, filters, offset, (y) => tf.add(tf.relu(y), tf.abs(y))));
  expect(count(operators, 'Relu')).toBe(3);
  expect(count(operators, 'ReorderInput')).toBe(1);
});
