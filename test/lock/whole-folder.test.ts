import { mkdir, mkdtemp, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { isUnfinished, writeWholeFile, writeWholeFolder } from '../../src/lock/whole-folder.js';

let parent: string;
let out: string;
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'whole-'));
  out = join(parent, 'a', 'out');
});

async function writeTwo(draft: string): Promise<void> {
  await writeFile(join(draft, 'encoder'), 'E');
  await mkdir(join(draft, 'more'));
  await writeFile(join(draft, 'more', 'decoder'), 'D');
}

test('a folder is whole once it is written, and no second one is written over it', async () => {
  await writeWholeFolder(out, writeTwo);
  expect((await readdir(out)).sort()).toEqual(['encoder', 'more']);
  expect(isUnfinished(out)).toBe(false);
  await expect(writeWholeFolder(out, writeTwo)).rejects.toThrow(
    /which holds encoder; wanted a new or empty folder: choose another/,
  );
});

test('where writing fails nothing is left', async () => {
  const fail = async (draft: string) => {
    await writeTwo(draft);
    throw new Error('the disk is full');
  };
  await expect(writeWholeFolder(out, fail)).rejects.toThrow('the disk is full');
  expect(await readdir(parent)).toEqual(['a']);
  await mkdir(out);
  await expect(writeWholeFolder(out, fail)).rejects.toThrow('the disk is full');
  expect(await readdir(out)).toEqual([]);
});

test('what a kill left, in the draft or half moved, is marked, and the same call finishes it', async () => {
  await mkdir(join(out, '.unfinished'), { recursive: true });
  await mkdir(join(out, 'more'));
  await writeFile(join(out, 'more', 'old'), 'half moved');
  await writeFile(join(out, '.unfinished', 'half'), 'written');
  expect(isUnfinished(out)).toBe(true);
  await writeWholeFolder(out, writeTwo);
  expect((await readdir(out)).sort()).toEqual(['encoder', 'more']);
  expect(await readdir(join(out, 'more'))).toEqual(['decoder']);
  expect(await readFile(join(out, 'encoder'), 'utf8')).toBe('E');
});

test('nothing else stands beside what a call finishes, and hidden files of others stay', async () => {
  await mkdir(join(out, '.unfinished'), { recursive: true });
  await writeFile(join(out, 'of-another-format'), 'half moved');
  await writeFile(join(out, '.gitignore'), '*');
  // A kill between the last file and the removal of the mark leaves the mark alone.
  await writeWholeFolder(out, writeTwo);
  expect((await readdir(out)).sort()).toEqual(['.gitignore', 'encoder', 'more']);
});

test('a file is whole once it is there, and its draft of a killed call is not left', async () => {
  const file = join(parent, 'latents.npz');
  await mkdir(join(parent, '.latents.npz.unfinished'));
  await writeFile(join(parent, '.latents.npz.unfinished', '.11111111-2222-4333-8444-555555555555.tmp'), 'half');
  await expect(
    writeWholeFile(file, async (path) => {
      await writeFile(path, 'half');
      throw new Error('the disk is full');
    }),
  ).rejects.toThrow('the disk is full');
  expect(await readdir(parent)).toEqual([]);
  await writeWholeFile(file, (path) => writeFile(path, 'whole'));
  expect(await readdir(parent)).toEqual(['latents.npz']);
  await expect(writeWholeFile(file, (path) => writeFile(path, 'another'))).rejects.toThrow(/which is there already/);
});

test('has one writer at a time', async () => {
  let second: Promise<unknown> | undefined;
  await writeWholeFolder(out, async (draft) => {
    second = writeWholeFolder(out, writeTwo).catch((error: unknown) => error);
    await second;
    await writeTwo(draft);
  });
  expect(await second).toMatchObject({ message: expect.stringContaining('is being written by process') });
});
