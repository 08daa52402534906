/** What is found below a prefix of an object store is what is found in a folder of the same files. */
import { Buffer } from 'node:buffer';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { tallyLeftOut } from '../../../src/data/input/left-out.js';
import { compareNames } from '../../../src/data/input/names.js';
import { walkFolder } from '../../../src/data/input/search/walk.js';
import { kindOfUrl, walkObjects } from '../../../src/data/input/search/walk-objects.js';
import { putObject } from '../../../src/storage/s3/objects.js';
import { clientAt, credentials, startS3, type TestServer } from '../../storage/s3-server.js';
import { makeFolder, write } from '../folders.js';

const decoded = '{"format": "latent-vae/decoded"}';
const tree: Readonly<Record<string, string>> = {
  '1.png': 'one',
  // Of the folder that is asked for: it is meant whoever wrote it.
  'decoded.json': decoded,
  '.g.png': '',
  'a/decoded.json': decoded,
  'a/2.png': '',
  'a/further/3.png': '',
  // No file, though it is called as one of ours, with one of ours in it.
  'b/decoded.json/x.json': decoded,
  'b/4.png': '',
  'c/.h/5.png': '',
  'c/..6.png': '',
  'c/d./7.png': '',
  'other/manifest.json': '{"format": "another"}',
  'other/8.png': '',
  // A run is told by a folder in it, which lies deeper than the picture beside that.
  'run/config.json': '{"formatVersion": 3}',
  'run/9.png': '',
  'run/samples/10.png': '',
  'x/y/z/run/config.json': '{"formatVersion": 3}',
  'x/y/z/run/11.png': '',
  'x/y/z/run/samples/deep/12.png': '',
};
let server: TestServer;
let folder: string;

beforeAll(async () => {
  server = await startS3('data');
  Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: server.url });
  const put = (name: string, content: string) => putObject(clientAt(server.url), name, Buffer.from(content));
  folder = makeFolder();
  for (const [name, content] of Object.entries(tree)) {
    await put(`tree/${name}`, content);
    write(folder, name, content);
  }
  // Some programs mark folders by objects like these.
  for (const name of ['tree/', 'tree/empty/', 'tree/c/empty/', 'marked/']) await put(name, '');
});
afterAll(() => server[Symbol.asyncDispose]());

async function walked(walk: typeof walkObjects, root: string, depth?: number) {
  const leftOut = tallyLeftOut();
  const files = await walk(root, { leftOut, ...(depth !== undefined && { depth }) });
  return { files, left: leftOut.list().map(({ kind, files: count, examples }) => `${kind}: ${count} (${examples})`) };
}

test.each([undefined, 1, 2, 5])('%s folders deep', async (depth) => {
  const namesOf = async (walk: typeof walkObjects, root: string) =>
    (await walked(walk, root, depth)).files.map(({ relativePath }) => relativePath).sort(compareNames);
  const names = await namesOf(walkObjects, 's3://data/tree');
  expect(names).toEqual(await namesOf(walkFolder, folder));
  expect(names).toContain('1.png');
});

test('each has its URL and its size, and what is left out is told', async () => {
  const { files, left } = await walked(walkObjects, 's3://data/tree/');
  expect(files.map(({ relativePath }) => relativePath)).toEqual([
    '1.png',
    'b/4.png',
    'b/decoded.json/x.json',
    'c/d./7.png',
    'decoded.json',
    'other/8.png',
    'other/manifest.json',
  ]);
  expect(files[0]).toStrictEqual({ path: 's3://data/tree/1.png', relativePath: '1.png', sizeBytes: 3 });
  expect(left).toEqual([
    'runs that train wrote: 6 (run/9.png,run/config.json,run/samples/10.png)',
    'hidden: 3 (.g.png,c/..6.png,c/.h/5.png)',
    'pictures that decode wrote: 3 (a/2.png,a/decoded.json,a/further/3.png)',
  ]);
  expect((await walked(walkObjects, 's3://data/tree', 1)).left[0]).toMatch(/^folders below: 14 \(a\/2\.png,/);
});

test('a URL is that of a file, of a folder or of nothing', async () => {
  expect(await kindOfUrl('s3://data/tree/1.png')).toBe('file');
  for (const url of ['s3://data', 's3://data/', 's3://data/tree', 's3://data/tree/', 's3://data/tree/c/d.']) {
    expect(await kindOfUrl(url)).toBe('folder');
  }
  expect(await kindOfUrl('s3://data/marked/')).toBe('folder');
  expect(await kindOfUrl('s3://data/tre')).toBeUndefined();
  expect(await kindOfUrl('s3://data/tree/1.png/')).toBeUndefined();
});

test('a search is interrupted', async () => {
  const options = { leftOut: tallyLeftOut(), signal: AbortSignal.abort() };
  await expect(walkObjects('s3://data/tree', options)).rejects.toThrow('Interrupted while s3://data/tree was searched');
  const going = { leftOut: tallyLeftOut(), signal: new AbortController().signal };
  expect((await walkObjects('s3://data/tree', going)).length).toBe(7);
});
