import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { gaussian, ones, uniformFanIn, varianceKeeping, zeros } from '../../src/nn/initializers.js';
import {
  countParameters,
  createParameterTree,
  disposeParameters,
  trainableOf,
  variablesOf,
} from '../../src/nn/parameters.js';
import { normals, randomStream } from '../../src/random.js';
import { useCpu } from '../engine/compare.js';

beforeAll(useCpu);

describe('a tree of parameters', () => {
  const built = () => {
    const { scope, parameters } = createParameterTree();
    const branch = scope.child('block').child(0);
    branch.parameter('weight', [2, 3], ones);
    branch.constant('mean', [3], zeros);
    scope.parameter('bias', [4], zeros);
    return { scope, branch, parameters };
  };

  test('has them by their full names in the order in which they were declared', () => {
    const { parameters } = built();
    expect([...parameters].map(([name, { shape }]) => [name, shape])).toEqual([
      ['block.0.weight', [2, 3]],
      ['block.0.mean', [3]],
      ['bias', [4]],
    ]);
    expect(countParameters(parameters)).toBe(6 + 3 + 4);
    expect([...(parameters.get('block.0.weight')?.dataSync() ?? [])]).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('tells those that gradients move, of all and of a branch', () => {
    const { scope, branch, parameters } = built();
    expect([...trainableOf(parameters).keys()]).toEqual(['block.0.weight', 'bias']);
    expect(branch.trainable()).toEqual([parameters.get('block.0.weight')]);
    expect(scope.trainable()).toEqual([parameters.get('block.0.weight'), parameters.get('bias')]);
    expect(variablesOf(parameters, parameters)).toEqual([...parameters.values(), ...parameters.values()]);
  });

  test('has each name once, and takes first values from elsewhere where they are given', () => {
    const { branch } = built();
    expect(() => branch.parameter('weight', [1], ones)).toThrow('Two layers claim the parameter block.0.weight');
    const { scope, parameters } = createParameterTree((name, shape) => tf.fill([...shape], name.length));
    scope.child('a').parameter('bc', [2], ones);
    expect([...(parameters.get('a.bc')?.dataSync() ?? [])]).toEqual([4, 4]);
  });

  test('keeps a tensor for each and no other, until it is disposed of', () => {
    const before = tf.memory().numTensors;
    const { parameters } = built();
    expect(tf.memory().numTensors - before).toBe(3);
    disposeParameters(parameters);
    expect(tf.memory().numTensors - before).toBe(0);
  });
});

describe('first values', () => {
  const valuesOf = (tensor: tf.Tensor) => [...tensor.dataSync()];

  test('are uniform within 1/√(fan in), drawn for each name and seed', () => {
    const stream = randomStream('parameter', 5, 'conv.weight');
    const wanted = Array.from({ length: 6 }, () => Math.fround((2 * stream.uniform() - 1) * (1 / 3)));
    const tensor = uniformFanIn(5, 9)('conv.weight', [2, 3]);
    expect(tensor.shape).toEqual([2, 3]);
    expect(valuesOf(tensor)).toEqual(wanted);
    expect(valuesOf(uniformFanIn(6, 9)('conv.weight', [2, 3]))).not.toEqual(wanted);
  });

  test('keep the variance: of 1/(fan in)', () => {
    const values = valuesOf(varianceKeeping(1, 12)('dense', [20_000]));
    expect(Math.max(...values)).toBeLessThanOrEqual(0.5);
    expect(Math.max(...values)).toBeGreaterThan(0.499);
    expect(Math.min(...values)).toBeLessThan(-0.499);
    const variance = values.reduce((sum, value) => sum + value ** 2, 0) / values.length;
    expect(variance * 12).toBeCloseTo(1, 1);
  });

  test('are normal with mean and standard deviation', () => {
    const wanted = [...normals(4, 'parameter', 3, 'scale')].map((draw) => Math.fround(1 + 0.02 * draw));
    expect(valuesOf(gaussian(3, 1, 0.02)('scale', [2, 2]))).toEqual(wanted);
  });
});
