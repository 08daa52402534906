import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findImages } from '../../../src/data/images.js';
import { changesOf } from '../../../src/latents/writing/renewal/changes.js';
import { encodeTestFolder, temporaryFolder, writePicture, writePictures } from '../fixture.js';

const none = { changed: [], relabelled: [], retold: [], gone: [] };

test('what changed, cannot be read any more, is gone or is told otherwise is named; new images and others are not', async () => {
  const folder = await temporaryFolder();
  const [pictures, store] = [join(folder, 'pictures'), join(folder, 'store')];
  await writePictures(pictures, 14, ['dogs/bad.png']);
  await writeFile(join(pictures, 'dogs/001.txt'), 'a dog');
  await encodeTestFolder(pictures, store);
  const files = await findImages(pictures);
  expect(await changesOf(store, files)).toEqual(none);

  await writePicture(pictures, 'dogs/013.png', 24, 16);
  await writeFile(join(pictures, 'cats/006.png'), 'no picture any more');
  await rm(join(pictures, 'dogs/004.png'));
  await writePicture(pictures, 'birds/new.png');
  // Was skipped, so that the store holds no latents of what it had been.
  await writePicture(pictures, 'dogs/bad.png');
  await writeFile(join(pictures, 'dogs/001.txt'), 'another dog');
  await writeFile(join(pictures, 'cats/000.json'), '{"eyes": 2}');
  const retold = ['cats/000.png', 'dogs/001.png'];
  expect(await changesOf(store, files)).toEqual({
    ...none,
    changed: ['cats/006.png', 'dogs/004.png', 'dogs/013.png'],
    retold: ['dogs/001.png'],
  });
  expect(await changesOf(store, await findImages(pictures))).toEqual({
    ...none,
    changed: ['cats/006.png', 'dogs/013.png'],
    retold,
    gone: ['dogs/004.png'],
  });
  const except = new Set(['dogs/001.png', 'dogs/013.png']);
  const relabelled = (await findImages(pictures, { classDepth: 0 })).map((file) => {
    return file.relativePath === 'cats/003.png' ? { ...file, label: 'tigers' } : file;
  });
  expect(await changesOf(store, relabelled, { except })).toEqual({
    changed: ['cats/006.png'],
    relabelled: ['cats/003.png'],
    retold: ['cats/000.png'],
    gone: ['dogs/004.png'],
  });
});

test('a second encode tells of them and changes nothing', async () => {
  const folder = await temporaryFolder();
  const [pictures, store] = [join(folder, 'pictures'), join(folder, 'store')];
  await writePictures(pictures, 6);
  expect(await encodeTestFolder(pictures, store)).toMatchObject({ changes: none });
  await writePicture(pictures, 'dogs/001.png', 24, 16);
  await rm(join(pictures, 'dogs/004.png'));
  const again = await encodeTestFolder(pictures, store);
  expect(again).toMatchObject({
    images: 6,
    encoded: 0,
    changes: { changed: ['dogs/001.png'], gone: ['dogs/004.png'] },
  });
  expect(again.renewal).toBeUndefined();
  expect((await encodeTestFolder(pictures, store, { checkSources: false })).changes).toBeUndefined();
});
