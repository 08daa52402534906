import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openImages } from '../../../src/data/images.js';
import { readText } from '../../../src/data/input/beside/companions.js';
import { convertLatents } from '../../../src/latents/convert/convert.js';
import { decodeLatents } from '../../../src/latents/reading/decode.js';
import { openLatents } from '../../../src/latents/reading/store.js';
import { verifyLatents } from '../../../src/latents/reading/verify.js';
import { encodeTestFolder, fakeDecoder, fakeEncoder, temporaryFolder, writePicture } from '../fixture.js';

test('captions and metadata beside pictures go into the store, into other formats and beside decoded pictures', async () => {
  const folder = await temporaryFolder();
  const pictures = join(folder, 'pictures');
  for (const name of ['a/0.png', 'a/1.v2.png', 'a/2.png', 'b/3.png', 'b/4.png']) await writePicture(pictures, name);
  await writeFile(join(pictures, 'a/0.txt'), '\ufeffein Kätzchen\n');
  await writeFile(join(pictures, 'a/1.v2.json'), '{"caption": "from JSON", "n": [1, null]}');
  await writeFile(join(pictures, 'metadata.jsonl'), '{"file_name": "a/2.png", "text": "from a line"}\n');
  await writeFile(join(pictures, 'b/3.txt'), Buffer.from([0xff, 0xfe, 0x41, 0x00]));
  const { leftOut } = await openImages(pictures);
  expect(leftOut).toEqual([]);
  const out = join(folder, 'store');
  const { images, skipped } = await encodeTestFolder(pictures, out);
  expect(images).toBe(4);
  expect(skipped).toEqual([{ path: 'b/3.png', reason: 'its caption is no UTF-8 text: convert it (iconv)' }]);
  expect(await verifyLatents(out)).toEqual([]);
  const store = await openLatents(out);
  expect(store.manifest.formatVersion).toBe(2);
  const texts = [
    { caption: 'ein Kätzchen' },
    { caption: 'from JSON', metadata: { caption: 'from JSON', n: [1, null] } },
    { caption: 'from a line', metadata: { file_name: 'a/2.png', text: 'from a line' } },
    {},
  ];
  expect(await Promise.all([0, 1, 2, 3].map((index) => store.text(index)))).toEqual(texts);
  const [shard] = store.manifest.shards;
  // As any program reads them.
  const lines = (await readFile(join(out, shard?.texts?.file ?? ''), 'utf8')).split('\n').slice(0, -1);
  expect(lines.map((line) => JSON.parse(line))).toEqual(texts);

  const npy = join(folder, 'npy');
  await convertLatents(out, { format: 'npy', values: 'mean', scaled: false, seed: 0, out: npy });
  const index = (await readFile(join(npy, 'index.jsonl'), 'utf8')).split('\n').slice(0, -1);
  expect(index.map((line) => JSON.parse(line))).toMatchObject([
    { path: 'a/0.png', key: 'a/0', class: 'a', label: 0, ...texts[0] },
    { path: 'a/1.v2.png', key: 'a/1%2Ev2', class: 'a', label: 0, ...texts[1] },
    { path: 'a/2.png', key: 'a/2', class: 'a', label: 0 },
    { path: 'b/4.png', key: 'b/4', class: 'b', label: 1 },
  ]);
  expect(JSON.parse(await readFile(join(npy, 'classes.json'), 'utf8'))).toEqual(['a', 'b']);

  const tars = join(folder, 'tars');
  await convertLatents(out, { format: 'webdataset', values: 'mean', scaled: false, seed: 0, out: tars });
  expect((await readdir(tars)).sort()).toEqual(['classes.json', 'latents-00000.tar']);

  const restored = join(folder, 'restored');
  const decode = { store, decoder: fakeDecoder(), out: restored, format: 'png', from: 'mean', seed: 0 } as const;
  await decodeLatents({ ...decode, batch: 2, force: false, tileSize: 512, tileOverlap: 0 });
  await store.close();
  const again = await openImages(restored);
  expect(again.files.map(({ relativePath, companions }) => [relativePath, companions?.line !== undefined])).toEqual([
    ['a/0.png', true],
    ['a/1.v2.png', true],
    ['a/2.png', true],
    ['b/4.png', true],
  ]);
});

test('a store without texts is what it was: version 1, no further files', async () => {
  const folder = await temporaryFolder();
  await writePicture(join(folder, 'pictures'), 'a/0.png');
  const out = join(folder, 'store');
  await encodeTestFolder(join(folder, 'pictures'), out, { encoder: fakeEncoder() });
  const store = await openLatents(out);
  expect(store.manifest.formatVersion).toBe(1);
  expect(await store.text(0)).toEqual({});
  expect((await readdir(out)).sort()).toEqual([
    'latents-00000.json',
    'latents-00000.safetensors',
    'manifest.json',
    'skipped.jsonl',
  ]);
  await store.close();
});

describe('tables beside pictures', () => {
  const csv = '\ufefffile_name,text,n\r\na/0.png,"a cat, ""asleep""\nat home",7\r\n./b/gone.png,no picture,8\r\n';

  async function folderWith(files: Readonly<Record<string, string>>) {
    const folder = await temporaryFolder();
    for (const name of ['a/0.png', 'b/1.png']) await writePicture(folder, name);
    for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
    return folder;
  }
  const textsOf = async (root: string) => {
    const { files, leftOut } = await openImages(root);
    const texts = await Promise.all(files.map(async ({ companions }) => companions && (await readText(companions))));
    return { texts, leftOut };
  };
  const cat = { file_name: 'a/0.png', text: 'a cat, "asleep"\nat home', n: '7' };

  test('metadata.csv tells what metadata.jsonl does; a line whose image is not there is named', async () => {
    const { texts, leftOut } = await textsOf(await folderWith({ 'metadata.csv': csv }));
    expect(texts).toEqual([{ caption: cat.text, metadata: cat }, undefined]);
    expect(leftOut).toEqual([{ kind: 'lines of tables whose image is not there', files: 1, examples: ['b/gone.png'] }]);
  });

  test('they tell of images that a list or one path names too', async () => {
    const folder = await folderWith({
      'metadata.csv': csv,
      'b/metadata.jsonl': '{"file_name":"1.png","text":"b"}',
      'list.lst': 'b/1.png\na/0.png\n',
    });
    expect((await textsOf(join(folder, 'list.lst'))).texts).toMatchObject([{ caption: cat.text }, { caption: 'b' }]);
    expect((await textsOf(join(folder, 'b/1.png'))).texts).toMatchObject([{ caption: 'b' }]);
    expect((await textsOf(join(folder, 'a/*.png'))).texts).toHaveLength(1);
  });

  test.each([
    ['metadata.csv', 'id,split,weight\n1,train\n2,test,0.5,7\n'],
    ['metadata.jsonl', '{"image": "a/0.png", "text": "as another tool names it"}\n'],
  ])('%s of another kind is left out by name, and nothing is taken from it', async (name, text) => {
    const { texts, leftOut } = await textsOf(await folderWith({ [name]: text }));
    expect(texts).toEqual([undefined, undefined]);
    expect(leftOut).toMatchObject([{ kind: 'tables without file_name', files: 1, examples: [name] }]);
  });

  test.each([
    [
      { 'metadata.csv': 'file_name,text\na/0.png\n' },
      /metadata\.csv cannot be read \(.*2.*1.*\): mend or remove it\.$/,
    ],
    [
      { 'metadata.csv': 'file_name,text\n"",x\n' },
      /metadata\.csv, image 1: file_name names no image: mend it, or rename the table .*\.$/,
    ],
    [
      { 'metadata.jsonl': '{"file_name": "a/0.png"}\n{"file' },
      /metadata\.jsonl cannot be read \(image 2 is not JSON\)/,
    ],
    [{ 'metadata.csv': csv, 'metadata.jsonl': '{"file_name": "a/0.png"}' }, /image 1: a\/0\.png was told of before/],
  ])('a table that tells nothing sure is refused by name: %j', async (files, sentence) => {
    await expect(openImages(await folderWith(files as Record<string, string>))).rejects.toThrow(sentence);
  });

  test('a table that is a link to nowhere is refused in a sentence as well', async () => {
    const folder = await folderWith({});
    await symlink('nowhere', join(folder, 'metadata.jsonl'));
    await expect(openImages(folder)).rejects.toThrow(
      /metadata\.jsonl cannot be read \(symbolic link to a file.*mend or remove it\.$/,
    );
  });
});
