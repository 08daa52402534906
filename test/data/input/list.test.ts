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

test('lines count from the folder of the list, each once, however they end', async () => {
  const { folder: common, files } = await listOf('\ufeffa b.png\r', ' ', 'ü/2.png', '\r', 'a b.png\r');
  expect(common).toBe(folder);
  expect(files).toStrictEqual([
    { path: join(folder, 'a b.png'), relativePath: 'a b.png' },
    { path: join(folder, 'ü/2.png'), relativePath: 'ü/2.png' },
  ]);
  expect((await listOf('ü/1.png', 'ü/2.png')).folder).toBe(folder);
  expect((await listOf('a/1.png', `${folder}-2/2.png`)).folder).toBe(tmpdir());
  // What only begins as the folder does is not below it.
  const elsewhere = await listOf(`${folder}-2/1.png`, `${folder}-2/b/2.png`);
  expect(elsewhere.folder).toBe(`${folder}-2`);
  expect(elsewhere.files.map(({ relativePath }) => relativePath)).toEqual(['1.png', 'b/2.png']);
});

test('names that are no text keep their bytes', async () => {
  const list = join(folder, 'bytes.txt');
  const name = Buffer.from('é.png', 'latin1');
  const far = Buffer.concat([Buffer.from(`${folder}/sub/`), name]);
  await writeFile(list, Buffer.concat([name, Buffer.from('\n'), far]));
  expect((await readList(list)).files).toStrictEqual([
    {
      path: join(folder, '%E9.png'),
      relativePath: '%E9.png',
      pathBytes: Buffer.concat([Buffer.from(`${folder}/`), name]),
    },
    { path: join(folder, 'sub/%E9.png'), relativePath: 'sub/%E9.png', pathBytes: far },
  ]);
});

test('what is no list is refused', async () => {
  const list = join(folder, 'none.txt');
  for (const [content, message] of [
    [Buffer.from('\ufeffa\n', 'utf16le'), /is UTF-16, wanted UTF-8: convert it/],
    [Buffer.from('\ufeffa\n', 'utf16le').swap16(), /is UTF-16, wanted UTF-8: convert it/],
    [Buffer.from('a\0b'), /is neither an image nor a list of images/],
    [Buffer.from('0000001866747970686569630000000068656963', 'hex'), /none\.txt: HEIC is not read, convert it/],
  ] as const) {
    await writeFile(list, content);
    await expect(readList(list)).rejects.toThrow(message);
  }
  for (const start of [
    [0xff, 0x61],
    [0xfe, 0x61],
    [0xef, 0x61, 0x62],
    [0xef, 0xbb, 0x61],
    [0x61, 0xfe],
    [0x61, 0xff],
    [0x61, 0x62, 0xbf],
    [0x61, 0xbb, 0xbf],
    [0xef, 0x62, 0xbf],
  ]) {
    await writeFile(list, Buffer.from([...start, 0x0a]));
    const [{ relativePath } = { relativePath: '' }] = (await readList(list)).files;
    expect(relativePath).toBe(
      start.map((byte) => (byte < 128 ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase()}`)).join(''),
    );
  }
});
