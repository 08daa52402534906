import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { checkFolder } from '../../../src/data/check.js';
import { findImages, openImages } from '../../../src/data/images.js';
import { contentOf } from '../../../src/data/input/image-file.js';
import { UserError } from '../../../src/errors.js';
import { drawn, makeFolder, noisePng, write } from '../folders.js';

const paths = async (root: string) => (await findImages(root)).map(({ relativePath }) => relativePath);

test('what is not read is counted by its ending, and its content is looked at where that says nothing', async () => {
  const folder = makeFolder();
  const png = await noisePng(1);
  for (const name of ['0.png', 'noext', 'url.jpg_large']) write(folder, name, png);
  write(folder, 'IMG_1.HEIC', Buffer.from('0000001866747970686569630000000068656963', 'hex'));
  write(folder, 'named.heic', png);
  write(folder, 'pic.jxl', Buffer.from('ff0a', 'hex'));
  write(folder, 'raw.nef', Buffer.from('II*\0'));
  write(folder, 'photo.psd', Buffer.from('8BPS'));
  write(folder, 'a.txt', '');
  write(folder, 'b.txt', '');
  write(folder, '.hidden.png', png);
  const { files, leftOut } = await openImages(folder);
  expect(files.map(({ relativePath }) => relativePath)).toEqual(['0.png', 'named.heic', 'noext', 'url.jpg_large']);
  expect(Object.fromEntries(leftOut.map(({ kind, files }) => [kind, files]))).toEqual({
    '.txt': 2,
    '.heic': 1,
    '.jxl': 1,
    '.nef': 1,
    '.psd': 1,
    hidden: 1,
  });
  const adviceOf = (kind: string) => leftOut.find((found) => found.kind === kind)?.advice;
  expect(adviceOf('.heic')).toMatch(/^HEIC is not read, convert/);
  expect(adviceOf('.jxl')).toMatch(/^JPEG XL is not read, convert/);
  expect(adviceOf('.psd')).toMatch(/^Photoshop is not read, convert/);
  expect(adviceOf('.nef')).toMatch(/raw/);
});

test.skipIf(process.platform !== 'linux')('names of any bytes are told apart and read', async () => {
  const folder = makeFolder();
  const contents = await Promise.all([0, 1, 2, 3, 4].map((number) => noisePng(number)));
  const names = [[0x63, 0xe9], [0x63, 0xe8], [0xff, 0x2f, 0x78], [0x25, 0xff], [...Buffer.from('new\nline')]];
  mkdirSync(Buffer.from(`${folder}/\xff`, 'latin1'));
  names.forEach((name, index) => {
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name), Buffer.from('.png')]), contents[index]!);
  });
  const files = await findImages(folder);
  const read = await Promise.all(files.map(async (file) => [file.relativePath, await contentOf(file)] as const));
  const expected = ['c%E9.png', 'c%E8.png', '%FF/x.png', '%25%FF.png', 'new\nline.png'];
  expect(new Map(read)).toEqual(new Map(expected.map((name, index) => [name, contents[index]])));
  const listed = Buffer.concat([Buffer.from([0x63, 0xe9]), Buffer.from('.png\n')]);
  writeFileSync(join(folder, 'list.txt'), listed);
  const [one] = await findImages(join(folder, 'list.txt'));
  expect(await contentOf(one!)).toEqual(contents[0]);
});

test('links: every real folder once, by its own path', async () => {
  const folder = makeFolder();
  write(folder, 'a/1.png', await noisePng(1));
  mkdirSync(join(folder, 'b'));
  symlinkSync('..', join(folder, 'a/up'));
  symlinkSync('../b', join(folder, 'a/b'));
  symlinkSync('../a', join(folder, 'b/a'));
  expect(await paths(folder)).toEqual(['a/1.png']);
  expect(await paths(`${folder}/**/*.png`)).toEqual(['a/1.png']);
  const controller = new AbortController();
  controller.abort();
  await expect(findImages(folder, { signal: controller.signal })).rejects.toThrow(/Interrupted while/);
});

test('what this tool wrote below a folder is no data, unless it is asked for', async () => {
  const folder = makeFolder();
  const png = await noisePng(1);
  write(folder, '1.png', png);
  write(folder, 'restored/1.png', png);
  write(folder, 'restored/decoded.json', JSON.stringify({ format: 'latent-vae/decoded' }, null, 1));
  write(folder, 'runs/a/config.json', '{"formatVersion": 1}');
  write(folder, 'runs/a/samples/step-000001.png', png);
  write(folder, 'other/config.json', '{"formatVersion": 1}');
  write(folder, 'other/2.png', png);
  const { files, leftOut } = await openImages(folder);
  expect(files.map(({ relativePath }) => relativePath)).toEqual(['1.png', 'other/2.png']);
  expect(leftOut.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(['pictures that decode wrote', 'runs that train wrote']),
  );
  expect(await paths(join(folder, 'restored'))).toEqual(['1.png']);
});

test('a list in UTF-8 with its mark, in UTF-16, and a glob that finds nothing so high', async () => {
  const folder = makeFolder();
  write(folder, 'sub/1.png', await noisePng(1));
  write(folder, 'list.txt', '\ufeffsub/1.png\n');
  expect(await paths(join(folder, 'list.txt'))).toEqual(['1.png'].map((name) => `sub/${name}`));
  write(folder, 'utf16.txt', Buffer.from('\ufeffsub/1.png\n', 'utf16le'));
  await expect(findImages(join(folder, 'utf16.txt'))).rejects.toThrow(/is UTF-16, wanted UTF-8/);
  await expect(findImages(folder, { include: '*.png' })).rejects.toThrow(/--include '\*\*\/\*\.png' matches/);
});

test('a search that cannot begin is a sentence', async () => {
  await expect(findImages(join(makeFolder(), 'missing'))).rejects.toThrow(UserError);
});

test('doctor finds copies, pictures of one colour and black ones', async () => {
  const folder = makeFolder();
  write(folder, 'b/1.png', await noisePng(1));
  write(folder, 'a/copy.png', await noisePng(1));
  write(
    folder,
    'a/grey.png',
    await drawn(40, 40, () => [90, 91, 92])
      .png()
      .toBuffer(),
  );
  write(
    folder,
    'a/black.png',
    await drawn(40, 40, (x) => [x % 9, 0, 0])
      .png()
      .toBuffer(),
  );
  const check = await checkFolder(folder, { maxPixels: 1e6 });
  expect(check).toMatchObject({
    images: 4,
    labels: { a: 3, b: 1 },
    duplicates: [['a/copy.png', 'b/1.png']],
    nearlyConstant: ['a/grey.png'],
    nearlyBlack: ['a/black.png'],
    skipped: [],
    leftOut: [],
  });
  expect(readdirSync(folder)).toEqual(['a', 'b']);
});
