import { expect, test } from 'vitest';
import { lumaRoundingVariance } from '../../../src/evaluation/measures/pixel-image.js';
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
