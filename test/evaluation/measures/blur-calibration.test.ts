import { expect, test } from 'vitest';
import { gaussianBlur } from '../../../src/evaluation/measures/gaussian.js';
import { lumaPlane, type PixelImage } from '../../../src/evaluation/measures/pixel-image.js';
import { blurCurve, blurSigmaPx, largestSigmaPx } from '../../../src/evaluation/measures/sharpness/blur-calibration.js';
import { blurred, deadLeaves, photos, photosPresent, planeOf } from '../pictures.js';

const sigmasPx = [0.5, 0.7, 1, 1.5, 2, 2.5, 3];

/** Largest relative error over pictures and sigmas, where libvips made the blur. */
async function largestError(originals: readonly PixelImage[]): Promise<number> {
  const errors: number[] = [];
  for (const original of originals) {
    const curve = blurCurve(lumaPlane(original));
    for (const sigma of sigmasPx) {
      const found = blurSigmaPx(curve, lumaPlane(await blurred(original, sigma)));
      errors.push(Math.abs(found - sigma) / sigma);
    }
  }
  return Math.max(...errors);
}

test('the calibration finds the sigma of a blur made by libvips, on dead leaves', async () => {
  expect(await largestError([1, 2, 3, 4].map((seed) => deadLeaves(seed, 64)))).toBeLessThan(0.05);
  expect(await largestError([deadLeaves(5, 200, 150)])).toBeLessThan(0.05);
});

if (!photosPresent)
  process.stderr.write('No ../shared/images/photos: the calibration is tested on synthetic pictures.\n');

test.skipIf(!photosPresent)('the calibration finds the sigma of a blur made by libvips, on photographs', async () => {
  expect(await largestError(await photos(24, 64))).toBeLessThan(0.05);
  expect(await largestError(await photos(4, 192))).toBeLessThan(0.05);
});

test('as sharp as the original or sharper is sigma 0, flat is the largest sigma', () => {
  const original = lumaPlane(deadLeaves(1, 64));
  const curve = blurCurve(original);
  expect(blurSigmaPx(curve, original)).toBe(0);
  expect(blurSigmaPx(curve, { ...original, values: original.values.map((value) => 1.1 * value) })).toBe(0);
  expect(blurSigmaPx(curve, { ...original, values: original.values.map(() => 100) })).toBe(largestSigmaPx);
});

test('a blurred wave keeps its shape and loses the amplitude the Gaussian transfer function says', () => {
  const cyclesPerPx = 1 / 8;
  const wave = planeOf(128, 16, (column) => Math.cos(2 * Math.PI * cyclesPerPx * (column + 0.5)));
  for (const sigma of [0.8, 1.5, 2]) {
    const gain = Math.exp(-2 * (Math.PI * sigma * cyclesPerPx) ** 2);
    const filtered = gaussianBlur(wave, sigma);
    // Mirroring at the borders continues this wave exactly, so every pixel must fit.
    for (const [at, value] of filtered.values.entries()) expect(value).toBeCloseTo(gain * wave.values[at]!, 3);
  }
});
