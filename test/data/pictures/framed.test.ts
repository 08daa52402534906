/** Which part of a picture is shown, and how large it is: of reduced ones, strips, and those that grow along one side alone. */
import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import {
  decodeImage,
  decodeIntoBucket,
  decodeResized,
  decodeWholeImage,
  uprightSizeOf,
} from '../../../src/data/pictures/decode.js';
import { UnreadableImage } from '../../../src/data/skipped.js';
import { drawn, pngHeader } from '../folders.js';
import { bmp } from './bmp-files.js';

const maxPixels = 1e6;
const pngOf = (...picture: Parameters<typeof drawn>) =>
  drawn(...picture)
    .png()
    .toBuffer();
const grey = (value: number) => [value, value, value];

test('batches are decoded many at a time: libvips keeps nothing, and has one thread for each', () => {
  expect(sharp.cache()).toMatchObject({ memory: { max: 0 }, files: { max: 0 }, items: { max: 0 } });
  expect(sharp.concurrency()).toBe(1);
});

describe('the crop box is told in px of the original', () => {
  const boxOf = async (width: number, height: number, size: number, at: number) => {
    const picture = await pngOf(width, height, () => grey(99));
    const crop = { kind: 'random', x: at, y: at } as const;
    return (await decodeImage(picture, { size, maxPixels, crop, mirror: false })).cropBox;
  };

  test('where the picture was reduced', async () => {
    expect(await boxOf(18, 8, 4, 0.4)).toEqual({ left: 4, top: 0, side: 8 });
    expect(await boxOf(8, 18, 4, 0.4)).toEqual({ left: 0, top: 4, side: 8 });
  });

  test('and ends where the original does', async () => {
    // 7×3 become 5×2, in which px 3 is the last place: 4.5 in the original, of which 4 is the last.
    expect(await boxOf(7, 3, 2, 0.999)).toEqual({ left: 4, top: 0, side: 3 });
    expect(await boxOf(3, 7, 2, 0.999)).toEqual({ left: 0, top: 4, side: 3 });
  });
});

test('of a strip the middle 4:1 is read, lying or standing', async () => {
  const lying = await pngOf(100, 10, (x) => grey(x));
  const standing = await pngOf(10, 100, (_x, y) => grey(y));
  const [across, down] = [
    await decodeResized(lying, { size: 10, maxPixels }),
    await decodeResized(standing, { size: 10, maxPixels }),
  ];
  expect([across.width, across.height, down.width, down.height]).toEqual([40, 10, 10, 40]);
  const middle = Array.from({ length: 40 }, (_, index) => 30 + index);
  expect(middle.map((_, x) => across.pixels[3 * x])).toEqual(middle);
  expect(middle.map((_, y) => down.pixels[3 * 10 * y])).toEqual(middle);
});

describe('a picture that changes along one side alone', () => {
  const into = async (picture: Buffer, width: number, height: number) =>
    (await decodeIntoBucket(picture, { buckets: [{ width, height }], maxPixels })).picture.pixels;

  test('stays where it was while it grows', async () => {
    // Px i of 16 shows the place (i + 1/2) × 15/16 - 1/2 of 15.
    const shown = Array.from({ length: 10 }, (_, index) => 16 * ((index + 3.5) * (15 / 16) - 0.5));
    const wide = await into(await pngOf(15, 5, (x) => grey(16 * x)), 16, 4);
    const tall = await into(await pngOf(5, 15, (_x, y) => grey(16 * y)), 4, 16);
    for (const [index, value] of shown.entries()) {
      expect(Math.abs((wide[3 * (index + 3)] as number) - value)).toBeLessThan(1.5);
      expect(Math.abs((tall[3 * 4 * (index + 3)] as number) - value)).toBeLessThan(1.5);
    }
  });

  test('is reduced by Lanczos-3', async () => {
    const value = (at: number) => (at * at * 37 + at * 11) % 200;
    const wide = await into(await pngOf(24, 6, (x) => grey(value(x))), 23, 5);
    const tall = await into(await pngOf(6, 24, (_x, y) => grey(value(y))), 5, 23);
    for (let index = 4; index < 19; index++) {
      const wanted = lanczos(value, index, 24 / 23);
      expect(Math.abs((wide[3 * index] as number) - wanted)).toBeLessThan(3);
      expect(Math.abs((tall[3 * 5 * index] as number) - wanted)).toBeLessThan(3);
    }
  });
});

/** Px `index` of a line that is reduced `factor` times. */
function lanczos(value: (at: number) => number, index: number, factor: number): number {
  const sinc = (t: number) => (t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t));
  const middle = (index + 0.5) * factor - 0.5;
  let [sum, weights] = [0, 0];
  for (let at = Math.ceil(middle - 3 * factor); at < middle + 3 * factor; at++) {
    const t = (at - middle) / factor;
    const weight = sinc(t) * sinc(t / 3);
    [sum, weights] = [sum + weight * value(at), weights + weight];
  }
  return Math.min(255, Math.max(0, sum / weights));
}

describe('the size of a picture by its header', () => {
  const sizeOf = async (source: Buffer) => uprightSizeOf(source, { maxPixels });

  test('is that of what is shown', async () => {
    const picture = drawn(5, 3, () => grey(1));
    expect(await sizeOf(await picture.clone().png().toBuffer())).toEqual({ width: 5, height: 3 });
    const turned = await picture.clone().withMetadata({ orientation: 6 }).jpeg().toBuffer();
    expect(await sizeOf(turned)).toEqual({ width: 3, height: 5 });
    expect(await sizeOf(bmp({ bits: 24, width: 5, height: 1, lines: [Array(15).fill(9)] }))).toEqual({
      width: 5,
      height: 1,
    });
  });

  test('is not told of what is damaged or too large', async () => {
    const png = await pngOf(5, 3, () => grey(1));
    await expect(sizeOf(png.subarray(0, 20))).rejects.toEqual(new UnreadableImage('damaged or truncated PNG'));
    const limit = `larger than the limit of ${maxPixels} px (--max-pixels)`;
    await expect(sizeOf(pngHeader(1001, 1000))).rejects.toEqual(new UnreadableImage(limit));
  });
});

test('a TIFF whose values would be misread is refused though sharp reads it', async () => {
  const tiff = await drawn(4, 4, () => [10, 20, 30])
    .tiff({ compression: 'none' })
    .toBuffer();
  // Says of its values that they are YCbCr (6) and no RGB (2).
  const entry = tiff.indexOf(Buffer.from([6, 1, 3, 0, 1, 0, 0, 0, 2, 0]));
  tiff.writeUInt16LE(6, entry + 8);
  await expect(sharp(tiff).stats()).resolves.toMatchObject({ isOpaque: expect.any(Boolean) });
  await expect(decodeWholeImage(tiff, { maxPixels })).rejects.toThrow(
    /^a TIFF of YCbCr values without JPEG compression/,
  );
});
