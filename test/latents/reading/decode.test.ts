import { cp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { type DecodeLatentsOptions, decodeLatents } from '../../../src/latents/reading/decode.js';
import { outputNames } from '../../../src/latents/reading/output-names.js';
import { openLatents } from '../../../src/latents/reading/store.js';
import { lockFolder } from '../../../src/lock/folder-lock.js';
import { encodeTestFolder, fakeDecoder, temporaryFolder, writePicture } from '../fixture.js';
import { spoilLatent } from '../spoil-latent.js';

let folder: string;
let latents: string;

const paths = ['a.jpg', 'a.png', 'cats/b.png', 'cats/deep/c.png', 'd.png', 'D.PNG', 'e.png'];

beforeAll(async () => {
  folder = await temporaryFolder();
  latents = join(folder, 'latents');
  for (const path of paths) await writePicture(join(folder, 'pictures'), path);
  await encodeTestFolder(join(folder, 'pictures'), latents);
});

async function decode(out: string, options: Partial<DecodeLatentsOptions> = {}) {
  const store = await openLatents(latents);
  const wanted = {
    store,
    decoder: fakeDecoder(),
    out,
    format: 'png',
    from: 'mean',
    seed: 0,
    batch: 3,
    force: false,
    tileSize: 32,
    tileOverlap: 0.25,
  } as const;
  return decodeLatents({ ...wanted, ...options }).finally(() => store.close());
}

test('every image gets a picture of its latent, in the folder tree of the originals', async () => {
  const out = join(folder, 'out');
  expect(await decode(out)).toMatchObject({ images: 7, written: 7, complete: true });
  const store = await openLatents(latents);
  const sorted = [...paths].sort();
  const names = ['D.png', 'a.png', 'a.png.png', 'cats/b.png', 'cats/deep/c.png', 'd.png.png', 'e.png'];
  for (const [index, name] of names.entries()) {
    const { path, mean } = await store.get(index);
    expect(path).toBe(sorted[index]);
    const { data, info } = await sharp(join(out, name)).raw().toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width: 16, height: 16, channels: 3 });
    for (const [row, column] of [
      [0, 0],
      [7, 8],
      [15, 15],
    ] as const) {
      const cell = (row >> 3) * 2 + (column >> 3);
      for (let channel = 0; channel < 3; channel++) {
        const value = ((mean[cell * 4 + channel] as number) + 1) * 127.5;
        expect(data[(row * 16 + column) * 3 + channel]).toBe(Math.floor(value + 0.5));
      }
    }
  }
  await store.close();
});

test('what a killed decode left half written is gone after the next one, and one process at a time writes there', async () => {
  const out = join(folder, 'killed');
  await decode(out);
  const left = join(out, 'cats', '.11111111-2222-4333-8444-555555555555.tmp');
  await writeFile(left, 'half');
  await rm(join(out, 'cats', 'b.png'));
  const lock = await lockFolder(out);
  await expect(decode(out)).rejects.toThrow(/is being written by process/);
  await lock.release();
  expect(await decode(out)).toMatchObject({ written: 1 });
  expect((await readdir(join(out, 'cats'))).sort()).toEqual(['b.png', 'deep']);
  expect((await readdir(out)).filter((name) => name.startsWith('.'))).toEqual([]);
});

test.each(['jpeg', 'webp'] as const)('%s files are what they say and look like the PNG', async (format) => {
  const out = join(folder, format);
  await decode(out, { format });
  const file = join(out, 'cats', format === 'jpeg' ? 'b.jpg' : 'b.webp');
  expect((await sharp(file).metadata()).format).toBe(format);
  const [lossy, exact] = await Promise.all(
    [file, join(folder, 'out', 'cats', 'b.png')].map((path) => sharp(path).raw().toBuffer()),
  );
  lossy?.forEach((value, index) => {
    expect(Math.abs(value - (exact?.[index] as number))).toBeLessThan(16);
  });
});

describe('a folder that has pictures', () => {
  test('keeps the finished ones of the same decode, and gets the missing', async () => {
    const out = join(folder, 'again');
    const stop = new AbortController();
    const decoder = fakeDecoder(undefined, () => stop.abort());
    expect(await decode(out, { decoder, signal: stop.signal })).toMatchObject({ written: 3, complete: false });
    const before = (await stat(join(out, 'a.png'))).ino;
    expect(await decode(out)).toMatchObject({ written: 4, complete: true });
    await rm(join(out, 'e.png'));
    expect(await decode(out)).toMatchObject({ written: 1 });
    expect((await stat(join(out, 'a.png'))).ino).toBe(before);
  });

  test('refuses another decode unless told, and then replaces all', async () => {
    const out = join(folder, 'other');
    await decode(out);
    await expect(decode(out, { from: 'sample' })).rejects.toThrow(/pictures of another decode/);
    expect(await decode(out, { from: 'sample', force: true })).toMatchObject({ written: 7 });
    expect(await decode(out, { from: 'sample' })).toMatchObject({ written: 0 });
  });

  test('of somebody else is left alone', async () => {
    const out = await temporaryFolder();
    await writeFile(join(out, 'a.png'), 'precious');
    await expect(decode(out)).rejects.toThrow(/holds a\.png/);
    expect(await readdir(out)).toEqual(['a.png']);
  });
});

test('latents of another encoder are refused with both fingerprints, unless told', async () => {
  const decoder = fakeDecoder('c'.repeat(64));
  const refused = decode(join(folder, 'foreign'), { decoder });
  await expect(refused).rejects.toThrow(/\(sha256 aaaaaaaaaaaa…\), this model is averages \(sha256 cccccccccccc…\)/);
  expect(await decode(join(folder, 'foreign'), { decoder, force: true })).toMatchObject({ written: 7 });
});

test('a sample is decided by the seed, and differs from the mean by the posterior noise', async () => {
  const [first, second, third] = ['s1', 's2', 's3'].map((name) => join(folder, name)) as [string, string, string];
  await decode(first, { from: 'sample', seed: 1 });
  await decode(second, { from: 'sample', seed: 1, batch: 5 });
  await decode(third, { from: 'sample', seed: 2 });
  const read = (out: string) => readFile(join(out, 'e.png'));
  expect(await read(first)).toEqual(await read(second));
  expect(await read(first)).not.toEqual(await read(third));
  expect(await read(first)).not.toEqual(await readFile(join(folder, 'out', 'e.png')));
});

test('names never meet, whatever the originals are called', () => {
  const originals = [
    'a.jpg',
    'a.png',
    'a.jpg.webp',
    'a.png.jpg',
    'x.png/y.jpg',
    'x.webp',
    'A.gif',
    '.hidden',
    'no-extension',
  ];
  const names = outputNames(originals, 'png');
  expect(names).toEqual([
    'a.png',
    'a.png.png',
    'a.jpg.png',
    'a.png.jpg.png',
    'x.png/y.png',
    'x.webp.png',
    'A.gif.png',
    '.hidden.png',
    'no-extension.png',
  ]);
  expect(outputNames(originals.slice(0, 4), 'png')).toEqual(names.slice(0, 4));
});

test('names are never longer than disks take, and still never meet', () => {
  const long = ['x'.repeat(251), 'ä'.repeat(125)].flatMap((stem) => [`${stem}.jpg`, `a/${stem}.jpg`, `${stem}.png`]);
  const names = outputNames(long, 'webp');
  expect(new Set(names).size).toBe(long.length);
  for (const name of names) expect(Buffer.byteLength(name.split('/').at(-1) as string)).toBeLessThanOrEqual(255);
  expect(names.slice(0, 3)).toEqual([
    `${'x'.repeat(250)}.webp`,
    `a/${'x'.repeat(250)}.webp`,
    `${'x'.repeat(248)}-2.webp`,
  ]);
});

test('a latent that is no number becomes no picture: it is named, and the others can be had', async () => {
  const [damaged, out] = [join(folder, 'damaged'), join(folder, 'of-damaged')];
  await cp(latents, damaged, { recursive: true });
  const name = await spoilLatent(damaged, 'e.png', Number.NaN);
  const decodeDamaged = async () => decode(out, { store: await openLatents(damaged), batch: 1 });
  await expect(decodeDamaged()).rejects.toThrow(
    `${damaged}: the latent of ${name} holds NaN, wanted finite numbers: latents verify tells whether`,
  );
  expect((await readdir(out)).filter((file) => file.endsWith('.png')).length).toBeGreaterThan(0);
  expect(await readdir(out)).not.toContain('e.png');
});
