import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { splitWithoutCopies, trainingWithout } from '../../src/data/copies.js';
import { findImages, type ImageFile } from '../../src/data/images.js';
import { UnreadableImage } from '../../src/data/skipped.js';
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

describe('which files are read and compared', () => {
  /** A picture in memory, whose reads are noted; of a size that is not known where that is `null`. */
  function pictures() {
    const reads: string[] = [];
    const of = (relativePath: string, content: string | Error, sizeBytes: number | null = String(content).length) => {
      const read = async () => {
        reads.push(relativePath);
        if (content instanceof Error) throw content;
        return Buffer.from(content);
      };
      return { path: '', relativePath, location: { read, ...(sizeBytes !== null && { sizeBytes }) } };
    };
    return { reads, of };
  }
  const trainingOf = async (files: readonly ImageFile[]) =>
    (await splitWithoutCopies(files, 'val/*')).training.map(({ relativePath }) => relativePath);

  test('those that have the size of one on the other side', async () => {
    const { reads, of } = pictures();
    const training = [of('a', 'same'), of('b', 'else'), of('c', 'longer')];
    expect(await trainingOf([...training, of('val/x', 'same'), of('val/y', 'even longer')])).toEqual(['b', 'c']);
    expect(reads).toEqual(['val/x', 'a', 'b']);
  });

  test('none of a size that is not known', async () => {
    const { reads, of } = pictures();
    const files = [of('a', 'same', null), of('b', '?'), of('val/x', 'same', null), of('val/y', 'longer')];
    expect(await trainingOf(files)).toEqual(['a', 'b']);
    expect(reads).toEqual([]);
    const missing = ['a', 'val/x'].map((relativePath) => ({ path: '/nowhere/at all', relativePath }));
    expect(await trainingOf(missing)).toEqual(['a']);
  });

  test('empty ones, too', async () => {
    const { of } = pictures();
    expect(await trainingOf([of('a', ''), of('b', 'else'), of('val/x', '')])).toEqual(['b']);
  });

  test('one whose name is no text by the bytes of its name', async () => {
    const folder = makeFolder();
    const path = write(folder, 'a', 'same');
    const { of } = pictures();
    const named = { path: join(folder, 'nothing'), relativePath: 'a', location: { pathBytes: Buffer.from(path) } };
    expect(await trainingOf([named, of('b', 'else'), of('val/x', 'same')])).toEqual(['b']);
  });

  test('what cannot be read is nobody’s copy, and training files are not read for its sake', async () => {
    const { reads, of } = pictures();
    const broken = new UnreadableImage('broken');
    expect(await trainingOf([of('a', 'same'), of('b', 'else'), of('val/x', broken, 4)])).toEqual(['a', 'b']);
    expect(reads).toEqual(['val/x']);
    const both = [of('a', broken, 4), of('b', 'same'), of('val/x', broken, 4), of('val/y', 'same')];
    expect(await trainingOf(both)).toEqual(['a']);
  });

  test('any other failure ends the split', async () => {
    const { of } = pictures();
    const files = [of('a', 'same'), of('val/x', new Error('out of handles'), 4)];
    await expect(trainingOf(files)).rejects.toThrow('out of handles');
    let reads = 0;
    const once = {
      read: async () => (reads++ === 0 ? Buffer.from('same') : Promise.reject(new Error('gone'))),
      sizeBytes: 4,
    };
    await expect(trainingOf([{ path: '', relativePath: 'a', location: once }, of('val/x', 'same')])).rejects.toThrow(
      /^gone$/,
    );
  });
});
