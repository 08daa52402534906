import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import {
  foreignFormatOf,
  type ImageFormat,
  isAnimatedAvif,
  sniffFormat,
} from '../../../src/data/pictures/formats/format.js';
import { tiffFactsOf, tiffRefusal } from '../../../src/data/pictures/formats/tiff.js';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const ftyp = (size: number, ...brands: string[]) => bytes(`\0\0\0${String.fromCharCode(size)}ftyp${brands.join('')}`);

test.each([
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['webp', 'RIFF....WEBP'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['tiff', 'II*\0'],
  ['tiff', 'II+\0'],
  ['tiff', 'MM\0*'],
  ['tiff', 'MM\0+'],
  ['bmp', 'BM....\0\0\0\0'],
  [undefined, 'RIFF....WAVE'],
  [undefined, '....WEBP'],
  [undefined, 'WEBP'],
  [undefined, 'BM....\0\0\0.'],
  [undefined, 'BM....'],
  [undefined, 'XX....\0\0\0\0'],
  [undefined, ' GIF89a'],
  [undefined, ''],
] as [ImageFormat | undefined, string][])('%s begins with %j', (format, head) => {
  expect(sniffFormat(bytes(head))).toBe(format);
  expect(sniffFormat(bytes(head.padEnd(300, 'x')))).toBe(format);
});

test('what an ISO file is say its brands, up to the end of its box and of the head', () => {
  expect(sniffFormat(ftyp(16, 'avif', '....'))).toBe('avif');
  expect(sniffFormat(ftyp(24, 'mif1', '....', 'miaf', 'avis'))).toBe('avif');
  expect(sniffFormat(ftyp(20, 'mif1', '....', 'miaf', 'avif'))).toBeUndefined();
  expect(sniffFormat(ftyp(255, 'mif1', ...Array(28).fill('....'), 'avif'))).toBe('avif');
  expect(sniffFormat(ftyp(255, 'mif1', ...Array(29).fill('....'), 'avif'))).toBeUndefined();
  expect(sniffFormat(bytes('\0\0\0\x10xxxxavif....'))).toBeUndefined();
  expect(isAnimatedAvif(ftyp(24, 'mif1', '....', 'miaf', 'avis'))).toBe(true);
  expect(isAnimatedAvif(ftyp(16, 'avif', '....'))).toBe(false);
  expect(isAnimatedAvif(ftyp(255, 'avif', ...Array(29).fill('....'), 'avis'))).toBe(false);
  for (const brand of ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']) {
    expect(foreignFormatOf(ftyp(16, brand, '....'))?.name).toBe('HEIC');
  }
  expect(foreignFormatOf(bytes('\0\0\0\x10xxxxheic....'))).toBeUndefined();
  expect(foreignFormatOf(ftyp(16, 'isom', '....'))).toBeUndefined();
});

test.each([
  ['JPEG XL', '\xff\x0a'],
  ['JPEG XL', '\0\0\0\x0cJXL '],
  ['Photoshop', '8BPS'],
  ['JPEG 2000', '\0\0\0\x0cjP  '],
  ['JPEG 2000', '\xff\x4f\xff\x51'],
  ['PNM', 'P6\n'],
  ['SVG', '<svg>'],
  ['SVG', ' <?xml version="1.0"?> <!-- a\nb --> <svg '],
  ['PDF', '%PDF-'],
  [undefined, 'P8\n'],
  [undefined, ' %PDF-'],
  [undefined, `${' '.repeat(124)}<svg>`],
])('%s begins with %j', (name, head) => {
  expect(foreignFormatOf(bytes(head))?.name).toBe(name);
  expect(foreignFormatOf(bytes(head.padEnd(300, 'x')))?.name).toBe(name);
});

/** A TIFF of nothing but a directory; a count over 2 puts the value behind it. */
function tiff(
  isLittle: boolean,
  entries: readonly (readonly [tag: number, count: number, value: number])[],
  version = 42,
): Buffer {
  const start = 16;
  const file = Buffer.alloc(start + 2 + 12 * entries.length + 2 * entries.length);
  const short = (value: number, at: number) =>
    isLittle ? file.writeUInt16LE(value, at) : file.writeUInt16BE(value, at);
  const long = (value: number, at: number) =>
    isLittle ? file.writeUInt32LE(value, at) : file.writeUInt32BE(value, at);
  file.write(isLittle ? 'II' : 'MM');
  short(version, 2);
  long(start, 4);
  short(entries.length, start);
  entries.forEach(([tag, count, value], index) => {
    const at = start + 2 + 12 * index;
    const behind = start + 2 + 12 * entries.length + 2 * index;
    short(tag, at);
    short(3, at + 2);
    long(count, at + 4);
    if (count > 2) long(behind, at + 8);
    short(value, count > 2 ? behind : at + 8);
  });
  return file;
}

test('the facts of a TIFF are read in either order of bytes, wherever they lie', () => {
  const facts = { bitsPerSample: 16, compression: 7, photometric: 2, samplesPerPixel: 3 };
  for (const isLittle of [true, false]) {
    const entries = [
      [256, 1, 99],
      [258, 3, 16],
      [259, 1, 7],
      [262, 1, 2],
      [277, 1, 3],
    ] as const;
    expect(tiffFactsOf(tiff(isLittle, entries))).toEqual(facts);
    expect(tiffFactsOf(tiff(isLittle, [[258, 2, 8]]))).toEqual({
      bitsPerSample: 8,
      compression: 1,
      photometric: 1,
      samplesPerPixel: 1,
    });
    expect(tiffFactsOf(tiff(isLittle, [[262, 1, 6]]))).toMatchObject({ bitsPerSample: 1, photometric: 6 });
    // What follows the directory is no entry of it.
    const [one, two] = [tiff(isLittle, [[259, 1, 7]]), tiff(isLittle, entries)];
    expect(tiffFactsOf(Buffer.concat([one.subarray(0, 30), two.subarray(30)]))).toMatchObject({ bitsPerSample: 1 });
    expect(tiffFactsOf(tiff(isLittle, entries, 43))).toBeUndefined();
    expect(tiffFactsOf(tiff(isLittle, entries).subarray(0, 40))).toBeUndefined();
  }
});

test('a TIFF is refused whose values would be misread', () => {
  const facts = { bitsPerSample: 8, compression: 1, photometric: 2, samplesPerPixel: 3 };
  for (const read of [
    {},
    { bitsPerSample: 32 },
    { photometric: 6, compression: 6 },
    { photometric: 6, compression: 7 },
  ]) {
    expect(tiffRefusal({ ...facts, ...read })).toBeUndefined();
  }
  for (const photometric of [4, 8, 9, 10, 32803, 34892, 32844, 32845]) {
    expect(tiffRefusal({ ...facts, photometric })).toMatch(/^a TIFF of .*, wanted grey, RGB or CMYK/);
  }
  expect(tiffRefusal({ ...facts, bitsPerSample: 33 })).toMatch(/^a TIFF of 33 bits per value/);
  expect(tiffRefusal({ ...facts, photometric: 6 })).toMatch(/^a TIFF of YCbCr values without JPEG compression/);
});
