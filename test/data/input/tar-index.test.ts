import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { openTar, type TarMember } from '../../../src/data/input/tar/tar-index.js';
import { makeFolder, write } from '../folders.js';
import { endMark, headerBlock, type Member, memberBlocks, paxRecord } from './tar-blocks.js';

const folder = makeFolder();
let count = 0;
const written = (...parts: Buffer[]) => write(folder, `${count++}.tar`, Buffer.concat(parts));

/** The members with their contents, up to where the tar cannot be read. */
async function read(...parts: Buffer[]) {
  await using tar = await openTar(written(...parts));
  const members: TarMember[] = [];
  let message = '';
  try {
    for await (const member of tar.members()) members.push(member);
  } catch (error) {
    message = (error as Error).message.replace(/.*to its end /, '');
  }
  const contents = await Promise.all(members.map(async (member) => `${member.name}: ${await tar.content(member)}`));
  return { contents, members, message, isMarked: await tar.hasEndMark() };
}

const blocks = (...members: Member[]) => Buffer.concat(members.map(memberBlocks));
const long = 'long/'.repeat(30);

test('members lie one after the other, folders are none, and zeros between them mean nothing', async () => {
  const { members, contents, message, isMarked } = await read(
    blocks({ name: 'a', content: 'A'.repeat(512) }, { name: 'b/', type: '5' }, { name: 'b/c', content: 'C' }),
    endMark,
    blocks({ name: 'd', type: '2' }, { name: 'e', content: 'E'.repeat(513) }, { name: 'f', content: 'F' }),
    endMark,
  );
  expect(contents).toEqual([`a: ${'A'.repeat(512)}`, 'b/c: C', 'd: ', `e: ${'E'.repeat(513)}`, 'f: F']);
  expect(members.map(({ type, position, sizeBytes }) => [type, position, sizeBytes])).toEqual([
    ['file', 512, 512],
    ['file', 2048, 1],
    ['symlink', 4096, 0],
    ['file', 4608, 513],
    ['file', 6144, 1],
  ]);
  expect([message, isMarked]).toEqual(['', true]);
});

test('what is told of a member holds for the next one alone', async () => {
  const { contents } = await read(
    blocks(
      { type: 'x', content: paxRecord('size', '3') },
      { type: 'L', content: `${long}a\0` },
      { name: 'cut', content: 'abc', size: '00000000001\0' },
      { name: 'plain', content: 'd' },
      { type: 'g', content: paxRecord('path', 'not this') },
      { type: 'x', content: `${paxRecord('comment', 'x'.repeat(20_000))}${paxRecord('path', 'far')}` },
      { name: 'near', content: 'e' },
    ),
  );
  expect(contents).toEqual([`${long}a: abc`, 'plain: d', 'far: e']);
});

test('many members are read as one, whatever their sizes', async () => {
  const members = Array.from({ length: 60 }, (_, index) => ({ name: `${index}`, content: 'x'.repeat(index * 37) }));
  const { contents } = await read(blocks(...members));
  expect(contents).toEqual(members.map(({ name, content }) => `${name}: ${content}`));
});

test('one that is cut off is read as far as it goes', async () => {
  const whole = blocks({ name: 'a', content: 'A' }, { name: 'b', content: 'B'.repeat(600) });
  const [a] = ['a: A'];
  const isMarked = false;
  // Without the zeros after the last content a reader has nothing to miss.
  expect(await read(whole.subarray(0, 1536 + 600))).toMatchObject({
    contents: [a, `b: ${'B'.repeat(600)}`],
    message: '',
  });
  expect(await read(whole.subarray(0, 1536 + 599))).toMatchObject({
    contents: [a],
    message: expect.stringMatching(/^\(b is not all there\)/),
  });
  expect(await read(whole.subarray(0, 1535))).toMatchObject({
    contents: [a],
    message: expect.stringMatching(/^\(it ends within a header\)/),
  });
  expect(await read(whole.subarray(0, 1024))).toMatchObject({ contents: [a], message: '', isMarked });
  expect(await read(whole.subarray(0, 1024), Buffer.from('x'.repeat(512)))).toMatchObject({
    contents: [a],
    message: expect.stringMatching(/^\(there is no header of a member where one is due\)/),
  });
  expect(await read(whole.subarray(0, 1024), headerBlock({ name: 'c', size: '8' }))).toMatchObject({
    contents: [a],
    message: expect.stringMatching(/^\(c is not all there\)/),
  });
  expect(await read(blocks({ name: 'a', content: 'A' }), Buffer.alloc(512))).toMatchObject({ isMarked: true });
  expect(await read(Buffer.alloc(512))).toMatchObject({ contents: [], isMarked: true });
  expect(await read(Buffer.alloc(0))).toEqual({ contents: [], members: [], message: '', isMarked });
});

test.each([
  ['1f8b0800', 'gunzip'],
  ['28b52ffd', 'zstd -d'],
  ['fd377a585a00', 'unxz'],
  ['425a68', 'bunzip2'],
])('a compressed one (%s) is refused with the command that unpacks it', async (magic, command) => {
  const path = written(Buffer.from(magic, 'hex'));
  await expect(openTar(path)).rejects.toThrow(
    `${path} is compressed, so that no image in it can be found alone: unpack it first (${command} ${path}).`,
  );
});
