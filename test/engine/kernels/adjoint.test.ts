/**
 * Gradients of linear maps, held to their definition <f(x), t> = <x, fᵀ(t)> where tfjs' cpu backend is wrong itself: nearest
 * resizing of more than one image, bilinear resizing of images that are not square.
 */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { conv2d, upsampleNearest2x } from '../../../src/engine/ops.js';
import { evaluate, normalTensor, useOnnxRuntime } from '../compare.js';

type Map4D = (x: tf.Tensor4D) => tf.Tensor4D;

const { resizeNearestNeighbor, resizeBilinear } = tf.image;

const maps: Record<string, Map4D> = {
  'nearest ×2': (x) => resizeNearestNeighbor(x, [10, 12]),
  'nearest larger': (x) => resizeNearestNeighbor(x, [7, 13]),
  'nearest smaller': (x) => resizeNearestNeighbor(x, [3, 4]),
  'nearest aligned': (x) => resizeNearestNeighbor(x, [9, 8], true),
  'nearest half pixel': (x) => resizeNearestNeighbor(x, [9, 8], false, true),
  'bilinear larger': (x) => resizeBilinear(x, [7, 13]),
  'bilinear smaller': (x) => resizeBilinear(x, [3, 4]),
  'bilinear half pixel': (x) => resizeBilinear(x, [10, 3], false, true),
  upsampleNearest2x,
  'strided convolution': (x) =>
    conv2d(x, normalTensor([3, 3, 2, 4], 5), null, 2, [
      [0, 1],
      [1, 0],
    ]),
  // 32 and 16 channels: enough for blocked convolutions.
  'convolution of an enlarged image': (x) =>
    conv2d(upsampleNearest2x(manyChannels(x)), smallFilter([3, 3, 32, 16], 5), null, 1, 1),
  'strided convolution of many channels': (x) =>
    conv2d(upsampleNearest2x(manyChannels(x)), smallFilter([3, 3, 32, 16], 5), null, 2, 1),
};

/** Keeps the sums over many channels near one, where their rounding is small too. */
const smallFilter = (shape: readonly number[], seed: number) => tf.mul<tf.Tensor4D>(normalTensor(shape, seed), 0.05);

const manyChannels: Map4D = (x) => conv2d(x, smallFilter([1, 1, 2, 32], 4), null, 1, 0);

beforeAll(useOnnxRuntime);

it.each(Object.entries(maps))('the gradient of %s is its adjoint', (_name, map) => {
  const [[left], [right]] = evaluate(() => {
    const x = normalTensor<tf.Tensor4D>([3, 5, 6, 2], 1);
    const y = map(x);
    const t = normalTensor<tf.Tensor4D>(y.shape, 2);
    const transposed = tf.grad((input) => tf.sum(tf.mul(map(input as tf.Tensor4D), t)))(x);
    return [tf.sum(tf.mul(y, t)), tf.sum(tf.mul(x, transposed))];
  }) as [tf.TypedArray, tf.TypedArray];
  expect(Math.abs(left as number)).toBeGreaterThan(0.1);
  expect(right).toBeCloseTo(left as number, 4);
});

it('the gradient of a filter is the same however many images there are at once', () => {
  // 13 images of this size are more than are taken together.
  const [[left], [right]] = evaluate(() => {
    const x = normalTensor<tf.Tensor4D>([13, 64, 64, 9], 1);
    const filter = smallFilter([3, 3, 9, 32], 2);
    const t = conv2d(x, filter, null, 1, 1);
    const product = (taps: tf.Tensor) => tf.mean(tf.mul(conv2d(x, taps as tf.Tensor4D, null, 1, 1), t));
    return [product(filter), tf.sum(tf.mul(filter, tf.grad(product)(filter)))];
  }) as [tf.TypedArray, tf.TypedArray];
  expect(left).toBeGreaterThan(0.1);
  expect(right).toBeCloseTo(left as number, 4);
});
