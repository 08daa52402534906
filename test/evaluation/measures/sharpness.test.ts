import { expect, test } from 'vitest';
import { channelPlane, lumaPlane, lumaRoundingVariance } from '../../../src/evaluation/measures/pixel-image.js';
import {
  detailRatio,
  gradientEnergy,
  laplacianVariance,
  roundingGradientEnergy,
  roundingLaplacianVariance,
} from '../../../src/evaluation/measures/sharpness/sharpness.js';
import { randomStream } from '../../../src/random.js';
import { planeOf } from '../pictures.js';

test('a checkerboard of height v has gradient energy 2 v² and a Laplacian of ±4 v, variance 16 v²', () => {
  const board = planeOf(16, 12, (column, row) => 7 * ((column + row) % 2));
  expect(gradientEnergy(board)).toBeCloseTo(2 * 49, 10);
  expect(laplacianVariance(board)).toBeCloseTo(16 * 49, 10);
});

test('a slope has its gradient and no Laplacian, a parabola a constant Laplacian, a flat picture neither', () => {
  const slope = planeOf(20, 10, (column, row) => 3 * column - 2 * row);
  expect(gradientEnergy(slope)).toBeCloseTo(9 + 4, 10);
  expect(laplacianVariance(slope)).toBeCloseTo(0, 8);
  expect(laplacianVariance(planeOf(20, 10, (column, row) => column ** 2 + row ** 2))).toBeCloseTo(0, 8);
  expect(gradientEnergy(planeOf(5, 5, () => 80))).toBe(0);
});

test('a wave loses the gradient energy and Laplacian variance its frequency says', () => {
  const [amplitude, cyclesPerPx] = [40, 1 / 10];
  const wave = planeOf(402, 42, (column) => amplitude * Math.sin(2 * Math.PI * cyclesPerPx * column));
  const squaredGain = 4 * Math.sin(Math.PI * cyclesPerPx) ** 2;
  expect(gradientEnergy(wave) / ((amplitude ** 2 / 2) * squaredGain)).toBeCloseTo(1, 2);
  expect(laplacianVariance(wave) / ((amplitude ** 2 / 2) * squaredGain ** 2)).toBeCloseTo(1, 6);
});

test('white noise of the variance rounding adds has the energies named after rounding', () => {
  const random = randomStream('rounding');
  const noise = planeOf(400, 400, () => Math.sqrt(lumaRoundingVariance) * random.normal());
  expect(gradientEnergy(noise) / roundingGradientEnergy).toBeCloseTo(1, 1);
  expect(laplacianVariance(noise) / roundingLaplacianVariance).toBeCloseTo(1, 1);
});

test('a ratio is undefined where the original holds no more detail than rounding makes', () => {
  expect(detailRatio(50, 25, 0.15)).toBe(0.5);
  expect(detailRatio(0.3, 0.2, 0.15)).toBeNaN();
  expect(detailRatio(0, 0, 0.15)).toBeNaN();
});

test('the smallest pictures have the energies of the differences they hold', () => {
  const plane = (width: number, ...values: number[]) =>
    planeOf(width, values.length / width, (column, row) => values[row * width + column]!);
  expect(gradientEnergy(plane(3, 0, 3, 5))).toBe((9 + 4) / 2);
  expect(gradientEnergy(plane(1, 0, 3, 5))).toBe((9 + 4) / 2);
  expect(gradientEnergy(plane(1, 7))).toBe(0);
  expect(gradientEnergy(plane(2, 0, 3))).toBe(9);
  expect(gradientEnergy(plane(1, 0, 3))).toBe(9);
  // Across 1, 4, 16, 9 / 4; down 9, 16, 4 / 3.
  expect(gradientEnergy(plane(3, 0, 1, 3, 3, 5, 1))).toBeCloseTo((1 + 4 + 4 + 16) / 4 + (9 + 16 + 4) / 3, 12);
  expect(laplacianVariance(plane(2, 1, 5, 9, 2))).toBe(0);
  expect(laplacianVariance(plane(3, 0, 5, 0, 2, 1, 3, 0, 9, 0))).toBe(0);
  // Laplacians 1 + 3 + 5 + 9 - 4 · 2 = 10 and 2 + 4 + 6 + 8 - 4 · 3 = 8.
  expect(laplacianVariance(plane(4, 0, 5, 6, 0, 1, 2, 3, 4, 0, 9, 8, 0))).toBe(1);
});

test('rounding adds a twelfth of each weight’s square to luma', () => {
  expect(lumaRoundingVariance).toBeCloseTo((0.299 ** 2 + 0.587 ** 2 + 0.114 ** 2) / 12, 15);
  // Weights 1 and -1, twice; four times 1 and -4 once.
  expect(roundingGradientEnergy / lumaRoundingVariance).toBeCloseTo(4, 12);
  expect(roundingLaplacianVariance / lumaRoundingVariance).toBeCloseTo(20, 12);
});

test('four times the energy of rounding is enough for a ratio', () => {
  expect(detailRatio(1, 0.5, 0.25)).toBe(0.5);
  expect(detailRatio(0.999, 0.5, 0.25)).toBeNaN();
});

test('luma and channels are those of each pixel', () => {
  const image = { pixels: Uint8Array.of(100, 0, 0, 0, 100, 0, 0, 0, 100, 10, 20, 30), width: 2, height: 2 };
  const { values, width, height } = lumaPlane(image);
  expect([width, height]).toEqual([2, 2]);
  for (const [at, luma] of [29.9, 58.7, 11.4, 2.99 + 11.74 + 3.42].entries()) expect(values[at]).toBeCloseTo(luma, 12);
  expect([0, 1, 2].map((channel) => [...channelPlane(image, channel).values])).toEqual([
    [100, 0, 0, 10],
    [0, 100, 0, 20],
    [0, 0, 100, 30],
  ]);
});
