import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { PixelImage } from '../../src/evaluation/measures/pixel-image.js';
import { largestFinitePsnrDb, psnrDb } from '../../src/evaluation/measures/psnr.js';
import { ssim } from '../../src/evaluation/measures/ssim.js';

const golden = new URL('../golden/image-metrics/', import.meta.url);
const expected = JSON.parse(readFileSync(new URL('expected.json', golden), 'utf8'));
const file = readFileSync(new URL('images.safetensors', golden));
const headerBytes = Number(file.readBigUInt64LE(0));
const header = JSON.parse(file.toString('utf8', 8, 8 + headerBytes));

function goldenImage(name: string): PixelImage {
  const [height, width] = header[name].shape;
  const [start, end] = header[name].data_offsets;
  return { pixels: file.subarray(8 + headerBytes + start, 8 + headerBytes + end), width, height };
}

test.each(['noise', 'shift', 'blur'])('PSNR and SSIM of %s agree with scikit-image', (name) => {
  const [original, changed] = [goldenImage('reference'), goldenImage(name)];
  expect(Math.abs(psnrDb(original, changed) - expected[name].psnr_db)).toBeLessThan(1e-4);
  expect(Math.abs(ssim(original, changed) - expected[name].ssim)).toBeLessThan(1e-4);
});

test('SSIM of two colours on 11×11 px, a whole window, is (2ab + C₁) / (a² + b² + C₁)', () => {
  const flat = (value: number) => ({ pixels: new Uint8Array(11 * 11 * 3).fill(value), width: 11, height: 11 });
  const stabilizer = (0.01 * 255) ** 2;
  expect(ssim(flat(0), flat(1))).toBeCloseTo(stabilizer / (1 + stabilizer), 9);
  expect(ssim(flat(2), flat(5))).toBeCloseTo((20 + stabilizer) / (29 + stabilizer), 9);
});

test('identical pictures have infinite PSNR and SSIM 1, and one value off by one is the next best', () => {
  const original = goldenImage('reference');
  expect(psnrDb(original, original)).toBe(Number.POSITIVE_INFINITY);
  expect(ssim(original, original)).toBeCloseTo(1, 12);
  const pixels = Uint8Array.from(original.pixels);
  pixels[100] = pixels[100]! ^ 1;
  expect(psnrDb(original, { ...original, pixels })).toBeCloseTo(largestFinitePsnrDb(original), 10);
});

test('pictures that cannot be compared are refused with both sizes', () => {
  const original = goldenImage('reference');
  const turned = { ...original, width: original.height, height: original.width };
  expect(() => psnrDb(original, turned)).toThrow(/got shape 80×96, wanted 96×80/);
  expect(() => psnrDb({ ...original, pixels: new Uint8Array(5) }, original)).toThrow(
    /came with 5 values, wanted 23040/,
  );
  const small = { pixels: new Uint8Array(10 * 40 * 3), width: 10, height: 40 };
  expect(() => ssim(small, small)).toThrow(/10×40 px, wanted at least 11 px/);
});
