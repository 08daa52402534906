import { Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import {
  type FeatureRows,
  frechetDistance,
  type Moments,
  momentsOf,
  rooted,
} from '../../../src/evaluation/measures/features/frechet.js';
import {
  featureSet,
  frechetInterval,
  frechetIntervalOfSets,
  influencesOf,
} from '../../../src/evaluation/measures/features/frechet-interval.js';
import { normals, randomStream } from '../../../src/random.js';

const gaussian = (mean: number[], covariance: number[][]) => ({
  mean: Float64Array.from(mean),
  covariance: new Matrix(covariance),
});
const distance = (a: Moments, b: Moments) => frechetDistance(rooted(a), b);

/** Draws of N(mean, sigma² I) in three dimensions. */
const draws = (count: number, mean: number, sigma: number, seed: number): FeatureRows => ({
  values: normals(3 * count, 'frechet test', seed).map((value) => mean + sigma * value),
  features: 3,
});

test('of Gaussians in one dimension it is (m₁ - m₂)² + (σ₁ - σ₂)²', () => {
  expect(distance(gaussian([1], [[4]]), gaussian([-2], [[0.25]]))).toBeCloseTo(9 + 1.5 ** 2, 12);
});

test('of Gaussians whose covariances commute it is the sum over their common axes', () => {
  const [cosine, sine] = [Math.cos(0.7), Math.sin(0.7)];
  const turn = new Matrix([
    [cosine, -sine],
    [sine, cosine],
  ]);
  const turned = (a: number, b: number) =>
    turn
      .mmul(Matrix.diag([a ** 2, b ** 2]))
      .mmul(turn.transpose())
      .to2DArray();
  const [first, second] = [gaussian([0, 3], turned(2, 0.5)), gaussian([1, 3], turned(0.1, 4))];
  expect(distance(first, second)).toBeCloseTo(1 + 1.9 ** 2 + 3.5 ** 2, 10);
});

test('of Gaussians whose covariances do not commute it is what the two eigenvalues of their product say', () => {
  const [a, b] = [
    [
      [2, 0.6],
      [0.6, 1],
    ],
    [
      [1, -0.4],
      [-0.4, 3],
    ],
  ] as const;
  const product = new Matrix(a.map((row) => [...row])).mmul(new Matrix(b.map((row) => [...row])));
  const [trace, determinant] = [product.trace(), (2 - 0.36) * (3 - 0.16)];
  // (√λ₁ + √λ₂)² = λ₁ + λ₂ + 2 √(λ₁ λ₂).
  const roots = Math.sqrt(trace + 2 * Math.sqrt(determinant));
  const [first, second] = [a, b].map((rows) =>
    gaussian(
      [0, 0],
      rows.map((row) => [...row]),
    ),
  );
  expect(distance(first!, second!)).toBeCloseTo(3 + 4 - 2 * roots, 12);
  expect(distance(second!, first!)).toBeCloseTo(3 + 4 - 2 * roots, 12);
});

test('it is zero for equal sets, also when they have fewer rows than features', () => {
  const few = { values: normals(5 * 9, 'few'), features: 9 };
  expect(distance(momentsOf(few), momentsOf(few))).toBeLessThan(1e-10);
});

test('momentsOf gives the mean and the unbiased covariance', () => {
  const { mean, covariance } = momentsOf({ values: Float32Array.of(1, 10, 2, 14, 6, 12), features: 2 });
  expect([...mean]).toEqual([3, 12]);
  expect(covariance.to2DArray()).toEqual([
    [7, 1],
    [1, 4],
  ]);
  expect(momentsOf({ values: Float32Array.of(1, 10, 2, 14), features: 2 }).covariance.to2DArray()).toEqual([
    [0.5, 2],
    [2, 8],
  ]);
  expect(() => momentsOf({ values: Float32Array.of(1, 2), features: 2 })).toThrow(/wanted at least two/);
});

test('the root of a covariance is inverted where there is more than rounding', () => {
  const rootsOf = (...variances: number[]) => {
    const { root, inverseRoot } = rooted(gaussian(Array(variances.length).fill(0), Matrix.diag(variances).to2DArray()));
    return [root.diag(), inverseRoot.diag()];
  };
  const [roots, inverses] = rootsOf(4, 0.25, 6e-10, 2e-10, 0);
  expect(roots).toEqual([2, 0.5, Math.sqrt(6e-10), Math.sqrt(2e-10), 0]);
  expect(inverses).toEqual([0.5, 2, 1 / Math.sqrt(6e-10), 0, 0]);
  expect(rootsOf(0, 0)[1]).toEqual([0, 0]);
});

test('the interval of draws holds the true distance of their Gaussians', () => {
  const { mean, low, high, count } = frechetInterval(draws(400, 0, 1, 1), draws(400, 0.5, 1.5, 2), {
    confidence: 0.95,
    seed: 4,
  });
  const truth = 3 * (0.5 ** 2 + 0.5 ** 2);
  expect(count).toBe(400);
  expect(low).toBeLessThan(mean);
  expect(mean).toBeLessThan(high);
  expect(low).toBeLessThan(truth);
  expect(high).toBeGreaterThan(truth);
  expect(high - low).toBeLessThan(0.8);
});

/** N(mean, sigma_k^2) in each of five dimensions, turned into each other. */
const turnedDraws = (count: number, mean: number, seed: number): FeatureRows => {
  const values = Matrix.from1DArray(count, 5, normals(5 * count, 'turned', seed));
  const mixed = values.mmul(Matrix.from1DArray(5, 5, normals(25, 'mixing', seed)));
  return { values: Float64Array.from(mixed.to1DArray(), (value) => value + mean), features: 5 };
};

test('in one dimension an image has the influence 2 (m₁ - m₂) x + (1 - σ₂/σ₁) (x² - σ₁²)', () => {
  const sets = [1, 2].map((seed) => featureSet({ values: normals(50, 'line', seed), features: 1 }));
  const [first, second] = sets as [(typeof sets)[0], (typeof sets)[0]];
  const [sigma1, sigma2] = [first, second].map(({ covariance }) => Math.sqrt(covariance.get(0, 0))) as [number, number];
  const squares = [...first.values].map((value) => (value - first.mean[0]!) ** 2);
  const meanSquare = squares.reduce((sum, value) => sum + value, 0) / 50;
  const influences = influencesOf(first, second);
  for (const [image, value] of first.values.entries()) {
    const linear = 2 * (first.mean[0]! - second.mean[0]!) * (value - first.mean[0]!);
    expect(influences[image]).toBeCloseTo(linear + (1 - sigma2 / sigma1) * (squares[image]! - meanSquare), 10);
  }
});

test('an image has the influence that a little more of it has on the distance', () => {
  const [first, second] = [featureSet(turnedDraws(40, 0, 1)), featureSet(turnedDraws(60, 0.4, 2))];
  const influences = influencesOf(first, second);
  const share = 1e-5;
  const changes = Array.from({ length: 40 }, (_, image) => {
    const row = [...first.values.subarray(5 * image, 5 * image + 5)].map((value, at) => value - first.mean[at]!);
    const x = Matrix.columnVector(row);
    const heavier = {
      mean: first.mean.map((value, at) => value + share * row[at]!),
      covariance: Matrix.mul(first.covariance, 1 - share).add(x.mmul(x.transpose()).mul(share * (1 - share))),
    };
    return (distance(heavier, second) - distance(first, second)) / share;
  });
  const mean = changes.reduce((sum, value) => sum + value, 0) / 40;
  for (const [image, change] of changes.entries()) expect(influences[image]).toBeCloseTo(change - mean, 2);
});

const rowsAt = ({ values, features }: FeatureRows, chosen: readonly number[]): FeatureRows => ({
  values: Float64Array.from(chosen.flatMap((row) => [...values.subarray(row * features, row * features + features)])),
  features,
});

/** Of 95 in a hundred of the distances that sets drawn anew have. */
function widthAnew(draw: () => readonly [FeatureRows, FeatureRows]): number {
  const distances = Array.from({ length: 200 }, () => {
    const [first, second] = draw();
    return distance(momentsOf(first), momentsOf(second));
  });
  distances.sort((a, b) => a - b);
  return distances[195]! - distances[5]!;
}

test('intervals are as wide as those of whole distances of sets drawn anew', () => {
  const [first, second] = [turnedDraws(200, 0, 3), turnedDraws(120, 0.5, 4)];
  const random = randomStream('resamples');
  const anew = (count: number) => Array.from({ length: count }, () => random.integer(count));
  const width = widthAnew(() => [rowsAt(first, anew(200)), rowsAt(second, anew(120))]);
  const interval = frechetIntervalOfSets(featureSet(first), featureSet(second), { confidence: 0.95, seed: 0 });
  expect(interval.mean).toBeCloseTo(distance(momentsOf(first), momentsOf(second)), 10);
  expect((interval.high - interval.low) / width).toBeGreaterThan(0.85);
  expect((interval.high - interval.low) / width).toBeLessThan(1.15);
});

test('so are those of pairs, which stay together', () => {
  const first = turnedDraws(200, 0, 3);
  const noise = normals(200 * 5, 'noise');
  // What is added varies little, and so do the distances; of sets that are drawn apart they would vary much.
  const second = { values: first.values.map((value, at) => 1.5 * value + 1 + 0.3 * noise[at]!), features: 5 };
  const random = randomStream('resamples');
  const width = widthAnew(() => {
    const chosen = Array.from({ length: 200 }, () => random.integer(200));
    return [rowsAt(first, chosen), rowsAt(second, chosen)];
  });
  const { mean, low, high, count } = frechetInterval(first, second, { confidence: 0.95, seed: 0 });
  expect(mean).toBeCloseTo(distance(momentsOf(first), momentsOf(second)), 10);
  expect(count).toBe(200);
  expect((high - low) / width).toBeGreaterThan(0.85);
  expect((high - low) / width).toBeLessThan(1.15);
  const apart = frechetIntervalOfSets(featureSet(first), featureSet(second), { confidence: 0.95, seed: 0 });
  expect(apart.high - apart.low).toBeGreaterThan(1.5 * (high - low));
});

test('no interval begins below zero, which no distance is', () => {
  const line = (mean: number, seed: number): FeatureRows => {
    return { values: normals(100, 'near', seed).map((value) => value + mean), features: 1 };
  };
  const { mean, low, high } = frechetIntervalOfSets(featureSet(line(0, 1)), featureSet(line(0.2, 2)), {
    confidence: 0.95,
    seed: 0,
  });
  expect(low).toBe(0);
  expect(mean).toBeGreaterThan(0);
  expect(high).toBeGreaterThan(2 * mean);
});

test('sets of fewer images than features have intervals', () => {
  const [first, second] = [1, 2].map((seed) => featureSet({ values: normals(6 * 20, 'few', seed), features: 20 }));
  const { mean, low, high } = frechetIntervalOfSets(first!, second!, { confidence: 0.95, seed: 0 });
  expect(mean).toBeGreaterThan(low);
  expect(high).toBeGreaterThan(mean);
  expect(high).toBeLessThan(2 * mean);
});
