import { Buffer } from 'node:buffer';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { filtered, findImages, type ImageSearch, openImages } from '../../src/data/images.js';
import { UserError } from '../../src/errors.js';
import { makeFolder, write } from './folders.js';
import { endMark, memberBlocks } from './input/tar-blocks.js';

function folderOf(...paths: string[]): string {
  const folder = makeFolder();
  for (const path of paths) write(folder, path, path);
  return folder;
}

function tarOf(...members: (readonly [name: string, content?: string])[]): string {
  const blocks = members.map(([name, content = name]) => memberBlocks({ name, content }));
  return write(makeFolder(), 'x.tar', Buffer.concat([...blocks, endMark]));
}

const notesOf = async (root: string) => (await openImages(root)).notes;

async function sentence(root: string, filter: ImageSearch = {}): Promise<string> {
  const error: unknown = await openImages(root, filter).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(UserError);
  return (error as UserError).message;
}

test('a person is told of images without a class where others have one', async () => {
  expect(await notesOf(folderOf('cat/1.png', 'dog/2.png', '3.png', '4.png'))).toEqual([
    '2 of 4 images have no class, such as 3.png: they lie in no folder of a class.',
  ]);
  expect(await notesOf(folderOf('3.png', '4.png'))).toEqual([]);
  expect(await notesOf(tarOf(['0.png'], ['0.cls', 'cat'], ['1.png']))).toEqual([
    '1 of 2 images have no class, such as x/1.png: there is no .cls beside them.',
  ]);
});

test('a person is told of classes that look as if they lay deeper', async () => {
  expect(await notesOf(folderOf('all/cat/1.png', 'all/dog/2.png'))).toEqual([
    'All images are of one class, all; --class-depth 2 takes the folders below it.',
  ]);
  for (const paths of [
    ['cat/1.png', 'cat/2.png'],
    ['all/cat/1.png'],
    ['all/cat/1.png', 'all/cat/2.png'],
    ['a/b/1.png', 'c/d/2.png'],
  ]) {
    expect(await notesOf(folderOf(...paths)), paths.join()).toEqual([]);
  }
  expect(await notesOf(folderOf('Test/cat/1.png', 'training/cat/1.png'))).toEqual([
    'The classes are Test, training; --class-depth 2 takes the folders below them.',
  ]);
  expect(await notesOf(folderOf('train/1.png', 'trains/1.png'))).toEqual([]);
  expect(await notesOf(tarOf(['train/0.png'], ['test/1.png']))).toEqual([
    'The classes are test, train; --class-depth 2 takes the folders below them.',
  ]);
  // Classes of .cls members lie in no folder.
  expect(await notesOf(tarOf(['a/0.png'], ['a/0.cls', 'test'], ['b/1.png'], ['b/1.cls', 'train']))).toEqual([]);
  expect(await notesOf(tarOf(['x/a/0.png'], ['x/a/0.cls', 'c'], ['x/b/1.png'], ['x/b/1.cls', 'c']))).toEqual([]);
});

test('where there are no images, what is there and what to do is told', async () => {
  const one = folderOf('a.md');
  expect(await sentence(one)).toBe(
    `Found no images at ${one} but another file (.md): images end in jpg, jpeg, jfif, png, webp, avif, gif, tif, tiff, bmp.`,
  );
  const many = folderOf('a.mp4', 'b.mp4', 'c.gz', 'd.nef', 'e.tga', 'f.md', 'g.py');
  expect(await sentence(many)).toMatch(
    / but 7 other files \(\.gz, \.md, \.mp4, \.nef, \.py\): images end in [^;]*; \.mp4: 2 \(a\.mp4, b\.mp4\): videos [^;]*; \.gz: 1 [^;]*; \.nef: 1 [^;]*\.$/,
  );
});

test('where a filter leaves nothing, it is told, and what would', async () => {
  const folder = folderOf('a/1.png', 'a/2.jpg');
  const start = `None of 2 images at ${folder} is left after`;
  const relative = 'globs are relative to that folder.';
  expect(await sentence(folder, { include: '*.png' })).toBe(
    `${start} --include *.png: --include '**/*.png' matches at any depth.`,
  );
  expect(await sentence(folder, { include: '*.png', exclude: '**/1*' })).toBe(
    `${start} --include *.png --exclude **/1*: ${relative}`,
  );
  expect(await sentence(folder, { include: 'b/*' })).toBe(`${start} --include b/*: ${relative}`);
  // Below every folder there would be one, but who names folders means them.
  const deep = folderOf('x/b/1.png', 'x/b/2.png');
  expect(await sentence(deep, { include: 'b/*' })).toContain(relative);
  expect(await sentence(folder, { include: '*.gif' })).toBe(`${start} --include *.gif: ${relative}`);
  expect(await sentence(folder, { exclude: '**' })).toBe(`${start} --exclude **: ${relative}`);
});

test('globs match hidden names, which only programs and tars have', () => {
  const files = ['.a/b.png', 'c.png'].map((relativePath) => ({ path: '', relativePath }));
  expect(filtered(files, { include: '**' })).toEqual(files);
  expect(filtered(files, { exclude: '*/*' })).toEqual([files[1]]);
  expect(filtered(files, {})).toEqual(files);
});

test.skipIf(process.platform !== 'linux')('two names that look alike as text are refused', async () => {
  const folder = folderOf('%FF.png', 'a.png', 'b.png');
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xff]), Buffer.from('.png')]), '');
  expect(await sentence(folder)).toBe('Two images would have the path %FF.png (as text): rename one of them.');
});

test('members of tars have classes by their folders, however they are written', async () => {
  const { files } = await openImages(tarOf(['/cats/a/1.png'], ['./dogs//2.png'], ['3.png']));
  expect(files.map(({ relativePath, label }) => [relativePath, label])).toEqual([
    ['x//cats/a/1.png', 'cats'],
    ['x/3.png', undefined],
    ['x/dogs/2.png', 'dogs'],
  ]);
});

test('a damaged tar gives what it has, or is an error where all is wanted or nothing is there', async () => {
  const blocks = [
    memberBlocks({ name: '1.png', content: 'one' }),
    memberBlocks({ name: '2.png', content: '2'.repeat(2000) }),
  ];
  const cut = (...parts: Buffer[]) => write(makeFolder(), 'cut.tar', Buffer.concat(parts).subarray(0, -600));
  const path = cut(...blocks);
  expect(await openImages(path)).toMatchObject({
    files: [{ relativePath: 'cut/1.png' }],
    damage: [expect.any(UserError)],
  });
  const error: unknown = await findImages(path).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ message: expect.stringContaining('cut.tar to its end (2.png is not all there)') });
  expect(await sentence(cut(memberBlocks({ name: 'a.txt', content: 'a' }), blocks[1] as Buffer))).toContain(
    '2.png is not all there',
  );
});

test('words beside an image stay with it', async () => {
  const folder = folderOf('a.png', 'a.txt', 'b.png');
  expect((await openImages(folder)).files).toStrictEqual([
    { path: `${folder}/a.png`, relativePath: 'a.png', companions: { caption: { path: `${folder}/a.txt` } } },
    { path: `${folder}/b.png`, relativePath: 'b.png' },
  ]);
});
