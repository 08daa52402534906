import { expect, test } from 'vitest';
import { bootstrapInterval, defaultConfidence, quantile } from '../../../src/evaluation/measures/bootstrap.js';
import { randomStream } from '../../../src/random.js';

test('the interval of many normal values has the width the central limit theorem gives', () => {
  const random = randomStream('width');
  const values = Array.from({ length: 400 }, () => 5 + 2 * random.normal());
  const { mean, low, high, count } = bootstrapInterval(values, { resamples: 4000, confidence: 0.9, seed: 1 });
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count);
  expect((high - low) / (2 * 1.6449 * (deviation / Math.sqrt(count)))).toBeCloseTo(1, 1);
  expect(mean).toBeCloseTo(values.reduce((sum, value) => sum + value, 0) / 400, 12);
});

test('the interval is a function of values and seed, and collapses where nothing varies', () => {
  const options = { resamples: 200, confidence: 0.95, seed: 7 };
  expect(bootstrapInterval([1, 2, 3, 9], options)).toEqual(bootstrapInterval([1, 2, 3, 9], options));
  expect(bootstrapInterval([1, 2, 3, 9], options)).not.toEqual(
    bootstrapInterval([1, 2, 3, 9], { ...options, seed: 8 }),
  );
  expect(bootstrapInterval([4, 4, 4], options)).toEqual({ mean: 4, low: 4, high: 4, count: 3 });
  expect(bootstrapInterval([4, 4], { ...options, resamples: 1 })).toEqual({ mean: 4, low: 4, high: 4, count: 2 });
  const nothing = { mean: Number.NaN, low: Number.NaN, high: Number.NaN, count: 0 };
  expect(bootstrapInterval([], options)).toEqual(nothing);
  expect(defaultConfidence).toBe(0.95);
});

test('quantiles lie between the nearest values, as in type 7 of Hyndman and Fan', () => {
  const of = (probability: number) => quantile(Float64Array.of(1, 2, 4), probability);
  expect([0, 0.25, 0.5, 0.75, 1].map(of)).toEqual([1, 1.5, 2, 3, 4]);
});

test('about 95 of 100 intervals of 95 % hold the true mean of an exponential distribution', () => {
  const random = randomStream('coverage');
  const trials = 600;
  let covered = 0;
  for (let trial = 0; trial < trials; trial++) {
    const values = Array.from({ length: 80 }, () => -Math.log(1 - random.uniform()));
    const { low, high } = bootstrapInterval(values, { resamples: 400, confidence: 0.95, seed: trial });
    if (low <= 1 && 1 <= high) covered++;
  }
  // The percentile interval covers this skewed mean about 93.5 % of the time; the limits are four standard errors away.
  expect(covered / trials).toBeGreaterThan(0.895);
  expect(covered / trials).toBeLessThan(0.975);
});
