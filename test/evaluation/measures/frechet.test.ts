import { Matrix } from 'ml-matrix';
import { expect, test } from 'vitest';
import {
  type FeatureRows,
  frechetDistance,
  frechetInterval,
  type Moments,
  momentsOf,
  rooted,
} from '../../../src/evaluation/measures/features/frechet.js';
import { normals } from '../../../src/random.js';

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
  expect(() => momentsOf({ values: Float32Array.of(1, 2), features: 2 })).toThrow(/wanted at least two/);
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
