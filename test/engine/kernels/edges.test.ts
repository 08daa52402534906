/** Calls at the edges of what kernels are defined for: not-a-number, wrong shapes, types that the engine only holds. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate, type NamedResults, resultsOnCpu, useOnnxRuntime } from '../compare.js';

const numbers = () => tf.tensor2d([1, Number.NaN, 3, -2, 0, 5], [2, 3]);

const sameAsCpu: Record<string, () => tf.Tensor | tf.Tensor[]> = {
  'extremes of not-a-number': () => [0, 1].flatMap((axis) => [tf.max(numbers(), axis), tf.min(numbers(), axis, true)]),
  'places of extremes beside not-a-number': () => [tf.argMax(numbers(), 1), tf.argMin(numbers(), 1)],
  'sign and step of not-a-number': () => [tf.sign(numbers()), tf.step(numbers(), -1)],
  'constants that JSON has no word for': () =>
    [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => tf.fill([2], value)),
  'padding with infinities': () =>
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY].map((value) =>
      tf.pad(
        numbers(),
        [
          [1, 0],
          [0, 1],
        ],
        value,
      ),
    ),
  'complex numbers through the cpu fallback': () => {
    const spectrum = tf.spectral.rfft(tf.tensor1d([1, 2, 3, 4, 5, 7]));
    const product = tf.mul(spectrum, tf.complex([1, 2, 3, 4], [4, 3, 2, 1]));
    return [tf.real(product), tf.imag(product)];
  },
  'gradients of a kernel that reads ranks': () =>
    tf.grads((x, filter) => tf.sum(tf.dilation2d(x as tf.Tensor4D, filter as tf.Tensor3D, 1, 'valid')))([
      tf.tensor4d([1, 5, 2, 4, 3, 8, 0, 6, 7], [1, 3, 3, 1]),
      tf.tensor3d([0.5, 0, 0.25, 1], [2, 2, 1]),
    ]),
};

describe('values equal those of the cpu backend', () => {
  let wanted: NamedResults;
  beforeAll(async () => {
    wanted = await resultsOnCpu(sameAsCpu);
  });

  it.each(Object.entries(sameAsCpu))('%s', (name, compute) => {
    const results = evaluate(compute);
    results.forEach((values, index) => {
      const rounded = (array: tf.TypedArray) => [...array].map((value) => Math.round(value * 1e4) / 1e4 + 0);
      expect(rounded(values)).toEqual(rounded(wanted.get(name)![index]!));
    });
  });
});

describe('types that the engine only holds', () => {
  beforeAll(useOnnxRuntime);

  it('keeps strings, under other shapes too, until the last use', () => {
    const before = tf.memory().numDataBuffers;
    const words = tf.tensor1d(['a', 'bc', 'd', 'é']);
    const square = tf.reshape(words, [2, 2]);
    words.dispose();
    expect(square.arraySync()).toEqual([
      ['a', 'bc'],
      ['d', 'é'],
    ]);
    square.dispose();
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it('gives complex numbers as real and imaginary parts in turn', () => {
    expect([...tf.complex([1, 2], [3, 4]).dataSync()]).toEqual([1, 3, 2, 4]);
  });
});

describe('arguments that do not fit together throw where they are given', () => {
  beforeAll(useOnnxRuntime);
  const a = () => tf.ones<tf.Rank.R2>([2, 3]);
  const wrong: Record<string, () => tf.Tensor> = {
    'inner sizes of a product': () => tf.matMul(a(), a()),
    'sizes beside the axis of a concatenation': () => tf.concat([a(), tf.ones([2, 4])], 0),
    'shapes of a stack': () => tf.stack([a(), tf.ones([3, 2])]),
    'types of a stack': () => tf.stack([a(), tf.ones([2, 3], 'int32')]),
    'an axis to reverse': () => tf.reverse(a(), 2),
    'the far edge of a slice': () => tf.slice(a(), [0, 2], [2, 2]),
    'the near edge of a slice': () => tf.slice(a(), [-1, 0], [1, 1]),
  };
  it.each(Object.entries(wrong))('%s', (_name, call) => {
    expect(call).toThrow();
  });
});
