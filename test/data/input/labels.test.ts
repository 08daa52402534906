import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { pack } from 'tar-stream';
import { expect, test } from 'vitest';
import { openImages } from '../../../src/data/images.js';
import { makeFolder, noisePng, write } from '../folders.js';

async function writeTar(folder: string, members: readonly (readonly [string, Buffer | string])[]): Promise<string> {
  const path = join(folder, 'x.tar');
  const tar = pack();
  for (const [name, content] of members) tar.entry({ name }, content);
  tar.finalize();
  await pipeline(tar, createWriteStream(path));
  return path;
}

/** Number of the class of each image. */
async function numbersOf(root: string, classDepth = 1): Promise<Record<string, number | string>> {
  const { files, classes } = await openImages(root, { classDepth });
  return Object.fromEntries(
    files.map(({ relativePath, label, refusal }) => [relativePath, refusal ?? classes.indexOf(label ?? '')]),
  );
}

test('folders are numbered by the bytes of their names, as by torchvision.datasets.ImageFolder', async () => {
  const folder = makeFolder();
  const names = ['cat', 'cat dog', 'cat-2', 'Zebra', 'ä', '\u{fb01}n', '\u{1f408}', '10', '9'];
  for (const name of names) write(folder, `${name}/nested/1.png`, await noisePng(1));
  // sorted(os.listdir()) of Python, which compares code points.
  const listing = ['10', '9', 'Zebra', 'cat', 'cat dog', 'cat-2', 'ä', '\u{fb01}n', '\u{1f408}'];
  expect(await numbersOf(folder)).toEqual(Object.fromEntries(listing.map((name, at) => [`${name}/nested/1.png`, at])));
});

test('--class-depth takes the folders below a split', async () => {
  const folder = makeFolder();
  for (const name of ['train/cat/a', 'train/dog/b', 'val/cat/c']) write(folder, `${name}/1.png`, await noisePng(1));
  expect((await openImages(folder, { classDepth: 2 })).classes).toEqual(['cat', 'dog']);
  expect((await openImages(folder, { classDepth: 0 })).classes).toEqual(['train/cat/a', 'train/dog/b', 'val/cat/c']);
  expect((await openImages(join(folder, 'train/cat'))).notes).toEqual([]);
  const single = makeFolder();
  write(single, 'train/1.png', await noisePng(1));
  expect((await openImages(single)).notes).toEqual([]);
});

test('tars: members that are not adjacent, names with dots, ./, numbers that stay numbers', async () => {
  const png = await noisePng(1);
  const folder = makeFolder();
  const scattered = await writeTar(folder, [
    ['0.jpg', png],
    ['./1.jpg', png],
    ['v1.0_a.jpg', png],
    ['two.left.jpg', png],
    ['none.jpg', png],
    ['0.cls', '12'],
    ['./1.cls', '7\n'],
    ['v1.0_a.cls', '3'],
    ['two.cls', '0'],
    ['none.cls', '-1'],
  ]);
  const numbers = { 'x/0.jpg': 12, 'x/1.jpg': 7, 'x/v1.0_a.jpg': 3, 'x/two.left.jpg': 0, 'x/none.jpg': -1 };
  expect(await numbersOf(scattered)).toEqual(numbers);
});

test('tars: one key twice, labels that differ, are empty or no text are refused by name', async () => {
  const png = await noisePng(1);
  const refusals = await numbersOf(
    await writeTar(makeFolder(), [
      ['0.jpg', png],
      ['0.cls', '1'],
      ['0.jpg', png],
      ['1.jpg', png],
      ['1.cls', '1'],
      ['1.cls', '2'],
      ['2.jpg', png],
      ['2.cls', ''],
      ['3.jpg', png],
      ['3.cls', '5'],
    ]),
  );
  expect(refusals).toEqual({
    'x/0.jpg': expect.stringMatching(/^2 members of the tar have this name/),
    'x/1.jpg': expect.stringMatching(/2 members 1\.cls that differ/),
    'x/2.jpg': '2.cls is empty, wanted a class',
    'x/3.jpg': 5,
  });
  const mixed = await writeTar(makeFolder(), [
    ['0.jpg', png],
    ['0.cls', '1'],
    ['1.jpg', png],
    ['1.cls', 'cat'],
  ]);
  await expect(openImages(mixed)).rejects.toThrow(/class numbers \(such as 1\) and class names \(such as cat\)/);
});

test('a tar of class folders has their classes, and says which images have none', async () => {
  const png = await noisePng(1);
  const tar = await writeTar(makeFolder(), [
    ['dogs/0.jpg', png],
    ['cats/1.jpg', png],
    ['2.jpg', png],
  ]);
  expect(await numbersOf(tar)).toEqual({ 'x/2.jpg': -1, 'x/cats/1.jpg': 0, 'x/dogs/0.jpg': 1 });
  expect((await openImages(tar)).notes).toEqual([
    expect.stringMatching(/^1 of 3 images have no class, such as x\/2\.jpg/),
  ]);
});

test('tars: what Apple leaves beside files is hidden, as names with a dot are in folders', async () => {
  const png = await noisePng(1);
  const tar = await writeTar(makeFolder(), [
    ['./._0.png', 'no picture'],
    ['0.png', png],
    ['__MACOSX/.a/1.png', png],
    ['0.TXT', 'a caption'],
  ]);
  const { files, leftOut, notes } = await openImages(tar);
  expect(files.map(({ relativePath, companions }) => [relativePath, companions?.caption !== undefined])).toEqual([
    ['x/0.png', true],
  ]);
  expect(leftOut).toEqual([{ kind: 'hidden', files: 2, examples: ['x/._0.png', 'x/__MACOSX/.a/1.png'] }]);
  expect(notes).toEqual([]);
});

test('classes that are the parts of a split are told what to do', async () => {
  const folder = makeFolder();
  for (const name of ['train/cat', 'val/cat']) write(folder, `${name}/1.png`, await noisePng(1));
  expect((await openImages(folder)).notes).toEqual([
    'The classes are train, val; --class-depth 2 takes the folders below them.',
  ]);
});
