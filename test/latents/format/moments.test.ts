import { expect, test } from 'vitest';
import {
  add,
  type Dyadic,
  dyadicOf,
  formatDyadic,
  multiply,
  negative,
  parseDyadic,
  quotient,
} from '../../../src/latents/format/moments/dyadic.js';
import { createFloatSums } from '../../../src/latents/format/moments/float-sums.js';
import {
  gatherMoments,
  isExact,
  type LatentMoments,
  mergeMoments,
  overallMoments,
  parseMoments,
  statisticsOf,
  statisticsSchema,
  storedMoments,
  storedMomentsSchema,
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
  expect(dyadicOf(2 ** -1074)).toEqual({ mantissa: 1n, exponent: -1074 });
  expect(dyadicOf(2 ** -1022)).toEqual({ mantissa: 2n ** 52n, exponent: -1074 });
  expect(dyadicOf(-(2 ** -1021))).toEqual({ mantissa: -(2n ** 52n), exponent: -1073 });
  const long = 0x123456789abcdef01234567896n;
  expect(formatDyadic({ mantissa: long << 9n, exponent: -3 })).toBe('0x91a2b3c4d5e6f78091a2b3c4bp7');
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

test('each channel has moments of its own, over images and positions', () => {
  const gathered = gatherMoments(2);
  // [N, Z, h w] of one image and of two.
  gathered.add(2, Float32Array.of(1, 2, 10, 30), Float32Array.of(0, 0, 1, 1));
  gathered.add(2, Float32Array.of(-3, 4, 20, 20, 5, 0, 50, -10), new Float32Array(8));
  const moments = gathered.moments();
  expect(moments).toMatchObject({ values: 6, min: [-3, -10], max: [5, 50] });
  const { mean, std, posteriorStd, min, max } = statisticsOf(moments);
  expect(mean).toEqual([9 / 6, 120 / 6]);
  expect(std[0]).toBeCloseTo(Math.sqrt(55 / 6 - 1.5 ** 2), 14);
  expect(std[1]).toBeCloseTo(Math.sqrt((100 + 900 + 400 + 400 + 2500 + 100) / 6 - 20 ** 2), 12);
  expect(posteriorStd[0]).toBe(1);
  expect(posteriorStd[1]).toBeCloseTo(Math.sqrt((2 * Math.E + 4) / 6), 6);
  expect([min, max]).toEqual([
    [-3, -10],
    [5, 50],
  ]);
});

test('moments of two sets are those of their union', () => {
  const [a, b] = [Float32Array.of(1, 5, 2), Float32Array.of(7, -4)];
  const of = (values: Float32Array) => momentsOf(1, values, values);
  const [whole, parts] = [of(Float32Array.of(...a, ...b)), mergeMoments(mergeMoments(undefined, of(a)), of(b))];
  expect(statisticsOf(parts)).toEqual(statisticsOf(whole));
  expect(storedMoments(parts)).toEqual(storedMoments(whole));
  expect(isExact(storedMoments(whole))).toBe(true);
  const rounded = { values: 4, mean: [2.5], squaredDeviations: [5], posteriorVariances: [4], min: [1], max: [4] };
  expect(isExact(rounded)).toBe(false);
});

test('a standard deviation of sums that were rounded is at least zero', () => {
  const stored = { values: 4, mean: [2.5], squaredDeviations: [-1e-9], posteriorVariances: [4], min: [1], max: [4] };
  expect(statisticsOf(parseMoments(stored)).std).toEqual([0]);
});

test('draws over all channels vary as the law of total variance says', () => {
  const statistics = { values: 9, mean: [1, 3], std: [2, 1], posteriorStd: [0.5, 1], min: [0, 0], max: [9, 9] };
  expect(overallMoments(statistics)).toEqual({ mean: 2, std: Math.sqrt((4 + 0.25 + 1 + (1 + 1 + 1)) / 2) });
});

test('sums and squares of floats are exact, of any part of an array, however often they are asked for', () => {
  const values = Float32Array.of(7, 3.4028234663852886e38, -1.5, 2 ** -149, -(2 ** -130), 0, -0, 2 ** 24 - 1, 9);
  const sums = createFloatSums(true);
  sums.add(values, 1, 4);
  expect(formatDyadic(sums.sum())).toBe(formatDyadic(sumOf([...values.subarray(1, 4)])));
  sums.add(values.subarray(4), 0, 4);
  const wanted = [...values.subarray(1, 8)];
  for (let time = 0; time < 2; time++) {
    expect(formatDyadic(sums.sum())).toBe(formatDyadic(sumOf(wanted)));
    expect(formatDyadic(sums.squares())).toBe(formatDyadic(sumOf(wanted, (value) => multiply(value, value))));
  }
  const opposites = createFloatSums(true);
  opposites.add(Float32Array.of(3 * 2 ** -149, -3 * 2 ** -149), 0, 2);
  expect(formatDyadic(opposites.squares())).toBe('0x9p-297');
  const alone = createFloatSums(false);
  alone.add(values, 0, 9);
  expect(formatDyadic(alone.sum())).toBe(formatDyadic(sumOf([...values])));
  for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const infinite = createFloatSums(false);
    infinite.add(Float32Array.of(value), 0, 1);
    expect(() => infinite.sum()).toThrow(/not finite/);
  }
});

const sumOf = (values: readonly number[], of = (value: Dyadic) => value): Dyadic =>
  values.reduce((sum, value) => add(sum, of(dyadicOf(value))), dyadicOf(0));

test('quotients of whole numbers are rounded as IEEE 754 divides', () => {
  for (let trial = 0; trial < 2000; trial++) {
    const above = (1 + stream.integer(2 ** stream.integer(31))) * 2 ** 22 + stream.integer(2 ** 22);
    const below = 1 + stream.integer(2 ** stream.integer(31));
    const sign = trial % 2 === 0 ? 1 : -1;
    expect(quotient({ mantissa: BigInt(sign * above), exponent: 0 }, BigInt(below))).toBe((sign * above) / below);
  }
  // Halfway between two doubles, and a little more: to the even one, and up.
  expect(quotient({ mantissa: 2n ** 53n + 1n, exponent: 0 }, 1n)).toBe(2 ** 53);
  expect(quotient({ mantissa: 2n ** 53n + 3n, exponent: 0 }, 1n)).toBe(2 ** 53 + 4);
  expect(quotient({ mantissa: 3n * 2n ** 200n * (2n ** 53n + 1n) + 1n, exponent: -200 }, 3n)).toBe(2 ** 53 + 2);
  expect(quotient({ mantissa: 0n, exponent: 99_999 }, 3n)).toBe(0);
});

test('quotients are doubles whatever the powers of two between', () => {
  for (const power of [3000, 1500, 1101, 901, 1]) {
    const mantissa = 5n << BigInt(power);
    expect(quotient({ mantissa, exponent: -power }, 1n)).toBe(5);
    expect(quotient(negative({ mantissa, exponent: -power - 900 }), 1n)).toBe(-5 * 2 ** -900);
    expect(quotient({ mantissa, exponent: 900 - power }, 1n)).toBe(5 * 2 ** 900);
  }
  expect(quotient({ mantissa: 3n, exponent: 1021 }, 1n)).toBe(3 * 2 ** 1021);
  expect(quotient({ mantissa: 3n, exponent: 1021 }, 3n << 2000n)).toBe(2 ** -979);
});

test('moments and statistics are of one channel and more', () => {
  const of = (channels: number) =>
    storedMoments(momentsOf(Math.max(1, channels), Float32Array.of(1, 2), new Float32Array(2)));
  for (const channels of [1, 2]) {
    expect(storedMomentsSchema.parse(of(channels))).toEqual(of(channels));
    const statistics = statisticsOf(parseMoments(of(channels)));
    expect(statisticsSchema.parse(statistics)).toEqual(statistics);
  }
  expect(storedMomentsSchema.safeParse({ ...of(1), sums: [] }).success).toBe(false);
  expect(storedMomentsSchema.safeParse({ ...of(1), min: [] }).success).toBe(false);
  expect(statisticsSchema.safeParse({ ...statisticsOf(parseMoments(of(1))), mean: [] }).success).toBe(false);
});
