/** A disk that is full says so, whatever else comes to a halt with it. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { convertLatents } from '../../src/latents/convert/convert.js';
import { encodeTestFolder, temporaryFolder, writePictures } from './fixture.js';

const { fullDisk } = vi.hoisted(() => ({
  fullDisk: Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' }),
}));

const disk = vi.hoisted(() => ({ isFull: false }));

vi.mock(import('../../src/files.js'), async (importOriginal) => {
  const original = await importOriginal();
  return {
    ...original,
    appendBytes: async (...args: Parameters<typeof original.appendBytes>) => {
      if (disk.isFull) throw fullDisk;
      return original.appendBytes(...args);
    },
  };
});

it('stops a conversion to tar files with its own error, and leaves no part of a file', async () => {
  const folder = await temporaryFolder();
  await writePictures(join(folder, 'pictures'), 8);
  await encodeTestFolder(join(folder, 'pictures'), join(folder, 'latents'), {});
  const out = join(folder, 'tars');
  const options = { format: 'webdataset', values: 'moments', scaled: false, seed: 0, out } as const;
  disk.isFull = true;
  await expect(convertLatents(join(folder, 'latents'), options)).rejects.toBe(fullDisk);
  expect(await readdir(folder)).toEqual(['latents', 'pictures']);
  disk.isFull = false;
  await convertLatents(join(folder, 'latents'), options);
  expect((await readdir(out)).sort()).toEqual(['classes.json', 'latents-00000.tar']);
});
