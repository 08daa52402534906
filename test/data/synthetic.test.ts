import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { findImages, labelsOf } from '../../src/data/images.js';
import { syntheticClasses, syntheticImage } from '../../src/data/synthetic/picture.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { makeFolder } from './folders.js';

/** Standard deviation of the brightness, and mean of its absolute horizontal differences. */
function contrastOf(pixels: Uint8Array, size: number): { deviation: number; detail: number } {
  const grey = Array.from({ length: size * size }, (_, index) => {
    return 0.3 * (pixels[index * 3] ?? 0) + 0.6 * (pixels[index * 3 + 1] ?? 0) + 0.1 * (pixels[index * 3 + 2] ?? 0);
  });
  const mean = grey.reduce((sum, value) => sum + value) / grey.length;
  const deviation = Math.sqrt(grey.reduce((sum, value) => sum + (value - mean) ** 2, 0) / grey.length);
  const steps = grey.slice(1).map((value, index) => Math.abs(value - (grey[index] as number)));
  return { deviation, detail: steps.reduce((sum, value) => sum + value) / steps.length };
}

for (const className of syntheticClasses) {
  test(`${className}: the same for the same seed, another for another, at any size, with contrast and detail`, () => {
    const pictures = Array.from({ length: 12 }, (_, seed) => syntheticImage(className, seed, 32));
    expect(pictures.map((pixels) => pixels.length)).toEqual(Array(12).fill(32 * 32 * 3));
    expect(syntheticImage(className, 7, 32)).toEqual(pictures[7]);
    expect(new Set(pictures.map((pixels) => Buffer.from(pixels).toString('base64'))).size).toBe(12);
    const contrasts = pictures.map((pixels) => contrastOf(pixels, 32));
    expect(contrasts.filter(({ deviation }) => deviation > 20).length).toBeGreaterThan(8);
    expect(contrasts.filter(({ detail }) => detail > 3).length).toBeGreaterThan(8);
  });

  test(`${className}: a larger picture shows the same thing`, async () => {
    const large = sharp(syntheticImage(className, 3, 96), { raw: { width: 96, height: 96, channels: 3 } });
    const reduced = await large.resize(32, 32, { kernel: 'linear' }).raw().toBuffer();
    const small = syntheticImage(className, 3, 32);
    const difference = small.reduce((sum, value, index) => sum + Math.abs(value - (reduced[index] as number)), 0);
    expect(difference / small.length).toBeLessThan(12);
  });
}

test('the spectrum of dead leaves falls about as 1 / f, as that of photographs does', () => {
  const size = 64;
  const power = new Float64Array(size / 2);
  for (let seed = 0; seed < 24; seed++) {
    const pixels = syntheticImage('dead-leaves', seed, size);
    for (let row = 0; row < size; row += 4) {
      const line = Array.from({ length: size }, (_, column) => pixels[(row * size + column) * 3 + 1] as number);
      for (let frequency = 1; frequency < size / 2; frequency++) {
        const angles = line.map((_, column) => (2 * Math.PI * frequency * column) / size);
        const real = line.reduce((sum, value, column) => sum + value * Math.cos(angles[column] as number), 0);
        const imaginary = line.reduce((sum, value, column) => sum + value * Math.sin(angles[column] as number), 0);
        power[frequency] = (power[frequency] as number) + real ** 2 + imaginary ** 2;
      }
    }
  }
  // Least squares through (log f, log amplitude); a line of a picture with a 1/f amplitude falls with 0.5 to 1.
  const points = Array.from({ length: 19 }, (_, index) => {
    return [Math.log(index + 2), 0.5 * Math.log(power[index + 2] as number)] as const;
  });
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  const slope =
    points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) /
    points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0);
  expect(slope).toBeLessThan(-0.5);
  expect(slope).toBeGreaterThan(-1.4);
});

test('a folder has class folders of equal size, and is the same when made again', async () => {
  const [first, second, other] = [makeFolder(), makeFolder(), makeFolder()];
  await writeSyntheticImages(first, { images: 10, size: 16, seed: 1 });
  await writeSyntheticImages(second, { images: 10, size: 16, seed: 1 });
  await writeSyntheticImages(other, { images: 10, size: 16, seed: 2 });
  const files = await findImages(first);
  expect(labelsOf(files)).toEqual([...syntheticClasses].sort());
  expect(syntheticClasses.map((name) => readdirSync(join(first, name)).length)).toEqual([3, 3, 2, 2]);
  for (const { relativePath, path } of files) {
    const content = readFileSync(path);
    expect(content.equals(readFileSync(join(second, relativePath)))).toBe(true);
    expect(content.equals(readFileSync(join(other, relativePath)))).toBe(false);
  }
});
