import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { readText } from '../../../src/data/input/beside/companions.js';
import { imageSourceOf, searchRoot } from '../../../src/data/input/found.js';
import { tallyLeftOut } from '../../../src/data/input/left-out.js';
import { makeFolder, noisePng, write } from '../folders.js';
import { memberBlocks } from './tar-blocks.js';

let png: Buffer;
beforeAll(async () => {
  png = await noisePng(1, 2, 2);
});

/** What is found at a place, each path from its folder, with the words beside images. */
async function found(root: string) {
  const leftOut = tallyLeftOut();
  const { folder, images, tars, unsearched } = await searchRoot(root, { leftOut });
  const words = await Promise.all(
    images.map(async ({ relativePath, companions }) => [relativePath, companions && (await readText(companions))]),
  );
  expect(Object.keys(Object.fromEntries(words))).toHaveLength(images.length);
  const left = leftOut.list().map(({ kind, files, examples }) => `${kind}: ${files} (${examples})`);
  return {
    folder,
    images: Object.fromEntries(words),
    tars: tars.map((path) => path.slice(folder.length)),
    unsearched,
    left,
  };
}

describe('images that a list or a path names', () => {
  let folder: string;
  beforeAll(() => {
    folder = makeFolder();
    for (const path of ['a/b/1.png', 'a/b/2.png', 'a/b/c/3.png', 'a/photo']) write(folder, path, png);
    write(folder, 'a/b/1.png.caption', 'of the file');
    write(folder, 'a/b/1.json', '{"n": 1}');
    write(folder, 'a/photo.txt', 'without ending');
    write(folder, 'metadata.jsonl', '{"file_name": "a/b/c/3.png", "text": "above"}');
    write(folder, 'a/metadata.csv', 'file_name,text\nb/2.png,between\n');
    write(folder, 'a/b/c/metadata.csv', 'id,split\n1,train\n');
  });

  test('have the words of files beside them, and of tables in all folders from the list on', async () => {
    const list = write(folder, 'list.txt', 'a/b/1.png\na/b/2.png\na/b/c/3.png\n');
    expect(await found(list)).toEqual({
      folder,
      images: {
        'a/b/1.png': { caption: 'of the file', metadata: { n: 1 } },
        'a/b/2.png': { caption: 'between', metadata: { file_name: 'b/2.png', text: 'between' } },
        'a/b/c/3.png': { caption: 'above', metadata: { file_name: 'a/b/c/3.png', text: 'above' } },
      },
      tars: [],
      unsearched: [],
      left: [],
    });
  });

  test('are images by their content too', async () => {
    const photo = await found(join(folder, 'a/photo'));
    expect(photo).toMatchObject({ folder: join(folder, 'a'), images: { photo: { caption: 'without ending' } } });
    // An image by its name, whatever its content.
    const broken = write(folder, 'broken.PNG', 'a/b/1.png\n');
    expect((await found(broken)).images).toEqual({ 'broken.PNG': undefined });
  });
});

/** An empty object would match any. */
const none = expect.toSatisfy((images: object) => Object.keys(images).length === 0);

describe('tars', () => {
  let folder: string;
  beforeAll(() => {
    folder = makeFolder();
    for (const path of ['b/x.tar', 'a.TAR', 'c.tar'])
      write(folder, path, memberBlocks({ name: '0.png', content: png }));
  });

  test('are what a folder without images means; images without an ending beside them are told of', async () => {
    expect(await found(folder)).toMatchObject({
      folder,
      images: none,
      tars: ['/a.TAR', '/b/x.tar', '/c.tar'],
      left: [],
    });
    write(folder, 'photo', png);
    write(folder, 'notes.txt', '');
    expect(await found(folder)).toMatchObject({
      images: none,
      tars: ['/a.TAR', '/b/x.tar', '/c.tar'],
      left: ['.txt: 1 (notes.txt)', 'images beside tar files: 1 (photo)'],
    });
    write(folder, 'with/0.png', png);
    const left = ['.tar: 3 (a.TAR,c.tar,b/x.tar)', '.txt: 1 (notes.txt)'];
    expect(await found(folder)).toMatchObject({
      images: { 'with/0.png': undefined, photo: undefined },
      tars: [],
      left,
    });
  });

  test('are what a path, a glob and a list of them mean', async () => {
    expect(await found(join(folder, 'c.tar'))).toMatchObject({ folder, images: none, tars: ['/c.tar'] });
    for (const name of ['y.tar.gz', 'y.TGZ']) {
      expect(await found(write(folder, `packed/${name}`, ''))).toMatchObject({ tars: [`/${name}`] });
    }
    expect(await found(`${folder}/**/*.tar`)).toMatchObject({ images: none, tars: ['/b/x.tar', '/c.tar'] });
    const list = write(folder, 'tars.txt', 'c.tar\nb/x.tar\n');
    expect(await found(list)).toMatchObject({ folder, images: none, tars: ['/c.tar', '/b/x.tar'], unsearched: [] });
    const one = write(folder, 'one.txt', 'c.tar\n');
    expect(await found(one)).toMatchObject({ folder, images: none, tars: ['/c.tar'] });
    const mixed = write(folder, 'mixed.txt', 'c.tar\nwith/0.png\n');
    await expect(found(mixed)).rejects.toThrow(
      /lists both images and tar files, wanted one of both: split the list\.$/,
    );
  });
});

test('a folder is searched for images by content last, and its companions are not left out', async () => {
  const folder = makeFolder();
  for (const path of ['z.png', 'photo', 'deep/1.png']) write(folder, path, png);
  write(folder, 'z.txt', 'z');
  write(folder, 'photo.json', '{}');
  write(folder, 'photo.dat', png);
  // Comes before its image.
  write(folder, 'photo.caption', '');
  write(folder, 'other.txt', '');
  symlinkSync('nowhere', join(folder, 'broken'));
  mkdirSync(join(folder, 'empty'));
  write(folder, 'metadata.csv', 'file_name\nz.png\ngone.png\nphoto\n');
  write(folder, 'deep/metadata.jsonl', '{"id": 1}\n');
  const { images, left } = await found(folder);
  expect(Object.keys(images)).toEqual(['z.png', 'deep/1.png', 'photo', 'photo.dat']);
  expect(images).toEqual({
    'z.png': { caption: 'z', metadata: { file_name: 'z.png' } },
    'deep/1.png': undefined,
    photo: { caption: '', metadata: {} },
    'photo.dat': { caption: '', metadata: {} },
  });
  expect(left).toEqual([
    '.txt: 1 (other.txt)',
    'lines of tables whose image is not there: 1 (gone.png)',
    'symbolic link to a file that does not exist: 1 (broken)',
    'tables without file_name: 1 (deep/metadata.jsonl)',
  ]);
  // A glob means some of the images, and what is beside them is not left out.
  expect(await found(`${folder}/*.png`)).toMatchObject({ images: { 'z.png': { caption: 'z' } }, left: [] });
});

test('where the bytes of a file are', () => {
  const [path, relativePath, pathBytes] = ['/a', 'a', Uint8Array.of(0xe9)];
  expect(imageSourceOf({ path, relativePath })).toStrictEqual({ path });
  expect(imageSourceOf({ path, relativePath, pathBytes, refusal: 'is a socket' })).toStrictEqual({
    path,
    location: { pathBytes },
    refusal: 'is a socket',
  });
});

test.skipIf(process.platform !== 'linux')('a name that is no text need have no ending either', async () => {
  const folder = makeFolder();
  writeFileSync(Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe9])]), png);
  expect(await found(folder)).toMatchObject({ images: { '%E9': undefined }, left: [] });
});
