import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { selectEngine } from '../../src/engine/select.js';
import { createAdam } from '../../src/nn/adam.js';
import { createMovingAverage } from '../../src/nn/ema.js';
import { clipGradients, globalNorm } from '../../src/nn/gradients.js';

interface Golden {
  readonly initial: [number[][], number[]];
  readonly updates: { gradients: [number[][], number[]]; norm: number; parameters: [number[][], number[]] }[];
}

const golden: Golden = JSON.parse(readFileSync(new URL('../golden/nn/optimizer.json', import.meta.url), 'utf8'));

beforeAll(() => selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 0 }));

test('Adam after clipping equals PyTorch, update by update', () => {
  const [weight, bias] = golden.initial;
  const parameters = new Map<string, tf.Variable>([
    ['weight', tf.variable(tf.tensor2d(weight))],
    ['bias', tf.variable(tf.tensor1d(bias))],
  ]);
  const adam = createAdam(parameters, { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 });
  for (const { gradients, norm, parameters: wanted } of golden.updates) {
    const named = new Map<string, tf.Tensor>([
      ['weight', tf.tensor2d(gradients[0])],
      ['bias', tf.tensor1d(gradients[1])],
    ]);
    const measured = globalNorm(named);
    expect(measured.dataSync()[0]).toBeCloseTo(norm, 4);
    adam.update(clipGradients(named, measured, 1), 0.05);
    const got = [...parameters.values()].flatMap((variable) => [...variable.dataSync()]);
    got.forEach((value, index) => {
      expect(value).toBeCloseTo(wanted.flat(2)[index] as number, 5);
    });
  }
});

test('the moving average follows the closed form and lends itself without touching the parameters', async () => {
  const parameter = tf.variable(tf.tensor1d([1, -2]));
  const average = createMovingAverage(new Map([['p', parameter]]), 0.5);
  parameter.assign(tf.tensor1d([3, 4]));
  average.update(1); // decay min(0.5, 2/11)
  const expected = [1, -2].map((value, index) => value * (2 / 11) + ([3, 4][index] as number) * (9 / 11));
  await average.applied(async () => {
    const lent = [...parameter.dataSync()];
    lent.forEach((value, index) => {
      expect(value).toBeCloseTo(expected[index] as number, 6);
    });
  });
  expect([...parameter.dataSync()]).toEqual([3, 4]);
  await expect(average.applied(async () => Promise.reject(new Error('stopped')))).rejects.toThrow('stopped');
  expect([...parameter.dataSync()]).toEqual([3, 4]);
});

test('Adam refuses to move without a gradient, or with the moments of other parameters', () => {
  const parameters = new Map([['p', tf.variable(tf.tensor1d([1]))]]);
  const adam = createAdam(parameters, { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 });
  const gradients = new Map([['p', tf.tensor1d([1])]]);
  expect(() => adam.update(new Map(), 0.1)).toThrow('Parameter p has no gradient');
  for (const moments of [adam.state.firstMoments, adam.state.secondMoments] as Map<string, tf.Variable>[]) {
    const moment = moments.get('p') as tf.Variable;
    moments.delete('p');
    expect(() => adam.update(gradients, 0.1)).toThrow('Parameter p has no gradient');
    moments.set('p', moment);
  }
  expect([...(parameters.get('p')?.dataSync() ?? [])]).toEqual([1]);
});

test('a moving average that restarts is its parameter', () => {
  const parameter = tf.variable(tf.tensor1d([1, -2]));
  const average = createMovingAverage(new Map([['p', parameter]]), 0.5);
  parameter.assign(tf.tensor1d([3, 4]));
  average.restart();
  expect([...(average.averages.get('p')?.dataSync() ?? [])]).toEqual([3, 4]);
  (average.averages as Map<string, tf.Variable>).delete('p');
  expect(() => average.restart()).toThrow('Parameter p has no average');
});
