import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { PixelImage } from '../../src/evaluation/measures/pixel-image.js';
import { writeSampleGrid } from '../../src/evaluation/sample-grid.js';
import { randomStream } from '../../src/random.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-grid-'));
});
afterAll(() => rm(folder, { recursive: true }));

const flat = (red: number, green: number, blue: number): PixelImage => {
  return {
    pixels: Uint8Array.from({ length: 4 * 3 * 3 }, (_, at) => [red, green, blue][at % 3]!),
    width: 4,
    height: 3,
  };
};

test('originals stand above their reconstructions, row by row, and every pixel is enlarged alike', async () => {
  const originals = [flat(1, 2, 3), flat(10, 20, 30), flat(100, 110, 120)];
  const reconstructions = [flat(4, 5, 6), flat(40, 50, 60), flat(140, 150, 160)];
  const path = join(folder, 'grid.png');
  await writeSampleGrid(path, originals, reconstructions, { columns: 2, scale: 3 });
  const { data, info } = await sharp(path).raw().toBuffer({ resolveWithObject: true });
  expect([info.width, info.height, info.channels]).toEqual([(4 + 2 + 4) * 3, (4 * 3 + 3 * 2) * 3, 3]);
  const at = (x: number, y: number) => [...data.subarray(3 * (y * info.width + x), 3 * (y * info.width + x) + 3)];
  expect([at(0, 0), at(11, 8), at(18, 0), at(29, 8)]).toEqual([
    [1, 2, 3],
    [1, 2, 3],
    [10, 20, 30],
    [10, 20, 30],
  ]);
  expect([at(0, 15), at(18, 23)]).toEqual([
    [4, 5, 6],
    [40, 50, 60],
  ]);
  expect([at(0, 30), at(0, 45)]).toEqual([
    [100, 110, 120],
    [140, 150, 160],
  ]);
  expect([at(12, 0), at(0, 9), at(29, 53)]).toEqual(Array(3).fill([128, 128, 128]));
  expect(await readdir(folder)).toEqual(['grid.png']);
});

test('pictures of many colours come back without loss', async () => {
  const random = randomStream('many colours');
  const noise = { pixels: Uint8Array.from({ length: 40 * 40 * 3 }, () => random.integer(256)), width: 40, height: 40 };
  const path = join(folder, 'noise.png');
  await writeSampleGrid(path, [noise], [noise]);
  const { data } = await sharp(path)
    .extract({ left: 0, top: 42, width: 40, height: 40 })
    .raw()
    .toBuffer({ resolveWithObject: true });
  expect(Buffer.from(noise.pixels).equals(data)).toBe(true);
});

test('lists that do not belong together are refused', async () => {
  const path = join(folder, 'none.png');
  await expect(writeSampleGrid(path, [flat(1, 2, 3)], [])).rejects.toThrow(/1 originals and 0 reconstructions/);
  const tall = { ...flat(1, 2, 3), width: 3, height: 4 };
  await expect(writeSampleGrid(path, [flat(1, 2, 3)], [tall])).rejects.toThrow(/got shape 4×3, wanted 3×4/);
});
