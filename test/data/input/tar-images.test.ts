import { Buffer } from 'node:buffer';
import { beforeAll, expect, test } from 'vitest';
import { contentOf } from '../../../src/data/input/image-file.js';
import { tallyLeftOut } from '../../../src/data/input/left-out.js';
import { imagesOfTars, type TarOptions } from '../../../src/data/input/tar/tar-images.js';
import { UserError } from '../../../src/errors.js';
import { makeFolder, noisePng, write } from '../folders.js';
import { endMark, type Member, memberBlocks } from './tar-blocks.js';

let png: Buffer;
beforeAll(async () => {
  png = await noisePng(1, 10, 10);
});

const folder = makeFolder();
let count = 0;
const tarOf = (...members: Member[]) =>
  write(folder, `${count++}/x.tar`, Buffer.concat([...members.map(memberBlocks), endMark]));

async function imagesIn(tars: readonly string[], options: Partial<TarOptions> = {}) {
  const leftOut = tallyLeftOut();
  const { images, ...rest } = await imagesOfTars(folder, tars, { maxFileBytes: 1e6, leftOut, ...options });
  return { ...rest, images, left: leftOut.list().map(({ kind, examples }) => `${kind}: ${examples}`) };
}

/** What is known of each image of one tar, by its member's name. */
async function told(...members: Member[]) {
  const { images, left } = await imagesIn([tarOf(...members)]);
  const facts = await Promise.all(
    images.map(async ({ member, file: { key, label, refusal, companions } }) => {
      const caption = companions?.caption && (await contentOf(companions.caption)).toString();
      return [member, [key, label, caption, refusal].filter((fact) => fact !== undefined).join(', ')];
    }),
  );
  return { left, ...Object.fromEntries(facts) };
}

const file = (name: string, content: string | Buffer = png) => ({ name, content });

test('an image is a stretch of its tar, with the words of its sample', async () => {
  const tar = write(
    folder,
    'sub/Y.TAR',
    Buffer.concat([memberBlocks(file('.//a//b/./c.png')), memberBlocks(file('a/b/c.json', '{}')), endMark]),
  );
  const { images, ...rest } = await imagesIn([tar]);
  expect(rest).toEqual({ hasClassMembers: false, damage: [], left: [] });
  expect(images).toStrictEqual([
    {
      member: 'a/b/c.png',
      file: {
        path: tar,
        relativePath: 'sub/Y/a/b/c.png',
        location: { tar, position: 512, sizeBytes: png.length },
        key: 'a/b/c',
        companions: {
          metadata: { path: tar, location: { tar, position: 1024 + Math.ceil(png.length / 512) * 512, sizeBytes: 2 } },
        },
      },
    },
  ]);
  expect(await contentOf(images[0]!.file)).toEqual(png);
});

test('a key ends at the first dot, or where the members of the sample say', async () => {
  expect(
    await told(
      file('v1.0.png'),
      file('v2.0.png'),
      file('v2.0.txt', 'two'),
      file('v3.0.png'),
      file('v3.0.json', '{}'),
      file('v4.0.png'),
      file('v4.cls', 'cat'),
      file('v4.0.txt', 'four'),
      file('v5.0.png'),
      file('v5.0.cls', '5'),
      file('v5.cls', 'not this'),
    ),
  ).toEqual({
    left: [],
    'v1.0.png': 'v1',
    'v2.0.png': 'v2.0, two',
    'v3.0.png': 'v3.0',
    'v4.0.png': 'v4, cat, four',
    'v5.0.png': 'v5.0, 5',
  });
});

test('an image by its content is one, with its words, wherever they stand', async () => {
  expect(
    await told(
      file('a.txt', 'of a'),
      file('a.jpg_large'),
      file('b.txt', 'of nothing'),
      file('c.cls', '7'),
      file('c.dat', Buffer.concat([png, Buffer.alloc(900)])),
      file('d.dat', 'short'),
      file('photo'),
      file('photo', Buffer.from('another')),
      file('../e.png'),
      file('f/.g/h.png'),
    ),
  ).toEqual({
    left: ['.dat: 0/x/d.dat', '.txt: 0/x/b.txt', 'hidden: 0/x/f/.g/h.png'].map((line) =>
      line.replace('0/', `${count - 1}/`),
    ),
    'a.jpg_large': 'a, of a',
    'c.dat': 'c, 7',
    photo: 'photo, 2 members of the tar have this name: give every sample its own',
    '../e.png': '../e',
  });
});

test('what cannot be used says why', async () => {
  const name = 'give every sample its own name';
  expect(
    await told(
      { name: '0.png', type: '2' },
      file('1.png', Buffer.alloc(1e6)),
      file('2.png', Buffer.alloc(1e6 + 1)),
      file('3.png'),
      file('3.txt', 'a'),
      file('3.txt', 'b'),
      file('4.png'),
      file('4.cls', 'c'.repeat(4096)),
      file('5.png'),
      file('5.cls', 'c'.repeat(4097)),
      file('6.png'),
      file('6.cls', 'one'),
      file('6.cls', 'two'),
      file('7.png'),
      file('7.cls', 'same'),
      file('7.cls', 'same'),
      file('8.png'),
      file('8.cls', ' '),
      file('9.png'),
      file('9.cls', 'a'),
      file('9.cls', 'c'.repeat(4097)),
    ),
  ).toEqual({
    left: [],
    '0.png': '0, is a symlink, not a file',
    '1.png': '1',
    '2.png': '2, larger than the limit of 1000000 bytes (--max-file-bytes)',
    '3.png': `3, a, the tar has several members 3.txt: ${name}`,
    '4.png': `4, ${'c'.repeat(4096)}`,
    '5.png': '5, 5.cls is too large for a class',
    '6.png': `6, the tar has 2 members 6.cls that differ: ${name}`,
    '7.png': '7, same',
    '8.png': '8, 8.cls is empty, wanted a class',
    '9.png': '9, 9.cls is too large for a class',
  });
});

test('of several tars one with classes is enough, a damaged one gives what it has, a broken one nothing', async () => {
  const [classes, plain] = [tarOf(file('0.png'), file('0.cls', '1')), tarOf(file('1.png'))];
  const bytes = [memberBlocks(file('2.png')), memberBlocks(file('3.png', Buffer.alloc(5000))).subarray(0, 2000)];
  const cut = write(folder, 'cut.tar', Buffer.concat(bytes));
  const { images, hasClassMembers, damage, left } = await imagesIn([classes, plain, cut]);
  expect(images.map(({ member }) => member)).toEqual(['0.png', '1.png', '2.png']);
  expect([hasClassMembers, damage.map(({ message }) => message), left]).toEqual([
    true,
    [expect.stringContaining('cut.tar to its end (3.png is not all there)')],
    [],
  ]);
  expect(Object.keys(images[1]!.file)).toEqual(['path', 'relativePath', 'location', 'key']);
  const short = write(folder, 'short.tar', memberBlocks(file('short', 'short')).subarray(0, 517));
  expect((await imagesIn([short])).left).toEqual([`end of a tar without its mark: ${short}`, 'no ending: short/short']);
  const unmarked = write(folder, 'unmarked.tar', bytes[0] as Buffer);
  expect((await imagesIn([unmarked])).left).toEqual([`end of a tar without its mark: ${unmarked}`]);
  expect(await imagesIn([write(folder, 'empty.tar', '')])).toMatchObject({ images: [], left: [] });
  await expect(imagesIn([write(folder, 'text.tar', 'no tar'.repeat(200))])).rejects.toThrow(UserError);
});

test('a search is interrupted between two members', async () => {
  const tar = tarOf(file('0.png'));
  await expect(imagesIn([tar], { signal: AbortSignal.abort() })).rejects.toThrow(
    `Interrupted while ${tar} was searched`,
  );
  expect((await imagesIn([tar], { signal: new AbortController().signal })).images).toHaveLength(1);
});
