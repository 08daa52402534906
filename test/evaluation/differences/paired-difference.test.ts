import { describe, expect, test } from 'vitest';
import { crossedInterval, pairedDifference } from '../../../src/evaluation/differences/paired-difference.js';
import { randomStream } from '../../../src/random.js';

const bootstrap = { resamples: 4000, confidence: 0.95, seed: 1 };

function draws(count: number, mean: number, deviation: number, ...key: (string | number)[]): number[] {
  const random = randomStream(...key);
  return Array.from({ length: count }, () => mean + deviation * random.normal());
}

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

describe('the interval', () => {
  test('with one seed is that of a mean: 1.96 deviations over the root of the count each way', () => {
    const values = draws(400, 3, 2, 'one seed');
    const { mean, low, high, count, seeds } = crossedInterval([values], bootstrap);
    const half = (1.96 * deviationOf(values)) / Math.sqrt(400);
    expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 400, 10);
    expect((high - low) / 2 / half).toBeCloseTo(1, 1);
    expect([count, seeds]).toEqual([400, 1]);
  });

  test('of seeds alone ends at the least and the greatest: a draw of one seed three times has probability 1/27', () => {
    const constant = (value: number) => new Array<number>(50).fill(value);
    const { mean, low, high } = crossedInterval([constant(1), constant(2), constant(6)], bootstrap);
    expect(mean).toBeCloseTo(3, 12);
    expect([low, high]).toEqual([1, 6]);
  });

  test('of images and seeds has the variance of both: that of images over N plus that of seeds over S', () => {
    const offsets = draws(12, 0, 0.5, 'offsets');
    const images = draws(300, 1, 2, 'images');
    const { low, high } = crossedInterval(
      offsets.map((offset) => images.map((value) => value + offset)),
      bootstrap,
    );
    const deviation = Math.hypot(deviationOf(images) / Math.sqrt(300), deviationOf(offsets) / Math.sqrt(12));
    expect((high - low) / 2 / (1.96 * deviation)).toBeCloseTo(1, 1);
  });

  test('leaves out images that have no figure with any seed', () => {
    const { mean, count } = crossedInterval(
      [
        [1, Number.NaN, 5, 7],
        [3, 4, Number.POSITIVE_INFINITY, 9],
      ],
      bootstrap,
    );
    expect([mean, count]).toEqual([5, 2]);
    expect(crossedInterval([[Number.NaN]], bootstrap)).toMatchObject({ mean: Number.NaN, count: 0 });
  });
});

test('a paired difference is blind to what image and seed have in common', () => {
  const images = draws(200, 20, 5, 'image');
  const parent = [0, 0.7, -0.4].map((offset, seed) =>
    images.map((value, image) => value + offset + draws(200, 0, 0.1, 'p', seed)[image]!),
  );
  const child = [0, 0.7, -0.4].map((offset) => images.map((value) => value + offset + 0.3));
  const paired = pairedDifference(child, parent, bootstrap);
  expect(paired.mean).toBeCloseTo(0.3, 1);
  expect(paired.low).toBeGreaterThan(0.25);
  expect(paired.high).toBeLessThan(0.35);
  // Unpaired, the spread of the images alone hides it.
  expect(crossedInterval(child, bootstrap).low).toBeLessThan(crossedInterval(parent, bootstrap).high);
});

test('only seeds that both have are used', () => {
  const { mean, seeds } = pairedDifference(
    [[5, 6]],
    [
      [1, 2],
      [100, 100],
    ],
    bootstrap,
  );
  expect([mean, seeds]).toEqual([4, 1]);
});
