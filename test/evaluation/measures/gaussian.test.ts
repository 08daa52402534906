import { expect, test } from 'vitest';
import { gaussianBlur, gaussianHalfKernel, separableFilter } from '../../../src/evaluation/measures/gaussian.js';
import { blurCurve, blurSigmaPx, largestSigmaPx } from '../../../src/evaluation/measures/sharpness/blur-calibration.js';
import { gradientEnergy, roundingGradientEnergy } from '../../../src/evaluation/measures/sharpness/sharpness.js';
import { planeOf } from '../pictures.js';

test('a kernel is as long as four sigmas, falls as exp(-d² / 2σ²), and its whole sums to one', () => {
  const kernel = gaussianHalfKernel(1.3);
  expect(kernel.length).toBe(1 + 6);
  for (const [distance, weight] of kernel.entries()) {
    expect(weight / kernel[0]!).toBeCloseTo(Math.exp(-(distance ** 2) / (2 * 1.3 ** 2)), 12);
  }
  expect(kernel.reduce((sum, weight) => sum + 2 * weight, -kernel[0]!)).toBeCloseTo(1, 12);
  expect(gaussianHalfKernel(1.5, 5).length).toBe(6);
});

test('rows and columns are filtered with borders mirrored, as often as the kernel reaches over them', () => {
  const [width, height] = [3, 2];
  const plane = planeOf(width, height, (column, row) => 10 ** column * (1 + 4 * row));
  const half = Float64Array.of(0.3, 0.2, 0.1, 0.07, 0.05, 0.04, 0.02, 0.01);
  /** c b a | a b c | c b a … by walking, turning round at each end. */
  const mirrored = (length: number, from: number, distance: number) => {
    let [at, direction] = [from, Math.sign(distance)];
    for (let step = 0; step < Math.abs(distance); step++) {
      const next = at + direction;
      if (next < 0 || next >= length) direction = -direction;
      else at = next;
    }
    return at;
  };
  const wanted = planeOf(width, height, (column, row) => {
    let sum = 0;
    for (let x = -7; x <= 7; x++) {
      for (let y = -7; y <= 7; y++) {
        const weight = half[Math.abs(x)]! * half[Math.abs(y)]!;
        sum += weight * plane.values[mirrored(height, row, y) * width + mirrored(width, column, x)]!;
      }
    }
    return sum;
  });
  const filtered = separableFilter(plane, half);
  expect([filtered.width, filtered.height]).toEqual([width, height]);
  for (const [at, value] of wanted.values.entries()) expect(filtered.values[at]).toBeCloseTo(value, 9);
  expect(gaussianBlur(plane, 0)).toEqual(plane);
  expect(gaussianBlur(plane, 0.7)).toEqual(separableFilter(plane, gaussianHalfKernel(0.7)));
  expect(gaussianBlur(plane, 0.7)).not.toEqual(plane);
});

test('a curve of blurs starts at none and at 0.25 px, each 12 % stronger than the last, and ends at 8 px', () => {
  const { sigmaPx, gradientEnergy: energy } = blurCurve(planeOf(16, 16, (column) => column));
  expect([sigmaPx[0], sigmaPx[1], sigmaPx.at(-1), largestSigmaPx]).toEqual([0, 0.25, 8, 8]);
  const between = sigmaPx.slice(1, -1);
  for (const [at, sigma] of between.entries()) expect(sigma).toBeCloseTo(0.25 * 1.12 ** at, 12);
  expect(between.at(-1)! * 1.12).toBeGreaterThanOrEqual(8);
  expect(energy.length).toBe(sigmaPx.length);
});

test.each([
  { side: [20, 17], border: 4 },
  { side: [20, 11], border: 2 },
  { side: [3, 20], border: 0 },
])('of $side px a border of $border px plays no part', ({ side: [width, height], border }) => {
  const random = (column: number, row: number) => (column * 37 + row * 101 + column * row * 13) % 29;
  const inner = planeOf(width! - 2 * border, height! - 2 * border, (column, row) => random(column, row));
  const framed = planeOf(width!, height!, (column, row) => {
    const inside = Math.min(column, row) >= border && column < width! - border && row < height! - border;
    return inside ? random(column - border, row - border) : 1000 * ((column + row) % 2);
  });
  expect(blurCurve(framed).gradientEnergy[0]).toBeCloseTo(gradientEnergy(inner), 9);
});

test('between two blurs sigma follows the logarithm of the energy, without what rounding adds', () => {
  const curve = { sigmaPx: [0, 1, 3], gradientEnergy: [100, 10, 1] };
  /** A slope, whose gradient energy is the square of its height. */
  const found = (energy: number) =>
    blurSigmaPx(
      curve,
      planeOf(12, 12, (column) => Math.sqrt(energy) * column),
    );
  expect(found(10 ** 1.5 + roundingGradientEnergy)).toBeCloseTo(0.5, 9);
  expect(found(10 ** 0.25 + roundingGradientEnergy)).toBeCloseTo(1 + 2 * 0.75, 9);
  expect(found(100.0001)).toBe(0);
  expect(found(99.99)).toBeGreaterThan(0);
  expect(found(1 + roundingGradientEnergy + 1e-12)).toBeCloseTo(3, 9);
  expect(found(0.9 + roundingGradientEnergy)).toBeCloseTo(largestSigmaPx, 12);
});
