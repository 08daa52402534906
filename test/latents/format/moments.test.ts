import { expect, test } from 'vitest';
import { add, dyadicOf, formatDyadic, parseDyadic, quotient } from '../../../src/latents/format/moments/dyadic.js';
import {
  gatherMoments,
  type LatentMoments,
  mergeMoments,
  parseMoments,
  statisticsOf,
  storedMoments,
} from '../../../src/latents/format/statistics.js';
import { randomStream } from '../../../src/random.js';

const stream = randomStream('moments');
/** Of all sizes that a float32 has, subnormals among them. */
const anyFloat = () => Math.fround((stream.uniform() - 0.5) * 2 ** (stream.integer(270) - 149));

function momentsOf(channels: number, mean: Float32Array, logvar: Float32Array): LatentMoments {
  const gathered = gatherMoments(channels);
  gathered.add(mean.length / channels, mean, logvar);
  return gathered.moments();
}

test('a sum is the nearest double to the true one, in any order and grouping', () => {
  const values = Float32Array.from({ length: 3000 }, anyFloat);
  const logvar = Float32Array.from(values, () => stream.uniform() * 40 - 30);
  const whole = statisticsOf(momentsOf(1, values, logvar));
  const order = [...values.keys()].sort(() => stream.uniform() - 0.5);
  const shuffled = [values, logvar].map((array) => Float32Array.from(order, (index) => array[index] as number));
  let merged: LatentMoments | undefined;
  for (let first = 0; first < values.length; first += 700) {
    const [mean, variance] = shuffled.map((array) => array.subarray(first, first + 700)) as [
      Float32Array,
      Float32Array,
    ];
    const stored = storedMoments(momentsOf(1, mean, variance));
    merged = mergeMoments(merged, parseMoments(JSON.parse(JSON.stringify(stored))));
  }
  expect(statisticsOf(merged as LatentMoments)).toEqual(whole);
  // The true sum, as whole numbers of the smallest float32.
  const units = values.reduce((sum, value) => sum + BigInt(value * 2 ** 149), 0n);
  expect(whole.mean[0]).toBe(quotient({ mantissa: units, exponent: -149 }, 3000n));
});

test('a variance keeps its digits where sums of squares in doubles lose all of them', () => {
  const values = Float32Array.from({ length: 1000 }, (_, index) => 2 ** 23 + (index % 2));
  const { mean, std, posteriorStd } = statisticsOf(momentsOf(1, values, new Float32Array(1000).fill(Math.log(4))));
  expect(mean).toEqual([2 ** 23 + 0.5]);
  expect(std).toEqual([0.5]);
  expect(posteriorStd[0]).toBeCloseTo(2, 6);
});

test('doubles survive as dyadic numbers, and their text is what Python reads', () => {
  for (const value of [0, 1, -1.5, 0.1, 2 ** -1074, -(2 ** 1023), Math.PI * 1e-300, 3e300]) {
    const exact = dyadicOf(value);
    expect(parseDyadic(formatDyadic(exact))).toEqual(parseDyadic(formatDyadic(add(exact, dyadicOf(0)))));
    if (Math.abs(value) > 1e-290) expect(quotient(parseDyadic(formatDyadic(exact)), 1n)).toBe(value);
  }
  expect(formatDyadic(dyadicOf(-0.75))).toBe('-0x3p-2');
  expect(quotient(dyadicOf(1), 3n)).toBe(1 / 3);
  expect(quotient(dyadicOf(-2), 7n)).toBe(-2 / 7);
});

test('rounded moments of stores begun by earlier versions make the same statistics', () => {
  const stored = { values: 4, mean: [2.5], squaredDeviations: [5], posteriorVariances: [4], min: [1], max: [4] };
  expect(statisticsOf(parseMoments(stored))).toEqual({
    ...{ values: 4, mean: [2.5], std: [Math.sqrt(1.25)], posteriorStd: [1], min: [1], max: [4] },
  });
});

test('a value that is not finite is refused', () => {
  expect(() => momentsOf(1, Float32Array.of(1, Number.NaN), new Float32Array(2))).toThrow(/not finite/);
});
