/** The operations of `engine/ops`: one kernel on our engine, composed of tfjs ops elsewhere, the same numbers from both. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adamScalars,
  adamUpdate,
  conv2d,
  emaUpdate,
  groupNorm,
  groupNormSilu,
  pixelShuffle,
  pixelUnshuffle,
  silu,
  upsampleNearest2x,
} from '../../../src/engine/ops.js';
import { evaluate, expectClose, type NamedResults, normalTensor, resultsOnCpu } from '../compare.js';

const x = (seed = 0) => normalTensor<tf.Tensor4D>([2, 4, 6, 8], seed);
const vector = (size: number, seed: number) => normalTensor<tf.Tensor1D>([size], seed);

/** y and the gradients of <y, random> with respect to all inputs. */
function withGradients(run: (...inputs: tf.Tensor[]) => tf.Tensor, inputs: tf.Tensor[]): tf.Tensor[] {
  const weighted = (...xs: tf.Tensor[]) => {
    const y = run(...xs);
    return tf.sum(tf.mul(y, normalTensor(y.shape, 50)));
  };
  return [run(...inputs), ...tf.grads(weighted)(inputs)];
}

const adamInputs = () => [0, 1, 2].map((seed) => normalTensor([3, 3, 4, 5], seed));

const operations: Record<string, () => tf.Tensor[]> = {
  groupNorm: () =>
    withGradients(
      (image, scale, offset) => groupNorm(image as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D, 4),
      [x(), vector(8, 1), vector(8, 2)],
    ),
  'groupNorm of one channel per group': () =>
    withGradients(
      (image, scale, offset) => groupNorm(image as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D, 8, 1e-3),
      [x(), vector(8, 1), vector(8, 2)],
    ),
  'groupNorm far from zero': () =>
    withGradients(
      (image, scale, offset) => groupNorm(image as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D, 2),
      [tf.add(x(), 5), vector(8, 1), vector(8, 2)],
    ),
  groupNormSilu: () =>
    withGradients(
      (image, scale, offset) => groupNormSilu(image as tf.Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D, 4),
      [x(), vector(8, 1), vector(8, 2)],
    ),
  silu: () => withGradients((image) => silu(image as tf.Tensor4D), [x()]),
  pixelShuffle: () => withGradients((image) => pixelShuffle(image as tf.Tensor4D, 2), [x()]),
  pixelUnshuffle: () => withGradients((image) => pixelUnshuffle(image as tf.Tensor4D, 2), [x()]),
  upsampleNearest2x: () => withGradients((image) => upsampleNearest2x(image as tf.Tensor4D), [x()]),
  ...Object.fromEntries(
    ([1, 2] as const).flatMap((stride) =>
      (
        [
          0,
          1,
          [
            [0, 1],
            [0, 1],
          ],
        ] as const
      ).map((padding) => [
        `conv2d stride ${stride} padding ${padding}`,
        () =>
          withGradients(
            (image, filter, bias) =>
              conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, stride, padding),
            [x(), normalTensor([3, 3, 8, 5], 1), vector(5, 2)],
          ),
      ]),
    ),
  ),
  // 32 and 16 channels: enough for blocked convolutions.
  ...Object.fromEntries(
    ([1, 2] as const).flatMap((stride) =>
      ([1, 3] as const).map((taps) => [
        `conv2d ${taps}×${taps} of many channels, stride ${stride}`,
        () =>
          withGradients(
            (image, filter, bias) =>
              conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, stride, (taps - 1) / 2),
            [normalTensor([2, 5, 6, 32], 0), normalTensor([taps, taps, 32, 16], 1), vector(16, 2)],
          ),
      ]),
    ),
  ),
  ...Object.fromEntries(
    Object.entries({
      '0': 0,
      '1': 1,
      'right and below': [
        [0, 1],
        [0, 1],
      ],
    } as const).map(([name, padding]) => [
      `conv2d of many channels, every second pixel of an even size, padding ${name}`,
      () =>
        withGradients(
          (image, filter, bias) => conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, 2, padding),
          [normalTensor([2, 6, 8, 32], 0), normalTensor([3, 3, 32, 16], 1), vector(16, 2)],
        ),
    ]),
  ),
  'conv2d of an enlarged image': () =>
    withGradients(
      (image, filter, bias) => {
        const large = upsampleNearest2x(image as tf.Tensor4D);
        return conv2d(large, filter as tf.Tensor4D, bias as tf.Tensor1D, 1, 1);
      },
      [normalTensor([2, 5, 6, 32], 0), normalTensor([3, 3, 32, 16], 1), vector(16, 2)],
    ),
  'conv2d of an enlarged image without bias': () =>
    withGradients(
      (image, filter) => tf.conv2d(upsampleNearest2x(image as tf.Tensor4D), filter as tf.Tensor4D, 1, 'same'),
      [normalTensor([1, 3, 3, 16], 0), normalTensor([3, 3, 16, 32], 1)],
    ),
  'conv2d of an enlarged image that others use too': () =>
    withGradients(
      (image, filter, bias) => {
        const large = upsampleNearest2x(image as tf.Tensor4D);
        return tf.mul(conv2d(large, filter as tf.Tensor4D, bias as tf.Tensor1D, 1, 1), large);
      },
      [normalTensor([2, 4, 4, 16], 0), tf.mul(normalTensor([3, 3, 16, 16], 1), 0.1), vector(16, 2)],
    ),
  'conv2d of many pixels, from many channels to few': () =>
    withGradients(
      (image, filter, bias) => conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, 1, 0),
      [normalTensor([2, 34, 35, 4], 0), normalTensor([3, 2, 4, 3], 1), vector(3, 2)],
    ),
  'conv2d of many pixels and channels': () =>
    withGradients(
      (image, filter, bias) => conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, 1, 1),
      [tf.mul(normalTensor([2, 34, 33, 9], 0), 0.1), tf.mul(normalTensor([3, 3, 9, 10], 1), 0.1), vector(10, 2)],
    ),
  'conv2d of many pixels': () =>
    withGradients(
      (image, filter, bias) => conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, bias as tf.Tensor1D, 1, 1),
      [normalTensor([2, 34, 33, 2], 0), normalTensor([3, 3, 2, 3], 1), vector(3, 2)],
    ),
  adamUpdate: () => {
    const [parameter, gradient, m] = adamInputs() as [tf.Tensor, tf.Tensor, tf.Tensor];
    const v = tf.square(normalTensor([3, 3, 4, 5], 3));
    const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, step: 3 };
    return adamUpdate(parameter, gradient, m, v, adamScalars(options));
  },
  emaUpdate: () => {
    const [average, value] = adamInputs() as [tf.Tensor, tf.Tensor];
    return [emaUpdate(average, value, tf.scalar(0.99))];
  },
};

describe('one kernel equals the composition', () => {
  let composed: NamedResults;
  beforeAll(async () => {
    composed = await resultsOnCpu(operations);
  });

  it.each(Object.entries(operations))('%s', (name, operation) => {
    const before = tf.memory().numDataBuffers;
    expectClose(evaluate(operation), composed.get(name) as tf.TypedArray[], 2e-5, name);
    expect(tf.memory().numDataBuffers).toBe(before);
  });

  it('updates many vectors at once as it does one by one', () => {
    const sizes = [3, 5, 3, 8];
    const scalars = adamScalars({ learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: 2 });
    const inputs = sizes.map((size, index) => [0, 1, 2, 3].map((part) => vector(size, 10 * index + part)));
    const update = ([parameter, gradient, m, v]: tf.Tensor[]) =>
      adamUpdate(parameter!, gradient!, m!, tf.square(v!), scalars);
    const oneByOne = inputs.flatMap((input) => evaluate(() => update(input)));
    const together = evaluate(() => inputs.flatMap(update));
    expect(together).toEqual(oneByOne);
    const decay = tf.scalar(0.9);
    const averages = () => inputs.map(([average, value]) => emaUpdate(average!, value!, decay));
    expect(evaluate(averages)).toEqual(
      inputs.flatMap((input) => evaluate(() => emaUpdate(input[0]!, input[1]!, decay))),
    );
  });

  it('adamUpdate equals tfjs’ own optimizer over three steps', () => {
    const start = normalTensor([4, 5], 1);
    const gradients = [2, 3, 4].map((seed) => normalTensor([4, 5], seed));
    const variable = tf.variable(start);
    const optimizer = tf.train.adam(0.01, 0.9, 0.999, 1e-8);
    const name = variable.name;
    let [parameter, m, v] = [start, tf.zerosLike(start), tf.zerosLike(start)];
    gradients.forEach((gradient, index) => {
      optimizer.applyGradients([{ name, tensor: gradient }]);
      const options = { learningRate: 0.01, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, step: index + 1 };
      [parameter, m, v] = adamUpdate(parameter, gradient, m, v, adamScalars(options));
    });
    expectClose([parameter.dataSync()], [variable.dataSync()], 1e-6);
  });
});
