import { expect, test } from 'vitest';
import { splitWithoutCopies, trainingWithout } from '../../src/data/copies.js';
import { findImages } from '../../src/data/images.js';
import { makeFolder, noisePng, write } from './folders.js';

test('training images with the bytes of a validation image are left out of the training, and counted', async () => {
  const folder = makeFolder();
  const pictures = await Promise.all(Array.from({ length: 6 }, (_, number) => noisePng(number)));
  for (const [number, png] of pictures.entries()) write(folder, `train/${number}.png`, png);
  write(folder, 'val/a.png', pictures[2]!);
  write(folder, 'val/b.png', await noisePng(99));
  write(folder, 'train/again.png', pictures[2]!);
  const sentences: string[] = [];
  const { training, validation } = await splitWithoutCopies(await findImages(folder), 'val/**', (sentence) =>
    sentences.push(sentence),
  );
  const paths = (files: readonly { relativePath: string }[]) => files.map(({ relativePath }) => relativePath);
  expect(paths(training)).toEqual(['train/0.png', 'train/1.png', 'train/3.png', 'train/4.png', 'train/5.png']);
  expect(paths(validation)).toEqual(['val/a.png', 'val/b.png']);
  expect(sentences).toEqual([
    'Copies of validation images are left out of the training: 2 of 7 images, such as train/2.png.',
  ]);
});

test('where nothing is left to train on, the reason is the true one', async () => {
  const [same, broken] = [makeFolder(), makeFolder()];
  for (const name of ['a.png', 'b.png', 'c.png']) {
    write(same, name, await noisePng(1));
    write(broken, name, 'no picture');
  }
  await expect(splitWithoutCopies(await findImages(same))).rejects.toThrow(/are copies of validation images/);
  await expect(splitWithoutCopies(await findImages(broken))).rejects.toThrow(/^None of 3 images can be read \(a.png: /);
});

test('the same rule goes for anything that is split', () => {
  const [a, b] = [{ relativePath: 'a' }, { relativePath: 'b' }];
  expect(trainingWithout([a, b], new Set())).toEqual([a, b]);
  expect(trainingWithout([a, b], new Set([b]))).toEqual([a]);
});
