import sharp, { type Metadata } from 'sharp';
import { describe, expect, test } from 'vitest';
import { rangedPixels, type ValueRange } from '../../../src/data/pictures/values/value-range.js';
import { visibleRgb } from '../../../src/data/pictures/values/visible.js';

/** A PNG of one line of 16-bit pixels. */
const png16 = (values: readonly number[], channels: 1 | 3 | 4) =>
  sharp(Uint16Array.from(values), { raw: { width: values.length / channels, height: 1, channels } })
    .toColourspace(channels === 1 ? 'grey16' : 'rgb16')
    .png()
    .toBuffer();

async function read(png: Buffer, range?: ValueRange) {
  const ranged = await rangedPixels(() => sharp(png), await sharp(png).metadata(), range);
  return ranged && { ...ranged, pixels: [...ranged.pixels] };
}

describe('16 bits with alpha', () => {
  // Alpha goes by its own full range: 257 times its byte.
  const values = [0, 500, 1000, 65_535, 1000, 0, 250, 30_000];

  test('colours become bytes by the range, alpha by its own', async () => {
    expect(await read(await png16(values, 4), [0, 1000])).toEqual({
      pixels: [0, 128, 255, 255, 255, 0, 64, 117],
      width: 2,
      height: 1,
      channels: 4,
    });
  });

  test('colours beyond the range are refused, on either side of it', async () => {
    const png = await png16(values, 4);
    await expect(read(png, [0, 999])).rejects.toThrow(
      '16-bit values from 0 to 1000, wanted values within --range 0,999',
    );
    await expect(read(png, [1, 1000])).rejects.toThrow('wanted values within --range 1,1000');
  });

  test('is nearly black by its colours alone, whichever is the brightest', async () => {
    for (const colour of [0, 1, 2]) {
      const pixel = [10, 10, 10, 65_535];
      pixel[colour] = 1000;
      await expect(read(await png16(pixel, 4))).rejects.toThrow('16-bit values up to 1000 only');
    }
  });
});

test.each([
  [10, '0,255'],
  [255, '0,255'],
  [256, '0,1023'],
  [1023, '0,1023'],
  [1024, '0,4095'],
  [16_383, '0,16383'],
])('16 bits up to %i only look like a range of %s', async (most, range) => {
  await expect(read(await png16([0, most, 5, 0, 0, 0], 3))).rejects.toThrow(`--range ${range},`);
});

test('16 bits beyond 14, and all black, are read as they are', async () => {
  expect(await read(await png16([0, 16_384, 5, 0, 0, 0], 3))).toBeUndefined();
  expect(await read(await png16([0, 0, 0], 3))).toBeUndefined();
});

test('three channels and one become RGB by the range', async () => {
  expect((await read(await png16([0, 50, 100, 100, 20, 40], 3), [0, 100]))?.pixels).toEqual([
    0, 128, 255, 255, 51, 102,
  ]);
  const grey = await read(await png16([100, 200, 150], 1), [100, 200]);
  expect(grey).toEqual({ pixels: [0, 0, 0, 255, 255, 255, 128, 128, 128], width: 3, height: 1, channels: 3 });
});

test.each([
  ['float', 2, 'holds 2 channels of 32-bit floating-point values, wanted 8 or 16 bits'],
  ['strange', 1, 'holds 1 channels of strange values, wanted 8 or 16 bits'],
  ['strange', 3, 'holds 3 channels of strange values, wanted 8 or 16 bits'],
  ['char', 1, 'holds signed 8-bit values, which are not read'],
])('%s values in %i channels are refused unseen', async (depth, channels, sentence) => {
  const open = () => {
    throw new Error('opened');
  };
  const metadata = { depth, channels, space: 'b-w', hasAlpha: false } as unknown as Metadata;
  await expect(rangedPixels(open, metadata, [0, 1])).rejects.toThrow(sentence);
});

test('what a person sees: grey thrice, RGB itself, and white through what is not opaque', () => {
  const rgb = Uint8Array.of(1, 2, 3, 4, 5, 6);
  expect(visibleRgb({ pixels: rgb, channels: 3 })).toBe(rgb);
  expect([...visibleRgb({ pixels: Uint8Array.of(7, 9), channels: 1 })]).toEqual([7, 7, 7, 9, 9, 9]);
  // 100 / 255 of the colour, the rest of white.
  expect([...visibleRgb({ pixels: Uint8Array.of(100, 0, 255, 100), channels: 4 })]).toEqual([194, 155, 255]);
});
