/** Layers: their parameters, first values, and what they compute by default. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { conv2d, dense, groupNorm, groupNormSilu } from '../../src/nn/layers.js';
import { createParameterTree } from '../../src/nn/parameters.js';
import { normalTensor, useCpu } from '../engine/compare.js';
import { expectClose } from '../golden.js';

beforeAll(useCpu);

const shapesOf = (parameters: ReadonlyMap<string, tf.Variable>) =>
  Object.fromEntries([...parameters].map(([name, { shape }]) => [name, shape]));
const largest = (tensor: tf.Tensor | undefined) => tf.max(tf.abs(tensor as tf.Tensor)).dataSync()[0] as number;

test('a convolution keeps size and variance, with a bias of zeros, unless told otherwise', () => {
  const { scope, parameters } = createParameterTree();
  const apply = conv2d(scope.child('plain'), { inChannels: 6, outChannels: 64, kernelSize: 5, seed: 1 });
  const own = { initialWeight: tf.ones, initialBias: tf.ones };
  const strided = conv2d(scope.child('own'), {
    inChannels: 6,
    outChannels: 2,
    kernelSize: 3,
    stride: 2,
    padding: 0,
    seed: 1,
    initialWeight: (_, shape) => own.initialWeight([...shape]),
    initialBias: (_, shape) => own.initialBias([...shape]),
  });
  const without = conv2d(scope.child('without'), {
    inChannels: 6,
    outChannels: 2,
    kernelSize: 1,
    bias: false,
    seed: 1,
  });
  expect(shapesOf(parameters)).toEqual({
    'plain.weight': [5, 5, 6, 64],
    'plain.bias': [64],
    'own.weight': [3, 3, 6, 2],
    'own.bias': [2],
    'without.weight': [1, 1, 6, 2],
  });
  const x = normalTensor<tf.Tensor4D>([1, 5, 7, 6], 1);
  expect([apply, strided, without].map((layer) => layer(x).shape)).toEqual([
    [1, 5, 7, 64],
    [1, 2, 3, 2],
    [1, 5, 7, 2],
  ]);
  // U(-√(3 / n), √(3 / n)) of n = 6 · 5 · 5 inputs.
  expect(largest(parameters.get('plain.weight')) / Math.sqrt(3 / 150)).toBeCloseTo(1, 2);
  expect(largest(parameters.get('plain.bias'))).toBe(0);
  const corner = tf.sum(tf.slice(x, [0, 0, 0, 0], [1, 3, 3, 6])).dataSync()[0] as number;
  expect(strided(x).dataSync()[0]).toBeCloseTo(corner + 1, 4);
});

test('a dense layer is an affine map, of kept variance and without an offset at first', () => {
  const { scope, parameters } = createParameterTree();
  const apply = dense(scope, { inFeatures: 12, outFeatures: 500, seed: 1 });
  const x = normalTensor<tf.Tensor2D>([2, 12], 1);
  const weight = parameters.get('weight') as tf.Variable;
  expect(weight.shape).toEqual([12, 500]);
  expect(largest(weight) / Math.sqrt(3 / 12)).toBeCloseTo(1, 2);
  expectClose(apply(x), tf.matMul(x, weight as tf.Tensor2D), 1e-6);
  parameters.get('bias')?.assign(tf.fill([500], 2));
  expectClose(apply(x), tf.add(tf.matMul(x, weight as tf.Tensor2D), 2), 1e-6);
});

test('a normalisation begins with scales of one and offsets of zero, and is of groups', () => {
  const { scope, parameters } = createParameterTree();
  const [plain, withSilu] = [groupNorm(scope.child('a'), 4, 2), groupNormSilu(scope.child('b'), 4, 2)];
  // Each group has one channel of -1 and 1 and one of the double.
  const x = tf.tensor4d([1, 2, 10, 20, -1, -2, -10, -20], [1, 1, 2, 4]);
  const [one, two] = [1 / Math.sqrt(2.5), 2 / Math.sqrt(2.5)];
  const wanted = tf.tensor4d([one, two, one, two, -one, -two, -one, -two], [1, 1, 2, 4]);
  expectClose(plain(x), wanted, 1e-5);
  expectClose(withSilu(x), tf.mul(wanted, tf.sigmoid(wanted)), 1e-5);
  expect(shapesOf(parameters)).toEqual({ 'a.weight': [4], 'a.bias': [4], 'b.weight': [4], 'b.bias': [4] });
});
