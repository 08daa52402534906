import { symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { findImages, labelsOf } from '../../src/data/images.js';
import { splitValidation } from '../../src/data/split.js';
import { UserError } from '../../src/errors.js';
import { makeFolder, write } from './folders.js';

const folder = makeFolder();
const images = [
  'B.jpg',
  'a b.JPG',
  'a.jpeg',
  'cats/1.png',
  'cats/owls/2.WebP',
  'dögs/3.tif',
  'dögs/[x].avif',
  'z.jfif',
];
const found = async (root: string, filter = {}) => (await findImages(root, filter)).map((file) => file.relativePath);

beforeAll(() => {
  for (const path of [...images, 'notes.txt', 'cats/clip.mp4', 'jpg', '.hidden.jpg', '.git/x.png', 'drawing.svg']) {
    write(folder, path, path);
  }
});

test('a folder: any depth, any case, code-unit order, folders as labels', async () => {
  expect(await found(folder)).toEqual(images);
  expect(await found(`${relative('.', folder)}/`)).toEqual(images);
  const files = await findImages(folder);
  expect(files[0]).toEqual({ path: join(folder, 'B.jpg'), relativePath: 'B.jpg' });
  expect(files[4]).toEqual({
    path: join(folder, 'cats', 'owls', '2.WebP'),
    relativePath: 'cats/owls/2.WebP',
    label: 'cats',
  });
  expect(labelsOf(files)).toEqual(['cats', 'dögs']);
  expect(labelsOf(await findImages(folder, { classDepth: 0 }))).toEqual(['cats', 'cats/owls', 'dögs']);
  expect(labelsOf(await findImages(folder, { classDepth: 2 }))).toEqual(['cats', 'dögs', 'owls']);
});

test('include and exclude are globs relative to the folder', async () => {
  expect(await found(folder, { include: 'cats/**' })).toEqual(['cats/1.png', 'cats/owls/2.WebP']);
  expect(await found(folder, { exclude: '**/{cats,dögs}/**' })).toEqual(['B.jpg', 'a b.JPG', 'a.jpeg', 'z.jfif']);
  expect(await found(folder, { include: '*/*', exclude: '**/*.png' })).toEqual(['dögs/3.tif', 'dögs/[x].avif']);
});

test('a glob counts paths from its fixed part', async () => {
  expect(await found(`${folder}/cats/**`)).toEqual(['1.png', 'owls/2.WebP']);
  expect(await found(`${folder}/{cats,dögs}/*`)).toEqual(['cats/1.png', 'dögs/3.tif', 'dögs/[x].avif']);
});

test('a list names files from its own folder, or anywhere', async () => {
  const list = write(folder, 'lists.txt', 'dögs/[x].avif\r\n\na b.JPG\na b.JPG\ncats/1.png\n');
  expect(await found(list)).toEqual(['a b.JPG', 'cats/1.png', 'dögs/[x].avif']);
  expect(await found(list, { exclude: 'cats/**' })).toEqual(['a b.JPG', 'dögs/[x].avif']);
  const elsewhere = write(
    makeFolder(),
    'list.lst',
    ['cats/owls/2.WebP', 'cats/1.png'].map((p) => join(folder, p)).join('\n'),
  );
  expect(await found(elsewhere)).toEqual(['1.png', 'owls/2.WebP']);
});

test('one image, a link to a folder, a broken link', async () => {
  expect(await findImages(join(folder, 'a b.JPG'))).toEqual([
    { path: join(folder, 'a b.JPG'), relativePath: 'a b.JPG' },
  ]);
  const links = makeFolder();
  symlinkSync(join(folder, 'cats'), join(links, 'linked'));
  symlinkSync(join(folder, 'nothing'), join(links, 'broken.jpg'));
  expect(await found(links)).toEqual(['broken.jpg', 'linked/1.png', 'linked/owls/2.WebP']);
  expect((await findImages(links))[0]?.refusal).toBe('symbolic link to a file that does not exist');
});

test('nothing to read is said in one sentence', async () => {
  const empty = makeFolder();
  const sentence = async (root: string, filter = {}) => {
    const error: unknown = await findImages(root, filter).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UserError);
    return error instanceof Error ? error.message : '';
  };
  expect(await sentence(empty)).toContain(`Found no images at ${empty}, and nothing else: images end in`);
  write(empty, 'a.txt', '');
  write(empty, 'b.mp4', '');
  expect(await sentence(empty)).toContain('but 2 other files (.mp4, .txt): images end in jpg, jpeg, jfif, png');
  expect(await sentence(join(empty, 'missing'))).toContain('Found nothing at');
  expect(await sentence(folder, { include: 'cows/**' })).toContain('None of 8 images');
  expect(await sentence(write(empty, 'data.bin', Buffer.from([1, 0, 2])))).toContain('neither an image nor a list');
  expect(await sentence(join(empty, '*.jpg'))).toContain('Found no images');
});

const many = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ path: `/photos/${index}.jpg`, relativePath: `${index}.jpg` }));

test('one image in 16 is for validation, and stays so when others come', () => {
  const paths = (files: readonly { path: string }[]) => new Set(files.map(({ path }) => path));
  const [small, large] = [splitValidation(many(1000)), splitValidation(many(8000))];
  expect(small.validation.length + small.training.length).toBe(1000);
  expect(large.validation.length).toBeGreaterThan(420);
  expect(large.validation.length).toBeLessThan(580);
  const kept = paths(large.validation);
  expect(small.validation.every(({ path }) => kept.has(path))).toBe(true);
  expect(small.training.some(({ path }) => kept.has(path))).toBe(false);
});

test('the hash is the SHA-256 of the relative path, at least one image is taken', () => {
  const names = (count: number) => splitValidation(many(count)).validation.map((file) => file.relativePath);
  // Of the digests that sha256sum gives for the names 0.jpg … 39.jpg, these three start with the hexadecimal digit 0.
  expect(names(40)).toEqual(['26.jpg', '34.jpg', '36.jpg']);
  // 3938d953 and 4c468b3b: the smaller one.
  expect(names(2)).toEqual(['0.jpg']);
});

test('a glob says which images are for validation', async () => {
  const files = await findImages(folder);
  const { training, validation } = splitValidation(files, 'cats/**');
  expect(validation.map((file) => file.relativePath)).toEqual(['cats/1.png', 'cats/owls/2.WebP']);
  expect(training).toEqual(files.filter((file) => !validation.includes(file)));
  expect(() => splitValidation(files, '**')).toThrow('Of 8 images none is left for training with --validation **');
  expect(() => splitValidation(files, '*.bmp')).toThrow('none is left for validation');
  expect(() => splitValidation(many(1))).toThrow('Of 1 image none is left for training: pass more');
  const hidden = [{ relativePath: '.hidden/a.png' }, { relativePath: 'b.png' }];
  expect(splitValidation(hidden, '*/*').validation).toEqual([hidden[0]]);
});
