import { resolve } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import type { ImageSearch } from '../../src/data/images.js';
import { contentOf, type ImageFile } from '../../src/data/input/image-file.js';
import { openPictures, type Pictures, pictureSetFacts } from '../../src/data/picture-set.js';
import { UnreadableImage } from '../../src/data/skipped.js';
import { UserError } from '../../src/errors.js';
import { makeFolder, noisePng, write } from './folders.js';

let png: Buffer;
beforeAll(async () => {
  png = await noisePng(1, 3, 2);
});

const files = async (pictures: unknown, filter?: ImageSearch) =>
  (await openPictures(pictures as Pictures, filter)).files;

test('pictures are named by their number, their path or their name, and have the classes that are told', async () => {
  async function* given() {
    yield png;
    yield '../../photos/a.png';
    yield 'C:\\photos\\b.png';
    yield { picture: png, label: 'cat' };
    yield { picture: './c.png', name: 'd/e', label: 'ant' };
    yield { picture: () => png };
  }
  const set = await openPictures(given());
  expect(set).toMatchObject({ classes: ['ant', 'cat'], leftOut: [], notes: [], damage: [], unsearched: [] });
  expect(set.files.map(({ relativePath, label, path }) => [relativePath, label, path])).toEqual([
    ['picture-000000', undefined, ''],
    ['photos/a.png', undefined, resolve('../../photos/a.png')],
    ['photos/b.png', undefined, resolve('C:\\photos\\b.png')],
    ['picture-000003', 'cat', ''],
    ['d/e', 'ant', resolve('./c.png')],
    ['picture-000005', undefined, ''],
  ]);
  expect('label' in (set.files[0] as ImageFile)).toBe(false);
});

test('a place is opened as everywhere, with its filter', async () => {
  const folder = makeFolder();
  for (const path of ['a.png', 'b/c.png']) write(folder, path, png);
  expect((await files(folder)).map(({ relativePath }) => relativePath)).toEqual(['a.png', 'b/c.png']);
  expect((await files(folder, { include: 'b/*' })).map(({ relativePath }) => relativePath)).toEqual(['b/c.png']);
  const pair = [`${folder}/a.png`, `${folder}/b/c.png`];
  expect(await files(pair, { include: '**/c.png' })).toHaveLength(1);
  await expect(files(pair, { include: 'none' })).rejects.toThrow(
    'None of 2 pictures is left after include and exclude.',
  );
});

test('each is read when it is wanted, whatever it is in', async () => {
  const path = write(makeFolder(), 'a.png', png);
  const pixels = Uint8Array.of(1, 2, 3, 4, 5, 6);
  const raw = { pixels, width: 2, height: 1, channels: 3 };
  const tensor = { shape: [1, 2, 3], dtype: 'int32', data: async () => pixels };
  let asked = 0;
  const count = () => {
    asked++;
    return raw;
  };
  const found = await files(
    [png, path, raw, tensor, sharp(png), count, async () => path].map((picture) => ({
      picture,
      name: String(Math.random()),
    })),
  );
  expect(asked).toBe(0);
  const contents = await Promise.all(found.map((file) => contentOf(file)));
  expect(contents.every((content) => Buffer.isBuffer(content))).toBe(true);
  const decoded = await Promise.all(contents.map(async (content) => [...(await sharp(content).raw().toBuffer())]));
  const noise = [...(await sharp(png).raw().toBuffer())];
  expect(decoded).toEqual([noise, noise, [...pixels], [...pixels], noise, [...pixels], noise]);
  expect(asked).toBe(1);
  expect(found[0]?.location).toMatchObject({ sizeBytes: png.length });
  expect(found[5]?.location).not.toHaveProperty('sizeBytes');
});

test.each([
  [[], 'Got no pictures: the iterable was empty'],
  [[Buffer.from('a'), { picture: Buffer.from('a'), name: 'picture-000000' }], 'Two pictures are named picture-000000'],
  [[{ picture: null }], 'picture-000000 is null, wanted a path, a Buffer'],
  [[Buffer.from('a'), { width: 1 }], 'picture-000001 is an object, wanted a path'],
  [[7], 'picture-000000 is a number, wanted a path'],
  [
    [{ pixels: new Uint8Array(5), width: 2, height: 1, channels: 3 }],
    'Got 5 bytes of pixels for 2×1 px with 3 channels.',
  ],
])('%j is refused', async (pictures, message) => {
  const failing = files(pictures);
  await expect(failing).rejects.toThrow(UserError);
  await expect(failing).rejects.toThrow(message);
});

test('one that cannot be read is the fault of that picture alone', async () => {
  const found = await files([
    sharp(Buffer.from('no picture')),
    { picture: () => 7 },
    { picture: () => null },
    { picture: () => ({ pixels: new Uint8Array(5), width: 2, height: 1, channels: 3 }) },
    { picture: () => Promise.reject(new TypeError('out of order')) },
  ]);
  const faults = await Promise.all(found.map((file) => contentOf(file).catch((error: unknown) => error as Error)));
  expect(faults.map((fault) => (fault as Error).message)).toEqual([
    expect.stringMatching(/^sharp cannot read it \(/),
    'its function gave a number, wanted a picture',
    'its function gave null, wanted a picture',
    'Got 5 bytes of pixels for 2×1 px with 3 channels.',
    'out of order',
  ]);
  expect(faults.map((fault) => fault instanceof UnreadableImage)).toEqual([true, true, true, true, false]);
});

test('sets are told apart by names and classes', () => {
  const file = (relativePath: string, label?: string) => ({
    path: '',
    relativePath,
    ...(label !== undefined && { label }),
  });
  // printf '["a",null]\n["b","cat"]\n' | sha256sum
  const sha256 = 'ff62a2b449525d32b16a35705c94e0c11047093003cdf976941d267c1d10f6cb';
  expect(pictureSetFacts([file('a'), file('b', 'cat')])).toEqual({ count: 2, sha256 });
});
