import { describe, expect, test } from 'vitest';
import { measureOriginal, measureReconstruction } from '../../../src/evaluation/measures/measures.js';
import { lumaPlane } from '../../../src/evaluation/measures/pixel-image.js';
import { psnrDb } from '../../../src/evaluation/measures/psnr.js';
import { ssim } from '../../../src/evaluation/measures/ssim.js';
import { normals } from '../../../src/random.js';
import { blurred, deadLeaves, greyImage, planeOf } from '../pictures.js';

const original = deadLeaves(3, 64);
const measured = measureOriginal(original);
const flat = greyImage(planeOf(64, 64, () => 90));

describe('the measures of a reconstruction', () => {
  test('of the picture itself are perfect, at the largest PSNR that two different pictures can have', () => {
    const { measures } = measureReconstruction(measured, original);
    expect(measures.psnrDb).toBeCloseTo(10 * Math.log10(255 ** 2 * 64 * 64 * 3), 10);
    expect(measures.ssim).toBeCloseTo(1, 12);
    expect(measures.gradientEnergyRatio).toBe(1);
    expect(measures.laplacianVarianceRatio).toBe(1);
    expect(measures.blurSigmaPx).toBe(0);
    expect(measures.spectralSlopeDifference).toBe(0);
    for (const band of ['coarse', 'medium', 'fine'] as const) {
      expect(measures[`${band}EnergyRatio`]).toBeCloseTo(1, 10);
      expect(measures[`${band}Kept`]).toBeCloseTo(1, 10);
      expect(measures[`${band}Invented`]).toBeCloseTo(0, 10);
      expect(measures[`${band}Coherence`]).toBeCloseTo(1, 10);
      expect(measures[`${band}ErrorRatio`]).toBe(0);
    }
    expect(Object.keys(measures)).toHaveLength(6 + 3 * 5);
  });

  test('of half the contrast: a quarter of every energy, and the same slope', () => {
    const plane = planeOf(64, 64, (x, y) => 2 * Math.round(50 + 10 * normals(64 * 64, 'contrast')[y * 64 + x]!));
    const half = greyImage({ ...plane, values: plane.values.map((value) => 60 + value / 2) });
    const { measures } = measureReconstruction(measureOriginal(greyImage(plane)), half);
    expect(measures.gradientEnergyRatio).toBeCloseTo(1 / 4, 10);
    expect(measures.laplacianVarianceRatio).toBeCloseTo(1 / 4, 10);
    expect(measures.fineEnergyRatio).toBeCloseTo(1 / 4, 10);
    expect(measures.spectralSlopeDifference).toBeCloseTo(0, 10);
    expect(measures.psnrDb).toBeCloseTo(psnrDb(greyImage(plane), half), 10);
    expect(measures.ssim).toBeCloseTo(ssim(greyImage(plane), half), 12);
  });

  test('of a blur of sigma 1 px: that sigma, and a steeper spectrum', async () => {
    const { measures } = measureReconstruction(measured, await blurred(original, 1));
    expect(Math.abs(measures.blurSigmaPx - 1)).toBeLessThan(0.05);
    expect(measures.spectralSlopeDifference).toBeLessThan(-0.5);
  });

  test('of an original without detail are no numbers where they would compare with it', () => {
    const { measures } = measureReconstruction(measureOriginal(flat), original);
    for (const name of [
      'gradientEnergyRatio',
      'laplacianVarianceRatio',
      'blurSigmaPx',
      'spectralSlopeDifference',
      'fineKept',
    ] as const) {
      expect(measures[name], name).toBeNaN();
    }
    expect(Number.isFinite(measures.psnrDb)).toBe(true);
  });
});

test('power is the mean over the frequencies of a ring: as much on each for white noise, none on that of the mean', () => {
  const draws = normals(128 * 128, 'power');
  const noise = greyImage(planeOf(128, 128, (x, y) => 128 + 20 * draws[y * 128 + x]!));
  const { originalPower, reconstructionPower } = measureReconstruction(
    measureOriginal(noise),
    greyImage(planeOf(128, 128, () => 128)),
  );
  expect([originalPower[0], reconstructionPower[0]]).toEqual([0, 0]);
  const { values } = lumaPlane(noise);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  // Rings of a thousand frequencies and more, of which the window leaves some 500 independent ones.
  for (const power of originalPower.subarray(30, 80)) {
    expect(power / (variance / 128 ** 2)).toBeGreaterThan(0.7);
    expect(power / (variance / 128 ** 2)).toBeLessThan(1.3);
  }
  expect(Math.max(...reconstructionPower)).toBeLessThan(1e-20);
});
