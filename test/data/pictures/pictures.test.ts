import { Buffer } from 'node:buffer';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { sniffFormat } from '../../../src/data/pictures/formats/format.js';
import { encodePicture } from '../../../src/data/pictures/picture-file.js';
import { createPictureReader } from '../../../src/data/pictures/pictures.js';
import { UnreadableImage } from '../../../src/data/skipped.js';
import { noisePng } from '../folders.js';

describe('a reader', () => {
  let png: Buffer;
  beforeAll(async () => {
    png = await noisePng(1, 4, 4);
  });
  const bytes = 4 * 4 * 3;
  /** A reader, and how often each file was read. */
  function counted(cacheBytes: number) {
    const reads: Record<string, number> = {};
    const read = createPictureReader({ size: 4, maxPixels: 100, cacheBytes });
    const file = (name: string, content = () => png) => ({
      path: '',
      relativePath: name,
      location: {
        read: async () => {
          reads[name] = (reads[name] ?? 0) + 1;
          return content();
        },
      },
    });
    return { read, reads, file };
  }

  test('keeps the first pictures as long as there is room', async () => {
    const { read, reads, file } = counted(2 * bytes);
    const files = ['a', 'b', 'c'].map((name) => file(name));
    for (const one of [...files, ...files]) expect(await read(one)).toMatchObject({ width: 4, height: 4 });
    expect(reads).toEqual({ a: 1, b: 1, c: 2 });
  });

  test('counts a picture once that is wanted twice at the same time', async () => {
    const { read, reads, file } = counted(2 * bytes);
    const [a, b] = [file('a'), file('b')];
    await Promise.all([read(a), read(a)]);
    for (const one of [b, b, a]) await read(one);
    expect(reads).toEqual({ a: 2, b: 1 });
  });

  test('tries unreadable ones once, and reads other sizes anew', async () => {
    const { read, reads, file } = counted(0);
    const [broken, whole] = [file('broken', () => Buffer.from('no picture')), file('whole')];
    for (let time = 0; time < 2; time++) {
      expect(await read(broken)).toBeInstanceOf(UnreadableImage);
      expect(await read(whole, 2)).toMatchObject({ width: 2, height: 2 });
    }
    expect(reads).toEqual({ broken: 1, whole: 2 });
    const roomy = counted(1e6);
    const one = roomy.file('one');
    for (const size of [2, 2, 4, 4]) expect(await roomy.read(one, size)).toMatchObject({ width: size });
    expect(roomy.reads).toEqual({ one: 3 });
  });

  test('lets other errors through', async () => {
    const { read, file } = counted(0);
    const failing = file('a', () => {
      throw new TypeError('out of order');
    });
    await expect(read(failing)).rejects.toThrow(new TypeError('out of order'));
  });
});

test('pictures become files of the format that is wanted, grey ones grey', async () => {
  const pixels = (channels: number) => Uint8Array.from({ length: 64 * channels }, (_, index) => (index * 37) % 256);
  for (const channels of [1, 3, 4] as const) {
    const picture = { pixels: pixels(channels), width: 8, height: 8, channels };
    const png = await encodePicture(picture, 'png');
    expect(sniffFormat(png)).toBe('png');
    expect(await sharp(png).metadata()).toMatchObject({ channels, space: channels === 1 ? 'b-w' : 'srgb' });
    const read = sharp(png).toColourspace(channels === 1 ? 'b-w' : 'srgb');
    expect([...(await read.raw().toBuffer())]).toEqual([...picture.pixels]);
    expect(sniffFormat(await encodePicture(picture, 'webp'))).toBe('webp');
  }
  // Red and blue side by side stay apart at full resolution of colour only.
  const stripes = Uint8Array.from({ length: 16 * 16 * 3 }, (_, index) => {
    return [
      [255, 0, 0],
      [0, 0, 255],
    ][Math.floor(index / 3) % 2]![index % 3] as number;
  });
  for (const format of ['jpeg', 'webp'] as const) {
    const file = await encodePicture({ pixels: stripes, width: 16, height: 16, channels: 3 }, format);
    expect(sniffFormat(file)).toBe(format);
    if (format === 'jpeg') expect((await sharp(file).metadata()).chromaSubsampling).toBe('4:4:4');
    const read = await sharp(file).raw().toBuffer();
    const worst = Math.max(...read.map((value, index) => Math.abs(value - (stripes[index] as number))));
    expect(worst, format).toBeLessThan(format === 'jpeg' ? 12 : 256);
  }
});
