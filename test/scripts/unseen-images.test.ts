import { copyFile, mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { unseenImages } from '../../scripts/cli/pictures/unseen-images.js';
import { findImages } from '../../src/data/images.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { resolveRequest } from '../../src/training/request.js';
import { makeFolder } from '../data/folders.js';

const folder = makeFolder();
const images = join(folder, 'images');
const runOn = async (directory: string, validation: string) => {
  const run = await resolveRequest({ images: directory, model: 'fast-f8', size: 32, steps: 1, validation }, undefined);
  return { name: validation, run };
};
const relative = (files: readonly { relativePath: string }[]) => files.map(({ relativePath }) => relativePath);

beforeAll(() => writeSyntheticImages(images, { images: 8, size: 32, seed: 1 }));

it('leaves out what any of the models was trained on, also where it is found from another folder', async () => {
  const files = await findImages(images);
  const [first = '', second = ''] = relative(files);
  const runs = [await runOn(images, `{${first},${second}}`), await runOn(images, second)];
  expect(relative((await unseenImages(files, runs, false)).files)).toEqual([second]);
  const above = await unseenImages(await findImages(folder), runs, false);
  expect(relative(above.files)).toEqual([`images/${second}`]);
  expect(above.warning).toBeUndefined();
});

it('says so on the page where they are wanted, or there are no others', async () => {
  const files = await findImages(images);
  const [first = ''] = relative(files);
  const models = [await runOn(images, first), { name: 'photo-f8' }];
  const all = await unseenImages(files, models, true);
  expect(all).toEqual({
    files,
    warning: `Trained on: ${first} saw 7 of 8 images in training, which flatters the figures.`,
  });
  const rest = files.slice(1);
  expect(await unseenImages(rest, models, false)).toMatchObject({
    files: rest,
    warning: expect.stringContaining('7 of 7'),
  });
});

it('keeps other images, and those of which nothing is known', async () => {
  const [example] = await findImages(images);
  const others = join(folder, 'others');
  await mkdir(others);
  await copyFile(example?.path ?? '', join(others, 'copy.png'));
  const model = await runOn(images, example?.relativePath ?? '');
  const files = await findImages(others);
  expect(await unseenImages(files, [model], false)).toEqual({ files });
  const all = await findImages(images);
  await rename(images, join(folder, 'moved'));
  expect(await unseenImages(all, [model], false)).toEqual({ files: all });
});
