import * as tf from '@tensorflow/tfjs-core';
import { PCA } from 'ml-pca';
import { beforeAll, describe, expect, test } from 'vitest';
import { selectEngine } from '../../src/engine/select.js';
import { normals, randomStream } from '../../src/random.js';
import { principalComponents } from '../../src/training/linear/principal-components.js';

beforeAll(() => selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }));

const [images, dimensions] = [100, 120];

/** Rows whose deviations along orthogonal directions fall with a power law, as photographs' do, around a mean. */
function rowsOf(): { rows: tf.Tensor2D; total: number } {
  const values = new Float32Array(images * dimensions);
  const noise = normals(images * dimensions, 'rows');
  for (let at = 0; at < values.length; at++) {
    const dimension = at % dimensions;
    values[at] = noise[at]! * (dimension + 1) ** -0.7 + Math.sin(dimension);
  }
  // A random rotation, so that no direction lies along an axis.
  const rotation = rotationOf(dimensions);
  const rows = tf.tidy(() => tf.matMul(tf.tensor2d(values, [images, dimensions]), rotation) as tf.Tensor2D);
  const total = tf.tidy(() => tf.sum(tf.square(tf.sub(rows, tf.mean(rows, 0)))).dataSync()[0]!);
  return { rows, total };
}

function rotationOf(size: number): tf.Tensor2D {
  return tf.tidy(() => {
    let rotation = tf.eye(size);
    for (let reflection = 0; reflection < 3; reflection++) {
      const axis = tf.tensor2d(normals(size, 'axis', reflection), [size, 1]);
      const unit = tf.div(axis, tf.norm(axis));
      rotation = tf.sub(rotation, tf.mul(tf.matMul(tf.matMul(rotation, unit), unit, false, true), 2)) as tf.Tensor2D;
    }
    return rotation;
  });
}

/** Squared error over all rows of restoring them from their components. */
function errorOf(rows: tf.Tensor2D, mean: tf.Tensor1D, directions: tf.Tensor2D): number {
  return tf.tidy(() => {
    const centred = tf.sub(rows, mean) as tf.Tensor2D;
    const restored = tf.matMul(tf.matMul(centred, directions), directions, false, true);
    return tf.sum(tf.square(tf.sub(centred, restored))).dataSync()[0]!;
  });
}

describe('principal components', () => {
  test.each([
    ['exactly, where all directions are followed', 40],
    ['closely, where only some are', 16],
  ])('leave the error that Eckart and Young prove to be the least: the discarded variances (%s)', async (_, count) => {
    const { rows, total } = rowsOf();
    const { mean, directions, variances } = await principalComponents(rows, count, 0);
    const kept = variances.reduce((sum, variance) => sum + variance, 0) * (images - 1);
    const error = errorOf(rows, mean, directions);
    expect(Math.abs(error - (total - kept)) / total).toBeLessThan(1e-5);
    const exact = new PCA(rows.arraySync(), { method: 'SVD' }).getEigenvalues().slice(0, count);
    const relative = variances.map((variance, index) => variance / exact[index]!);
    expect(Math.min(...relative)).toBeGreaterThan(0.9999);
    expect(Math.max(...relative)).toBeLessThan(1.0001);
    expect([...variances].sort((a, b) => b - a)).toEqual([...variances]);
  });

  test('are at right angles and of length 1', async () => {
    const { rows } = rowsOf();
    const { directions } = await principalComponents(rows, 20, 1);
    const products = await tf.tidy(() => tf.sub(tf.matMul(directions, directions, true), tf.eye(20))).data();
    expect(Math.max(...products.map(Math.abs))).toBeLessThan(1e-4);
  });

  test('are refused where the images differ in fewer directions', async () => {
    const random = randomStream('flat');
    const rows = tf.tensor2d(Array.from({ length: 10 }, () => [random.normal(), 0, 1, random.normal()]));
    await expect(principalComponents(rows, 3, 0)).rejects.toThrow(/10 images that differ in 2 directions, wanted 3/);
    const black = tf.fill<tf.Rank.R2>([10, 4], -1);
    await expect(principalComponents(black, 3, 0)).rejects.toThrow(/10 images that are all the same, wanted 3/);
  });
});
