import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findImages } from '../../../src/data/images.js';
import { changedSources } from '../../../src/latents/writing/input/sources.js';
import { encodeTestFolder, temporaryFolder, writePicture, writePictures } from '../fixture.js';

test('files that changed or cannot be read any more are named, in their order; new ones and others are not', async () => {
  const folder = await temporaryFolder();
  const [pictures, store] = [join(folder, 'pictures'), join(folder, 'store')];
  await writePictures(pictures, 14, ['dogs/bad.png']);
  await encodeTestFolder(pictures, store);
  const files = await findImages(pictures);
  expect(await changedSources(store, files)).toEqual([]);

  await writePicture(pictures, 'dogs/013.png', 24, 16);
  await writeFile(join(pictures, 'cats/006.png'), 'no picture any more');
  await rm(join(pictures, 'dogs/004.png'));
  await writePicture(pictures, 'birds/new.png');
  // Was skipped, so that the store holds no latents of what it had been.
  await writePicture(pictures, 'dogs/bad.png');
  expect(await changedSources(store, files)).toEqual(['cats/006.png', 'dogs/004.png', 'dogs/013.png']);
  expect(await changedSources(store, await findImages(pictures))).toEqual(['cats/006.png', 'dogs/013.png']);
});
