/** Small operations against closed forms. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { createAdam } from '../../src/nn/adam.js';
import { batchNorm, normalizeBatch } from '../../src/nn/batch-norm.js';
import { descend } from '../../src/nn/descend.js';
import { clipGradients, globalNorm, gradientsOf } from '../../src/nn/gradients.js';
import { oneHot } from '../../src/nn/one-hot.js';
import { createParameterTree } from '../../src/nn/parameters.js';
import { constantOf, straightThrough } from '../../src/nn/stop-gradient.js';
import { useCpu } from '../engine/compare.js';

beforeAll(useCpu);

test('whole numbers become rows with a single one', () => {
  const rows = oneHot(tf.tensor1d([2, 0, 3], 'int32'), 4);
  expect(rows.dtype).toBe('float32');
  expect(rows.arraySync()).toEqual([
    [0, 0, 1, 0],
    [1, 0, 0, 0],
    [0, 0, 0, 1],
  ]);
});

test('no gradient passes a constant; a straight-through value has that of what it replaces', () => {
  const x = tf.tensor1d([1, -2]);
  const square = (y: tf.Tensor) =>
    tf.sum(
      tf.mul(
        y,
        constantOf(y, (input) => tf.square(input)),
      ),
    );
  expect([...square(x).dataSync()]).toEqual([1 - 8]);
  // Of y · c with c = y²: c alone.
  expect([...tf.grad(square)(x).dataSync()]).toEqual([1, 4]);
  const rounded = (y: tf.Tensor) => tf.sum(tf.mul(straightThrough(y, tf.tensor1d([10, 20])), tf.tensor1d([3, 5])));
  expect([...rounded(x).dataSync()]).toEqual([130]);
  expect([...tf.grad(rounded)(x).dataSync()]).toEqual([3, 5]);
});

test('gradients are those of the named parameters; their norm is of all together, and cut down to a limit', () => {
  const parameters = new Map<string, tf.Variable>([
    ['a', tf.variable(tf.tensor1d([3, 0]))],
    ['b', tf.variable(tf.scalar(2))],
    ['unused', tf.variable(tf.scalar(9))],
  ]);
  const [a, b] = [parameters.get('a') as tf.Variable, parameters.get('b') as tf.Variable];
  const { value, gradients } = gradientsOf(() => tf.add(tf.sum(tf.square(a)), tf.mul(b, 8)) as tf.Scalar, parameters);
  expect(value.dataSync()[0]).toBe(25);
  expect([...gradients].map(([name, tensor]) => [name, [...tensor.dataSync()]])).toEqual([
    ['a', [6, 0]],
    ['b', [8]],
  ]);
  const norm = globalNorm(gradients);
  expect(norm.dataSync()[0]).toBe(10);
  const clipped = clipGradients(gradients, norm, 5);
  expect(clipped.get('a')?.dataSync()[0]).toBeCloseTo(3, 5);
  expect(clipped.get('b')?.dataSync()[0]).toBeCloseTo(4, 5);
  expect(clipGradients(gradients, norm, 11).get('b')?.dataSync()[0]).toBe(8);
  // Of no gradients nothing becomes infinite: 1e-6 stands beside the norm.
  const tiny = new Map([['a', tf.tensor1d([1e-6])]]);
  expect(clipGradients(tiny, globalNorm(tiny), 1e-6).get('a')?.dataSync()[0]).toBeCloseTo(5e-7, 10);
});

test('a step downhill tells the norm from before clipping, and clips where there is a limit', () => {
  const movedBy = (limit: number, gradient: number) => {
    const parameter = tf.variable(tf.scalar(0));
    const parameters = new Map([['p', parameter]]);
    // With an epsilon far larger than any gradient, a step is the gradient's share of it.
    const adam = createAdam(parameters, { beta1: 0, beta2: 0, epsilon: 1e6 });
    const norm = descend(adam, new Map([['p', tf.scalar(gradient)]]), adam.next(1e6), limit);
    return [norm.dataSync()[0] as number, parameter.dataSync()[0] as number];
  };
  const [norm, whole] = movedBy(0, 4) as [number, number];
  expect(norm).toBe(4);
  expect(whole).toBeCloseTo(-4, 3);
  expect(movedBy(1, 4)[0]).toBe(4);
  expect(movedBy(1, 4)[1]).toBeCloseTo(-1, 3);
  expect(movedBy(9, 4)[1]).toBeCloseTo(-4, 3);
});

test('batch normalisation is (x - mean) / √(variance + ε) · scale + offset, over images and positions', () => {
  const x = tf.tensor4d([1, 10, 3, 10, 5, 40, 7, 40], [2, 1, 2, 2]);
  const [scale, offset] = [tf.tensor1d([2, 1]), tf.tensor1d([0.5, -1])];
  const first = (value: number) => (2 * (value - 4)) / Math.sqrt(5 + 1e-5) + 0.5;
  const second = (value: number) => (value - 25) / Math.sqrt(225 + 1e-5) - 1;
  const wanted = [1, 3, 5, 7].flatMap((value, at) => [first(value), second(at < 2 ? 10 : 40)]);
  for (const [at, value] of normalizeBatch(x, scale, offset).dataSync().entries()) {
    expect(value).toBeCloseTo(wanted[at] as number, 5);
  }
  // Of as little variance as 9e-6, ε is a large part.
  const faint = tf.tensor4d([0.003, 0, -0.003, 0], [1, 2, 1, 2]);
  expect(normalizeBatch(faint, scale, offset).dataSync()[0]).toBeCloseTo((2 * 0.003) / Math.sqrt(1.9e-5) + 0.5, 4);
  const weighted = (s: tf.Tensor, o: tf.Tensor) =>
    tf.sum(tf.mul(normalizeBatch(x, s as tf.Tensor1D, o as tf.Tensor1D), x));
  const [ofScale, ofOffset] = tf.grads(weighted)([scale, offset]) as [tf.Tensor, tf.Tensor];
  // Σ x (x - mean) / √variance, and Σ x.
  expect(ofScale.shape).toEqual([2]);
  expect(ofScale.dataSync()[0]).toBeCloseTo(20 / Math.sqrt(5), 3);
  expect(ofScale.dataSync()[1]).toBeCloseTo(900 / 15, 3);
  expect([...ofOffset.dataSync()]).toEqual([16, 100]);
  // Where nothing varies ε stands alone.
  const slope = tf.grad((input) => tf.sum(tf.mul(normalizeBatch(input as tf.Tensor4D, scale, offset, 0.25), x)));
  const flat = tf.fill<tf.Rank.R4>([2, 1, 2, 2], 3);
  const slopes = [...slope(flat).dataSync()];
  // scale / √ε · (x - mean of x)
  for (const [at, value] of x.dataSync().entries()) {
    const centred = at % 2 === 0 ? 2 * (value - 4) : value - 25;
    expect(slopes[at]).toBeCloseTo(centred / 0.5, 3);
  }
  const { scope, parameters } = createParameterTree();
  const layer = batchNorm(scope, 2);
  expect([...parameters].map(([name, variable]) => [name, [...variable.dataSync()]])).toEqual([
    ['weight', [1, 1]],
    ['bias', [0, 0]],
  ]);
  expect(layer(x).dataSync()[0]).toBeCloseTo(-3 / Math.sqrt(5 + 1e-5), 5);
});
