/** Lists of images that lie in object stores: read without asking a store. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readList } from '../../../src/data/input/list.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-vae-list-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function listOf(...lines: string[]) {
  const list = join(folder, 'list.txt');
  await writeFile(list, lines.join('\n'));
  return readList(list);
}

test('objects of one bucket are named from the folder that holds them all', async () => {
  const { folder: common, files } = await listOf('s3://lab/a/x/1.png', 's3://lab/a/2.png');
  expect(common).toBe('s3://lab/a');
  expect(files.map(({ relativePath }) => relativePath)).toEqual(['x/1.png', '2.png']);
  expect((await listOf('s3://lab/a/1.png', 's3://lab/b/1.png')).files.map(({ relativePath }) => relativePath)).toEqual([
    'a/1.png',
    'b/1.png',
  ]);
});

test('what lies in several places is refused', async () => {
  await expect(listOf('s3://lab/1.png', 's3://other/1.png')).rejects.toThrow(
    /lists objects of 2 buckets, wanted one place: split the list/,
  );
  await expect(listOf('s3://lab/1.png', '1.png')).rejects.toThrow(/lists both s3:\/\/ and files of this machine/);
});
