import { Buffer } from 'node:buffer';
import { truncateSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkFolder } from '../../src/data/check.js';
import { drawn, makeFolder, noisePng, write } from './folders.js';
import { memberBlocks } from './input/tar-blocks.js';

/** A PNG whose one channel, green unless told otherwise, is as given; the others are black. */
const inChannel = (valueAt: (x: number, y: number) => number, channel = 1, width = 32, height = 32) =>
  drawn(width, height, (x, y) => [0, 1, 2].map((index) => (index === channel ? valueAt(x, y) : 0)))
    .png()
    .toBuffer();

test('a picture is nearly of one colour up to four steps between its values, nearly black up to 12', async () => {
  const folder = makeFolder();
  // The extremes stand in the last and the first pixel, so that each is looked at.
  const isFirst = (x: number, y: number) => x === 0 && y === 0;
  const isLast = (x: number, y: number) => x === 31 && y === 31;
  write(folder, 'spread-4.png', await inChannel((x, y) => (isLast(x, y) ? 94 : isFirst(x, y) ? 90 : 92)));
  write(folder, 'spread-5.png', await inChannel((x, y) => (isLast(x, y) ? 90 : isFirst(x, y) ? 95 : 92)));
  write(folder, 'bright-12.png', await inChannel((x, y) => (isLast(x, y) ? 12 : 0)));
  write(folder, 'bright-13.png', await inChannel((x, y) => (isFirst(x, y) ? 13 : 0)));
  const { nearlyConstant, nearlyBlack } = await checkFolder(folder, { maxPixels: 1e6 });
  expect(nearlyConstant).toEqual(['spread-4.png']);
  expect(nearlyBlack).toEqual(['bright-12.png']);
});

test.each([0, 1, 2])('channel %i alone makes a picture one of several colours, and bright', async (channel) => {
  const folder = makeFolder();
  write(folder, 'a.png', await inChannel((x) => 8 * x, channel));
  expect(await checkFolder(folder, { maxPixels: 1e6 })).toMatchObject({ nearlyConstant: [], nearlyBlack: [] });
});

test('sizes, words, labels and copies are counted of what can be read', async () => {
  const folder = makeFolder();
  const png = await noisePng(1, 20, 10);
  for (const path of ['one/a.png', 'two/b.png', 'two/c.png']) write(folder, path, png);
  write(
    folder,
    'one/d.jpg',
    await drawn(40, 50, (x, y) => [x, y, 99])
      .jpeg()
      .toBuffer(),
  );
  write(folder, 'one/broken.png', 'no picture');
  write(folder, 'one/a.txt', 'a caption');
  write(folder, 'one/d.txt', 'another');
  write(folder, 'one/d.json', '{"n": 1}');
  write(folder, 'none/x.png', 'no picture');
  write(folder, 'two/b.json', '{"author": "somebody"}');
  write(folder, 'two/c.json', '{"caption": "in JSON"}');
  const progress: [number, number][] = [];
  const found = await checkFolder(folder, {
    maxPixels: 1e6,
    onProgress: (done, files) => progress.push([done, files]),
  });
  expect(found).toMatchObject({
    images: 4,
    labels: { one: 2, two: 2 },
    captions: 3,
    metadata: 3,
    sizes: { width: { min: 20, median: 20, max: 40 }, height: { min: 10, median: 10, max: 50 } },
    formats: { png: 3, jpeg: 1 },
    skipped: ['none/x.png', 'one/broken.png'].map((path) => {
      return { path, reason: 'not a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP image' };
    }),
    duplicates: [['one/a.png', 'two/b.png', 'two/c.png']],
  });
  // A class without a picture that can be read is none.
  expect(Object.keys(found.labels)).toEqual(['one', 'two']);
  expect(progress).toEqual([1, 2, 3, 4, 5, 6].map((done) => [done, 6]));
});

test('two of the same bytes are copies, one is none', async () => {
  const folder = makeFolder();
  for (const [path, number] of [
    ['a.png', 1],
    ['b.png', 2],
    ['c.png', 1],
  ] as const) {
    write(folder, path, await noisePng(number));
  }
  const { duplicates } = await checkFolder(folder, { maxPixels: 1e6 });
  expect(duplicates).toEqual([['a.png', 'c.png']]);
});

test('a tar that is cut off, a file that is too large: each is told of, and the rest is looked at', async () => {
  const folder = makeFolder();
  const members = ['1.png', '2.png'].map(async (name) => memberBlocks({ name, content: await noisePng(3) }));
  const tar = write(folder, 'cut.tar', Buffer.concat(await Promise.all(members)).subarray(0, -600));
  const { images, skipped } = await checkFolder(tar, { maxPixels: 1e6 });
  expect([images, skipped]).toEqual([1, [{ path: tar, reason: expect.stringContaining('2.png is not all there') }]]);
  const plain = makeFolder();
  write(plain, 'a.png', await noisePng(4));
  truncateSync(write(plain, 'huge.png', await noisePng(5)), 2 ** 31);
  const reason = 'larger than 2 GiB, which is more than is read of one file';
  expect(await checkFolder(plain, { maxPixels: 1e6 })).toMatchObject({
    images: 1,
    skipped: [{ path: 'huge.png', reason }],
  });
});

test('what is wrong with no picture ends the check', async () => {
  const folder = makeFolder();
  write(folder, 'a.png', await noisePng(6));
  const failing = {
    get maxPixels(): number {
      throw new Error('no limit is known');
    },
  };
  await expect(checkFolder(folder, failing)).rejects.toThrow('no limit is known');
});

test('the median is the lower of two middle ones, and of nothing all is zero', async () => {
  const folder = makeFolder();
  for (const [index, width] of [30, 2, 16, 100].entries()) {
    write(folder, `${index}.png`, await inChannel(() => 200, 1, width, width + 1));
  }
  const { sizes } = await checkFolder(folder, { maxPixels: 1e6 });
  expect(sizes).toEqual({ width: { min: 2, median: 16, max: 100 }, height: { min: 3, median: 17, max: 101 } });
  write(folder, '4.png', await inChannel(() => 200, 1, 40, 41));
  expect((await checkFolder(folder, { maxPixels: 1e6 })).sizes.width).toEqual({ min: 2, median: 30, max: 100 });
  const broken = makeFolder();
  write(broken, 'a.png', 'no picture');
  const nothing = { min: 0, median: 0, max: 0 };
  expect(await checkFolder(broken, { maxPixels: 1e6 })).toMatchObject({
    images: 0,
    labels: {},
    sizes: { width: nothing, height: nothing },
  });
});
