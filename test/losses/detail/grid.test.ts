import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { gridEnergy } from '../../../src/evaluation/measures/sharpness/grid-energy.js';
import { coherentErrors, unevenness } from '../../../src/losses/detail/grid.js';
import { normals } from '../../../src/random.js';
import { useDefaultEngine } from '../../golden.js';

beforeAll(useDefaultEngine);

const side = 32;
/** [1, side, side, channels] of a function of the position. */
const picture = (value: (y: number, x: number, channel: number) => number, channels = 1) =>
  tf.tensor4d(
    Float32Array.from({ length: side * side * channels }, (_, at) => {
      const pixel = Math.floor(at / channels);
      return value(Math.floor(pixel / side), pixel % side, at % channels);
    }),
    [1, side, side, channels],
  );

/** Steps of √3 and 1 by turns: energies of 3 and 1. */
const ramp = (steps: number) => Math.ceil(steps / 2) * Math.sqrt(3) + Math.floor(steps / 2);

it('is the squared variation of energies over rows and that over columns, of an even one', async () => {
  const even = picture(() => 0.5);
  // Columns 0, 8, 16, 24 have 9 times the energy of the others: 4.5 and 0.5, mean 1.
  const column = await unevenness(
    even,
    picture((_, x) => (x % 8 === 0 ? 4.5 : 0.5)),
  ).data();
  expect(column[0]).toBeCloseTo(((4.5 - 1) ** 2 + 7 * (0.5 - 1) ** 2) / 8, 4);
  const row = await unevenness(
    even,
    picture((y) => (y % 2 === 0 ? 3 : 1)),
  ).data();
  expect(row[0]).toBeCloseTo(0.5 ** 2, 4);
  const both = await unevenness(
    even,
    picture((y, x) => (y % 2 === 0 ? 3 : 1) * (x % 4 === 0 ? 2 : 1)),
  ).data();
  expect(both[0]).toBeCloseTo(0.5 ** 2 + (0.6 ** 2 + 3 * 0.2 ** 2) / 4, 4);
});

it('does not depend on how strong the detail is, as the measure of grids does not', async () => {
  const grid = picture((_, x) => (x % 2 === 0 ? 3 : 1));
  const [strong] = await unevenness(
    picture(() => 1),
    grid,
  ).data();
  const [faint] = await unevenness(
    picture(() => 0.02),
    tf.mul(grid, 0.02) as tf.Tensor4D,
  ).data();
  expect(faint).toBeCloseTo(strong as number, 2);
  // Planes whose differences of neighbours have these energies, across and down: the measure is the root of a half each.
  const zigzag = Float64Array.from({ length: side * side }, (_, at) => ramp(at % side) + ramp(Math.floor(at / side)));
  expect(gridEnergy({ values: zigzag, width: side, height: side }, 2)).toBeCloseTo(Math.sqrt(strong as number), 5);
  expect(strong).toBeCloseTo(0.5 ** 2, 4);
});

it('is nothing where both are uneven alike', async () => {
  const uneven = picture((y, x) => 1 + (x % 8) + (y % 3));
  const [distance] = await unevenness(uneven, tf.mul(uneven, 2) as tf.Tensor4D).data();
  expect(distance).toBeCloseTo(0, 6);
});

it('finds the error that comes again at one phase, and none that is the same everywhere', async () => {
  const images = picture((y, x, c) => Math.sin(y * 3 + x * 5 + c), 3);
  const brighter = tf.add(images, 0.1) as tf.Tensor4D;
  expect((await coherentErrors(images, brighter).data())[0]).toBeCloseTo(0, 8);
  const dots = picture((y, x, c) => (y % 8 === 2 && x % 8 === 5 && c === 1 ? 0.6 : 0), 3);
  const [found] = await coherentErrors(images, tf.add(images, dots) as tf.Tensor4D).data();
  expect(found).toBeCloseTo((0.6 ** 2 * (1 / 64) * (1 - 1 / 64)) / 3, 6);
});

it('averages what errors of texture have by chance', async () => {
  const noise = tf.tensor4d(Float32Array.from(normals(side * side, 'texture')), [1, side, side, 1]);
  const [common] = await coherentErrors(noise, tf.zerosLike(noise)).data();
  // Of each phase 16 errors of variance one are averaged; of 64 phases the squares.
  expect(common).toBeGreaterThan(0.6 / 16);
  expect(common).toBeLessThan(1.4 / 16);
});

it('takes whole periods alone', async () => {
  const wide = (value: (x: number) => number) =>
    tf.tensor4d(
      Float32Array.from({ length: 8 * 20 }, (_, at) => value(at % 20)),
      [1, 8, 20, 1],
    );
  const [distance] = await unevenness(
    wide(() => 1),
    wide((x) => (x < 16 ? 1 : 50)),
  ).data();
  expect(distance).toBeCloseTo(0, 6);
});
