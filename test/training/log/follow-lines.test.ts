import { appendFile, mkdtemp, rename, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { followLines } from '../../../src/training/log/follow-lines.js';

const newPath = async () => join(await mkdtemp(join(tmpdir(), 'follow-')), 'lines');

it('waits for a file, and for the end of a line', async () => {
  const path = await newPath();
  const follower = followLines(path);
  expect(await follower.next()).toEqual({ isAnew: false, first: 1, lines: [] });
  await writeFile(path, 'one\ntw');
  expect(await follower.next()).toEqual({ isAnew: false, first: 1, lines: ['one'] });
  expect((await follower.next()).lines).toEqual([]);
  // Half of a letter of two bytes, then the rest.
  await appendFile(path, Buffer.from([0x6f, 0xc3]));
  expect((await follower.next()).lines).toEqual([]);
  await appendFile(path, Buffer.from([0xa4, 0x0a]));
  expect(await follower.next()).toEqual({ isAnew: false, first: 2, lines: ['twoä'] });
});

it('begins anew with a file that was replaced or cut', async () => {
  const path = await newPath();
  const follower = followLines(path);
  await writeFile(path, 'one\ntwo\n');
  await follower.next();
  await writeFile(`${path}.new`, 'one\ntwo\nthree\n');
  await rename(`${path}.new`, path);
  expect(await follower.next()).toEqual({ isAnew: true, first: 1, lines: ['one', 'two', 'three'] });
  await truncate(path, 4);
  expect(await follower.next()).toEqual({ isAnew: true, first: 1, lines: ['one'] });
});

it('reads more than it takes at a time, and lines that are longer', async () => {
  const path = await newPath();
  const follower = followLines(path);
  const long = 'x'.repeat(2 ** 23);
  const lines = [...Array.from({ length: 300_000 }, (_, index) => `line ${index} of many`), long, 'last'];
  await writeFile(path, `${lines.join('\n')}\n`);
  const read: string[] = [];
  for (;;) {
    const { lines: some, first } = await follower.next();
    if (some.length === 0) break;
    expect(first).toBe(read.length + 1);
    for (const line of some) read.push(line);
  }
  expect(read.length).toBe(lines.length);
  expect(read.every((line, index) => line === lines[index])).toBe(true);
});
