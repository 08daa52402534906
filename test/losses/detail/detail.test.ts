import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { detailDistances, gridWeights, smallestForDetail } from '../../../src/losses/detail/detail.js';
import { coherentErrors } from '../../../src/losses/detail/grid.js';
import { normals } from '../../../src/random.js';
import { useDefaultEngine } from '../../golden.js';

beforeAll(useDefaultEngine);

/** Columns repeated across, rows alike: [1, side, side, 1]. */
const columns = (period: readonly number[], side: number) =>
  tf.tensor4d(
    Float32Array.from({ length: side * side }, (_, at) => period[(at % side) % period.length] as number),
    [1, side, side, 1],
  );
/** The finest stripes there are: only the filter of lines, across, answers them, with the amplitude. */
const stripes = (amplitude: number, side: number) => columns([amplitude, -amplitude], side);
/** Of stripes, alike in every window and at every phase, to others; half the size has neither. */
const betweenStripes = (a: number, b: number) =>
  (1 + gridWeights.strengths) * (strength(a) - strength(b)) ** 2 + gridWeights.coherentErrors * (a - b) ** 2;
/** The strength of detail of root mean square `rms`, as it is kept from zero. */
const strength = (rms: number) => Math.sqrt(rms ** 2 + 4e-6);

it('is the squared difference of the strengths of stripes, which vanish at half the size', async () => {
  const distance = await detailDistances(stripes(0.5, 32), stripes(0.2, 32)).data();
  expect(distance[0]).toBeCloseTo(betweenStripes(0.5, 0.2), 5);
});

it('parts stripes of four pixels among the filters, and finds stripes of two at half the size', async () => {
  const distance = await detailDistances(columns([0.5, 0, -0.5, 0], 32), stripes(0, 32)).data();
  const lost = (rms: number) => (strength(rms) - strength(0)) ** 2;
  // Edges answer with a/√2 and lines with a/2, each at every other column; then the means of two are ±a/2.
  const byWindow = lost(0.5 / 2) + lost(0.5 / Math.sqrt(8)) + lost(0.25);
  const byPhase = lost(0.5 / Math.SQRT2) / 2 + lost(0.25) / 2 + lost(0.25);
  // Of columns, every other has all the energy: twice the mean and nothing, where an image without detail is even.
  const uneven = (energy: number) => (energy / 2 / (energy / 2 + 4e-6)) ** 2;
  const grid =
    gridWeights.strengths * byPhase +
    gridWeights.unevenness * (uneven(0.5 ** 2 / 2) + uneven(0.25 ** 2)) +
    gridWeights.coherentErrors * (0.5 ** 2 / 2);
  expect(distance[0]).toBeCloseTo(byWindow + grid, 5);
});

it('does not take a grid of pixels for the detail that is missing', async () => {
  const wanted = columns([0.5, 0, -0.5, 0], 32);
  // As much difference between neighbours, all of it at the finest frequency.
  const grid = await detailDistances(wanted, stripes(0.25, 32)).data();
  const nothing = await detailDistances(wanted, stripes(0, 32)).data();
  expect(grid[0]).toBeGreaterThan(0.8 * (nothing[0] as number));
});

it('tells a grid from detail that is as strong and lies evenly', async () => {
  const noise = normals(64 * 64, 'noise').map((value) => 0.2 * value);
  // Noise on every other row and column alone, twice as strong.
  const grid = noise.map((value, at) => ((at >> 6) % 2 === 0 && at % 2 === 0 ? 2 * value : 0));
  const other = normals(64 * 64, 'other').map((value) => 0.2 * value);
  const images = (values: ArrayLike<number>) => tf.tensor4d(Float32Array.from(values), [1, 64, 64, 1]);
  const [even] = await detailDistances(images(noise), images(other)).data();
  const [uneven] = await detailDistances(images(noise), images(grid)).data();
  expect(uneven as number).toBeGreaterThan(4 * (even as number));
});

it('asks nothing of where in a window detail lies, nor of its sign, but that errors have nothing in common', async () => {
  const values = Float32Array.from(normals(32 * 32, 'noise'), (value) => 0.2 * value);
  const [noise, turned] = [values, values.map((value) => -value)].map((of) => tf.tensor4d(of, [1, 32, 32, 1]));
  const distance = await detailDistances(noise!, turned!).data();
  const common = await coherentErrors(noise!, turned!).data();
  expect(distance[0]).toBeCloseTo(gridWeights.coherentErrors * common[0]!, 6);
});

it('looks at the luminance alone, but for what errors have in common', async () => {
  const colours = [0.3, -0.3 * (0.299 / 0.587), 0].map((amplitude) => stripes(amplitude, 32));
  const [red, green, blue] = colours as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
  const coloured = tf.concat([red, green, blue], 3) as tf.Tensor4D;
  const [distance] = await detailDistances(coloured, tf.zerosLike(coloured)).data();
  const common = (0.3 ** 2 + (0.3 * (0.299 / 0.587)) ** 2) / 3;
  expect(distance).toBeCloseTo(gridWeights.coherentErrors * common, 5);
});

it('tells every image of a batch for itself', async () => {
  const images = tf.concat([stripes(0.5, 32), stripes(0.3, 32)]) as tf.Tensor4D;
  const restored = tf.concat([stripes(0.5, 32), stripes(0.1, 32)]) as tf.Tensor4D;
  const [first, second] = await detailDistances(images, restored).data();
  expect(first).toBeCloseTo(0, 9);
  expect(second).toBeCloseTo(betweenStripes(0.3, 0.1), 5);
});

it('has the gradient of its central differences', async () => {
  const shape = [1, 20, 20, 3] as const;
  const length = 1200;
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
  for (const index of [0, 123, 421, 1198]) {
    const step = 0.05;
    const slope = ((await at(index, step)) - (await at(index, -step))) / (2 * step);
    expect(Math.abs(slope - (gradient[index] as number))).toBeLessThan(2e-5 + 0.03 * Math.abs(slope));
  }
});

/** Of images that are alike in all rows, by one of them: windows of 8 columns every 4, phases of 8, twice, in plain numbers. */
function distanceOfRows(a: readonly number[], b: readonly number[]): number {
  const meanOf = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const strengths = (row: readonly number[]) =>
    [
      row.slice(2).map((after, at) => (Math.SQRT2 / 4) * (after - row[at]!)),
      row.slice(2).map((after, at) => (2 * row[at + 1]! - row[at]! - after) / 4),
    ].map((band) => {
      const squares = band.map((value) => value ** 2);
      const windows = [];
      for (let from = 0; from + 8 <= squares.length; from += 4)
        windows.push(strength(Math.sqrt(meanOf(squares.slice(from, from + 8)))));
      const whole = squares.slice(0, squares.length - (squares.length % 8));
      const phases = Array.from({ length: 8 }, (_, phase) =>
        strength(Math.sqrt(meanOf(whole.filter((_, at) => at % 8 === phase)))),
      );
      const floored = Array.from({ length: 8 }, (_, phase) => meanOf(whole.filter((_, at) => at % 8 === phase)) + 4e-6);
      return { windows, phases, shares: floored.map((energy) => energy / meanOf(floored)) };
    });
  const apart = (x: readonly number[], y: readonly number[]) => meanOf(x.map((value, at) => (value - y[at]!) ** 2));
  const level = (x: readonly number[], y: readonly number[]) => {
    const [of, other] = [strengths(x), strengths(y)];
    return of.reduce(
      (sum, { windows, phases, shares }, band) =>
        sum +
        apart(windows, other[band]!.windows) +
        32 * apart(phases, other[band]!.phases) +
        0.25 * apart(shares, other[band]!.shares),
      0,
    );
  };
  const half = (row: readonly number[]) =>
    row.filter((_, at) => at % 2 === 0).map((value, at) => (value + row[2 * at + 1]!) / 2);
  const errors = Array.from({ length: 8 }, (_, phase) =>
    meanOf(a.map((value, at) => b[at]! - value).filter((_, at) => at % 8 === phase)),
  );
  const common = meanOf(errors.map((error) => (error - meanOf(errors)) ** 2));
  return level(a, b) + level(half(a), half(b)) + 64 * common;
}

it('has the value of its definition, across and down', async () => {
  const [a, b] = ['one row', 'another'].map((name) => [...normals(40, name)].map((value) => 0.3 * value)) as [
    number[],
    number[],
  ];
  const images = (row: readonly number[]) => columns(row, 40);
  const wanted = distanceOfRows(a, b);
  const [across] = await detailDistances(images(a), images(b)).data();
  const turned = (row: readonly number[]) => tf.transpose(images(row), [0, 2, 1, 3]);
  const [down] = await detailDistances(turned(a), turned(b)).data();
  expect(Math.abs((across as number) - wanted)).toBeLessThan(1e-4 * wanted);
  expect(Math.abs((down as number) - wanted)).toBeLessThan(1e-4 * wanted);
});

it('is had of images of 20 px, whose half lacks two px at its borders and has one window', async () => {
  expect(smallestForDetail).toBe(20);
  const distance = await detailDistances(stripes(0.5, smallestForDetail), stripes(0.2, smallestForDetail)).data();
  expect(distance[0]).toBeCloseTo(betweenStripes(0.5, 0.2), 5);
});
