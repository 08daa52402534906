import { expect, test } from 'vitest';
import { checkFolder } from '../../src/data/check.js';
import { drawn, makeFolder, noisePng, write } from './folders.js';

/** A PNG whose green is as given, over black red and blue. */
const green = (valueAt: (x: number, y: number) => number, width = 32, height = 32) =>
  drawn(width, height, (x, y) => [0, valueAt(x, y), 0])
    .png()
    .toBuffer();

test('a picture is nearly of one colour up to four steps between its values, nearly black up to 12', async () => {
  const folder = makeFolder();
  // The extremes stand in the last and the first pixel, so that each is looked at.
  const isFirst = (x: number, y: number) => x === 0 && y === 0;
  const isLast = (x: number, y: number) => x === 31 && y === 31;
  write(folder, 'spread-4.png', await green((x, y) => (isLast(x, y) ? 94 : isFirst(x, y) ? 90 : 92)));
  write(folder, 'spread-5.png', await green((x, y) => (isLast(x, y) ? 90 : isFirst(x, y) ? 95 : 92)));
  write(folder, 'bright-12.png', await green((x, y) => (isLast(x, y) ? 12 : 0)));
  write(folder, 'bright-13.png', await green((x, y) => (isFirst(x, y) ? 13 : 0)));
  const { nearlyConstant, nearlyBlack } = await checkFolder(folder, { maxPixels: 1e6 });
  expect(nearlyConstant).toEqual(['spread-4.png']);
  expect(nearlyBlack).toEqual(['bright-12.png']);
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
    captions: 2,
    metadata: 2,
    sizes: { width: { min: 20, median: 20, max: 40 }, height: { min: 10, median: 10, max: 50 } },
    formats: { png: 3, jpeg: 1 },
    skipped: [{ path: 'one/broken.png', reason: 'not a JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP image' }],
    duplicates: [['one/a.png', 'two/b.png', 'two/c.png']],
  });
  expect(progress).toEqual([1, 2, 3, 4, 5].map((done) => [done, 5]));
});

test('the median is the lower of two middle ones, and of nothing all is zero', async () => {
  const folder = makeFolder();
  for (const [index, width] of [30, 2, 16, 100].entries()) {
    write(folder, `${index}.png`, await green(() => 200, width, width + 1));
  }
  const { sizes } = await checkFolder(folder, { maxPixels: 1e6 });
  expect(sizes).toEqual({ width: { min: 2, median: 16, max: 100 }, height: { min: 3, median: 17, max: 101 } });
  const broken = makeFolder();
  write(broken, 'a.png', 'no picture');
  const nothing = { min: 0, median: 0, max: 0 };
  expect(await checkFolder(broken, { maxPixels: 1e6 })).toMatchObject({
    images: 0,
    labels: {},
    sizes: { width: nothing, height: nothing },
  });
});
