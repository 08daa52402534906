import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { UserError } from '../src/errors.js';
import { makeFolder, openForReading, readRange, writeAtomically, writeFileAtomic } from '../src/files.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'files-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('replaces a file wholly or not at all, and leaves nothing else behind', async () => {
  const path = join(folder, 'a.txt');
  await writeFileAtomic(path, 'old');
  await writeFileAtomic(path, Buffer.from('new text'));
  const failing = writeAtomically(path, async (handle) => {
    await handle.write('half');
    throw new Error('power cut');
  });
  await expect(failing).rejects.toThrow('power cut');
  expect(await readFile(path, 'utf8')).toBe('new text');
  expect(await readdir(folder)).toEqual(['a.txt']);
});

it('says what is wrong with a path', async () => {
  await expect(writeFileAtomic(join(folder, 'none', 'a.txt'), '')).rejects.toThrow(UserError);
  await expect(openForReading(join(folder, 'none'))).rejects.toThrow(/Cannot open .*none: it does not exist/);
});

it('reads a range, and says where a file ends early', async () => {
  const path = join(folder, 'b.txt');
  await writeFileAtomic(path, 'abcdef');
  const { handle, sizeBytes } = await openForReading(path);
  expect(sizeBytes).toBe(6);
  expect(Buffer.from(await readRange(handle, 2, 3, path)).toString()).toBe('cde');
  await expect(readRange(handle, 4, 3, path)).rejects.toThrow(/b\.txt ends at byte 6/);
  await handle.close();
});

it('says why a folder cannot be made', async () => {
  const file = join(folder, 'file');
  await writeFileAtomic(file, '');
  for (const path of [file, join(file, 'a', 'b')])
    await expect(makeFolder(path)).rejects.toThrow(`Cannot make the folder ${path}: a file of that name is in its way`);
  // Nobody, root neither, makes a folder there; Node itself calls it one that does not exist.
  if (process.platform === 'linux') await expect(makeFolder('/proc/none/a')).rejects.toThrow(/Cannot make the folder/);
  expect(await makeFolder(join(folder, 'a', 'b'))).toBe(join(folder, 'a'));
});
