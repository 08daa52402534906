import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { selectEngine } from '../../src/engine/select.js';
import { normals } from '../../src/random.js';
import { linearDiscriminants } from '../../src/training/linear/linear-discriminants.js';

beforeAll(() => selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }));

interface Case {
  readonly name: string;
  readonly shape: [number, number];
  readonly rows: number[];
  readonly labels: number[];
  readonly ledoitWolf: number;
  readonly shrinkage: number | null;
  readonly scalings: number[];
  readonly projections: number[];
}

const { cases } = JSON.parse(readFileSync('test/golden/lda/discriminants.json', 'utf8')) as { cases: Case[] };

/** Columns of a row-major array. */
const columnsOf = (values: ArrayLike<number>, count: number) =>
  Array.from({ length: count }, (_, column) => Array.from(values).filter((_, at) => at % count === column));

const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, value, at) => sum + value * b[at]!, 0);

/** The largest difference of two columns up to sign, as a share of the largest element. */
function columnDifference(ours: readonly number[], theirs: readonly number[]): number {
  const sign = Math.sign(dot(ours, theirs));
  const largest = Math.max(...theirs.map(Math.abs));
  return Math.max(...ours.map((value, at) => Math.abs(sign * value - theirs[at]!))) / largest;
}

describe('linear discriminants', () => {
  test.each(cases)('are those of scikit-learn up to sign: $name', async (expected) => {
    const rows = tf.tensor2d(expected.rows, expected.shape);
    const labels = expected.labels.map((label) => `class ${label}`);
    const count = new Set(labels).size - 1;
    const found = await linearDiscriminants(rows, labels, count, expected.shrinkage ?? undefined);
    expect(Math.abs(found.shrinkage / (expected.shrinkage ?? expected.ledoitWolf) - 1)).toBeLessThan(1e-5);
    const projected = tf.matMul(tf.sub(rows, found.mean), found.directions);
    const theirs = columnsOf(expected.projections, count);
    const ours = columnsOf(projected.dataSync(), count);
    for (const [index, column] of ours.entries()) expect(columnDifference(column, theirs[index]!)).toBeLessThan(1e-4);
    // The same subspace: each of our directions lies in the span of theirs, whose orthonormal basis is by Gram and Schmidt.
    const basis = orthonormalColumns(columnsOf(expected.scalings, count));
    for (const direction of columnsOf(found.directions.dataSync(), count)) {
      const inside = basis.reduce((sum, axis) => sum + dot(axis, direction) ** 2, 0);
      expect(1 - inside / dot(direction, direction)).toBeLessThan(1e-8);
    }
  });

  test('come with the best one first, along each a shrunk variance within classes of 1', async () => {
    const { shape, rows, labels } = cases[0]!;
    const names = labels.map(String);
    const found = await linearDiscriminants(tf.tensor2d(rows, shape), names, 2, 0.2);
    expect(found.ratios[0]!).toBeGreaterThan(found.ratios[1]!);
    const all = await linearDiscriminants(tf.tensor2d(rows, shape), names, 3, 0.2);
    expect(columnDifference([...all.ratios.slice(0, 2)], [...found.ratios])).toBeLessThan(1e-5);
  });

  test('do not depend on the order of images or the names of classes', async () => {
    const { shape, rows, labels } = cases[2]!;
    const [images, values] = shape;
    const reversed = Array.from({ length: images }, (_, row) => rows.slice(row * values, (row + 1) * values)).reverse();
    const one = await linearDiscriminants(tf.tensor2d(rows, shape), labels.map(String), 4, 0.1);
    const renamed = labels.map((label) => `of kind ${9 - label}`).reverse();
    const other = await linearDiscriminants(tf.tensor2d(reversed), renamed, 4, 0.1);
    const difference = tf.max(tf.abs(tf.sub(one.directions, other.directions))).dataSync()[0]!;
    expect(difference / tf.max(tf.abs(one.directions)).dataSync()[0]!).toBeLessThan(1e-4);
  });

  test('take pictures that are there twice, and a shrinkage of 1', async () => {
    const once = tf.tensor2d(normals(10 * 30, 'twice'), [10, 30]);
    const labels = [...'aabbbbcccc'];
    const found = await linearDiscriminants(tf.concat([once, once]), [...labels, ...labels], 2, 1);
    expect(found.directions.dataSync().every(Number.isFinite)).toBe(true);
    // All of the covariance within classes is replaced: the directions are those of the means alone, at right angles.
    const [first, second] = columnsOf(found.directions.dataSync(), 2) as [number[], number[]];
    expect(Math.abs(dot(first, second)) / Math.sqrt(dot(first, first) * dot(second, second))).toBeLessThan(1e-5);
  });

  test.each([
    [
      'more directions than classes less one',
      [...'aabb'],
      2,
      /4 images of 2 classes, which 1 directions tell apart, wanted 2/,
    ],
    ['one image of each class', [...'abcd'], 2, /do not differ within their classes/],
  ])('refuse %s', async (_, labels, count, message) => {
    const rows = tf.tensor2d(normals(4 * 6, 'refused'), [4, 6]);
    await expect(linearDiscriminants(rows, labels, count)).rejects.toThrow(message);
  });
});

function orthonormalColumns(columns: readonly number[][]): number[][] {
  const basis: number[][] = [];
  for (const column of columns) {
    const rest = basis.reduce((left, axis) => {
      const along = dot(axis, left);
      return left.map((value, at) => value - along * axis[at]!);
    }, column);
    const length = Math.sqrt(dot(rest, rest));
    basis.push(rest.map((value) => value / length));
  }
  return basis;
}
