import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { contentOf, type Location, readableSource } from '../../../src/data/input/image-file.js';
import { UnreadableImage } from '../../../src/data/skipped.js';
import { makeFolder, write } from '../folders.js';

const folder = makeFolder();
const path = write(folder, 'a.png', '0123456789');

test('a file of this machine is read by its path, everything else by its content', async () => {
  expect(await readableSource({ path })).toBe(path);
  const places: [Location, string][] = [
    [{ tar: path, position: 2, sizeBytes: 3 }, '234'],
    [{ pathBytes: Buffer.from(path) }, '0123456789'],
    [{ read: async () => Buffer.from('in memory') }, 'in memory'],
  ];
  for (const [location, content] of places) {
    const source = { path: `${folder}/none`, location };
    expect((await contentOf(source)).toString()).toBe(content);
    expect(await readableSource(source)).toEqual(Buffer.from(content));
  }
  expect((await contentOf({ path })).toString()).toBe('0123456789');
});

test('what is refused or gone is the fault of that image', async () => {
  for (const read of [contentOf, readableSource]) {
    await expect(read({ path, refusal: 'is a socket' })).rejects.toThrow(new UnreadableImage('is a socket'));
  }
  await expect(contentOf({ path: `${folder}/none` })).rejects.toThrow(new UnreadableImage('file does not exist'));
  await expect(contentOf({ path: folder })).rejects.toThrow(new UnreadableImage('is a folder'));
  const broken = { read: () => Promise.reject(new TypeError('out of order')) };
  await expect(contentOf({ path, location: broken })).rejects.toThrow(new TypeError('out of order'));
});
