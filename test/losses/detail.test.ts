import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { detailDistances } from '../../src/losses/detail.js';
import { normals } from '../../src/random.js';
import { useDefaultEngine } from '../golden.js';

beforeAll(useDefaultEngine);

/** Stripes of one pixel: neighbours across differ by 2 · amplitude, neighbours down not at all. */
const stripes = (amplitude: number, side: number) =>
  tf.tensor4d(
    Float32Array.from({ length: side * side }, (_, at) => (at % 2 === 0 ? amplitude : -amplitude)),
    [1, side, side, 1],
  );

it('is the squared difference of the strengths of stripes, which vanish at half the size', async () => {
  const distance = await detailDistances(stripes(0.5, 32), stripes(0.2, 32)).data();
  expect(distance[0]).toBeCloseTo((2 * 0.5 - 2 * 0.2) ** 2, 5);
});

it('does not ask where in a window detail lies, nor for its sign', async () => {
  const distance = await detailDistances(stripes(0.5, 32), stripes(-0.5, 32)).data();
  expect(distance[0]).toBeCloseTo(0, 9);
});

it('tells every image of a batch for itself', async () => {
  const images = tf.concat([stripes(0.5, 32), stripes(0.3, 32)]) as tf.Tensor4D;
  const restored = tf.concat([stripes(0.5, 32), stripes(0.1, 32)]) as tf.Tensor4D;
  const [first, second] = await detailDistances(images, restored).data();
  expect(first).toBeCloseTo(0, 9);
  expect(second).toBeCloseTo(0.16, 4);
});

it('has the gradient of its central differences', async () => {
  const shape = [1, 20, 20, 2] as const;
  const length = 800;
  const images = tf.tensor4d(normals(length, 'images'), [...shape]);
  const restored = Float32Array.from(normals(length, 'restored'));
  const total = (x: tf.Tensor) => tf.sum(detailDistances(images, x as tf.Tensor4D)) as tf.Scalar;
  const gradient = await tf
    .grad(total)(tf.tensor4d(restored, [...shape]))
    .data();
  const at = async (index: number, change: number) => {
    const moved = restored.slice();
    moved[index] = (moved[index] as number) + change;
    return (await total(tf.tensor4d(moved, [...shape])).data())[0] as number;
  };
  for (const index of [0, 123, 421, 798]) {
    const step = 0.05;
    const slope = ((await at(index, step)) - (await at(index, -step))) / (2 * step);
    expect(Math.abs(slope - (gradient[index] as number))).toBeLessThan(2e-5 + 0.03 * Math.abs(slope));
  }
});
