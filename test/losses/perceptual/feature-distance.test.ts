import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { featureDistance } from '../../../src/losses/perceptual/feature-distance.js';
import { expectClose, useDefaultEngine } from '../../golden.js';

beforeAll(async () => {
  await useDefaultEngine();
});

const slope = (reference: tf.Tensor4D, weights: tf.Tensor1D) =>
  tf.grad((x) => tf.sum(featureDistance(reference, x as tf.Tensor4D, weights)));

test('equal directions are at distance 0 whatever their lengths, orthogonal ones at the sum of their weights', () => {
  const along = tf.tensor4d([3, 0, 0, 5], [1, 1, 2, 2]);
  const across = tf.tensor4d([0, 7, 1, 0], [1, 1, 2, 2]);
  const weights = tf.tensor1d([0.25, 2]);
  expect(featureDistance(along, tf.mul(along, 9), weights).dataSync()[0]).toBeCloseTo(0, 6);
  expect(featureDistance(along, across, weights).dataSync()[0]).toBeCloseTo(2.25, 6);
});

test('the gradient is the slope of the distance', () => {
  const [reference, features] = [1, 2].map((seed) => tf.randomNormal([2, 3, 3, 4], 0, 1, 'float32', seed)) as [
    tf.Tensor4D,
    tf.Tensor4D,
  ];
  const weights = tf.tensor1d([0.3, 1, 0, 2]);
  const direction = tf.randomNormal<tf.Rank.R4>([2, 3, 3, 4], 0, 1, 'float32', 3);
  const at = (step: number) => featureDistance(reference, tf.add(features, tf.mul(direction, step)), weights);
  const numeric = tf.div(tf.sub(tf.sum(at(5e-3)), tf.sum(at(-5e-3))), 1e-2);
  const ours = tf.sum(tf.mul(slope(reference, weights)(features), direction));
  expectClose(ours, numeric, 2e-3);
});

test('features that are zero everywhere give finite values and no gradient where ReLU lets none through', () => {
  const reference = tf.tensor4d([1, 2, 0, 0], [1, 1, 2, 2]);
  const dead = tf.zeros<tf.Rank.R4>([1, 1, 2, 2]);
  const weights = tf.tensor1d([1, 1]);
  expect(featureDistance(reference, dead, weights).dataSync()[0]).toBeCloseTo(0.5, 6);
  // 1e-20 is added to squared lengths.
  const faint = tf.tensor4d([1e-10], [1, 1, 1, 1]);
  const [short] = featureDistance(tf.ones([1, 1, 1, 1]), faint, tf.tensor1d([1])).dataSync();
  expect(short).toBeCloseTo((1 - Math.SQRT1_2) ** 2, 4);
  const throughRelu = tf.grad((x) => tf.sum(featureDistance(reference, tf.relu(x as tf.Tensor4D), weights)));
  expect([...throughRelu(tf.fill([1, 1, 2, 2], -1)).dataSync()].map(Math.abs)).toEqual([0, 0, 0, 0]);
});
