import { expect, test } from 'vitest';
import { decodeWholeImage } from '../../../src/data/pictures/decode.js';
import { readBmp } from '../../../src/data/pictures/formats/bmp.js';
import { type Bmp, bmp } from './bmp-files.js';

const read = async (file: Buffer) => {
  const { pixels, width, height } = await decodeWholeImage(file, { maxPixels: 1000 });
  return { width, height, pixels: [...pixels] };
};

test('BMPs of every usual kind have the pixels that they say', async () => {
  const wanted = { width: 2, height: 2, pixels: [1, 2, 3, 40, 50, 60, 7, 8, 9, 100, 110, 120] };
  const lines24 = [
    [3, 2, 1, 60, 50, 40],
    [9, 8, 7, 120, 110, 100],
  ];
  expect(await read(bmp({ bits: 24, width: 2, height: 2, lines: lines24 }))).toEqual(wanted);
  expect(await read(bmp({ bits: 24, width: 2, height: -2, lines: lines24 }))).toEqual(wanted);
  const lines32 = [
    [3, 2, 1, 0, 60, 50, 40, 255],
    [9, 8, 7, 9, 120, 110, 100, 0],
  ];
  expect(await read(bmp({ bits: 32, width: 2, height: 2, lines: lines32 }))).toEqual(wanted);
  const palette = [3, 2, 1, 0, 60, 50, 40, 0, 9, 8, 7, 0, 120, 110, 100, 0];
  expect(
    await read(
      bmp({
        bits: 8,
        width: 2,
        height: 2,
        palette,
        lines: [
          [0, 1],
          [2, 3],
        ],
      }),
    ),
  ).toEqual(wanted);
  expect(await read(bmp({ bits: 4, width: 2, height: 2, palette, lines: [[0x01], [0x23]] }))).toEqual(wanted);
  const two = { bits: 1, width: 3, height: 1, palette: palette.slice(0, 8), lines: [[0b01000000]] };
  expect((await read(bmp(two))).pixels).toEqual([1, 2, 3, 40, 50, 60, 1, 2, 3]);
});

test.each([
  [{ compression: 1, bits: 8 }, 'a BMP of compression 1, which is not read: convert it to PNG'],
  [{ bits: 16 }, 'a BMP of 16 bits per pixel, which is not read: convert it to PNG'],
  [{ width: 3000 }, 'larger than the limit of 1000 px (--max-pixels)'],
  [{ width: -2 }, 'damaged or truncated BMP'],
  [{ height: 3 }, 'damaged or truncated BMP'],
] as [Partial<Bmp>, string][])('%o is refused: %s', async (change, reason) => {
  const whole: Bmp = { bits: 24, width: 2, height: 1, lines: [[3, 2, 1, 60, 50, 40]], ...change };
  await expect(read(bmp(whole))).rejects.toThrow(reason);
});

test('a BMP is read to its last byte, and up to the limit of pixels', () => {
  const two: Bmp = {
    bits: 24,
    width: 1,
    height: 2,
    lines: [
      [3, 2, 1],
      [6, 5, 4],
    ],
  };
  const whole = bmp(two);
  expect(readBmp(whole, 2)).toEqual({ pixels: Buffer.from([1, 2, 3, 4, 5, 6]), width: 1, height: 2, channels: 3 });
  expect([...readBmp(bmp({ ...two, height: 1, lines: [[3, 2, 1]] }), 1).pixels]).toEqual([1, 2, 3]);
  const damaged = 'damaged or truncated BMP';
  expect(() => readBmp(whole, 1)).toThrow('larger than the limit of 1 px (--max-pixels)');
  for (const bytes of [1, 2, 9, whole.length - 53])
    expect(() => readBmp(whole.subarray(0, -bytes), 2)).toThrow(damaged);
  for (const size of [{ width: 0 }, { height: 0 }, { width: 0, height: 0 }])
    expect(() => readBmp(bmp({ ...two, ...size }), 2)).toThrow(damaged);
  const wide = bmp({ bits: 8, width: 5, height: 1, palette: [3, 2, 1, 0], lines: [[0, 0, 0, 0, 0]] });
  expect(readBmp(wide, 5).pixels).toHaveLength(15);
  expect(() => readBmp(wide.subarray(0, -1), 5)).toThrow(damaged);
  // More colours than the file has bytes.
  wide.writeUInt32LE(5000, 46);
  expect(() => readBmp(wide, 5)).toThrow(damaged);
  whole.writeUInt32LE(12, 14);
  expect(() => readBmp(whole, 2)).toThrow('a BMP of OS/2, which is not read');
});

test('a file that ends within its header is damaged', () => {
  const whole = bmp({ bits: 24, width: 1, height: 1, lines: [[1, 2, 3]] });
  for (const sizeBytes of [12, 20, 53]) {
    expect(() => readBmp(whole.subarray(0, sizeBytes), 1000)).toThrow('damaged or truncated BMP');
  }
});
