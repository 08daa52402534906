import { execFileSync } from 'node:child_process';
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { searchRoot } from '../../../src/data/input/found.js';
import { tallyLeftOut } from '../../../src/data/input/left-out.js';
import { type WalkOptions, walkFolder } from '../../../src/data/input/search/walk.js';
import { makeFolder, write } from '../folders.js';

async function walked(root: string, options: Partial<WalkOptions> = {}) {
  const leftOut = tallyLeftOut();
  const files = await walkFolder(root, { leftOut, ...options });
  return { files, left: leftOut.list().map(({ kind, examples }) => `${kind}: ${examples}`) };
}

test('files are found by their names, as deep as is wanted, without hidden ones', async () => {
  const folder = makeFolder();
  for (const path of ['b.png', 'a.txt', 'c/d/e.png', 'c/f', '.g', 'c/.h/i', 'c/..j']) write(folder, path, path);
  const file = (relativePath: string) => ({ path: join(folder, relativePath), relativePath });
  const all = await walked(folder);
  expect(all.files).toStrictEqual(['a.txt', 'b.png', 'c/f', 'c/d/e.png'].map(file));
  expect(all.left).toEqual(['hidden: .g,c/..j,c/.h']);
  const two = await walked(folder, { depth: 2 });
  expect(two.files).toStrictEqual(['a.txt', 'b.png', 'c/f'].map(file));
  expect(two.left).toEqual(['hidden: .g,c/..j,c/.h', 'folders below: c/d/']);
  expect((await walked(folder, { depth: 1 })).files).toHaveLength(2);
});

test.skipIf(process.platform !== 'linux')('names that are no text keep their bytes', async () => {
  const folder = makeFolder();
  const pathBytes = Buffer.concat([Buffer.from(`${folder}/`), Buffer.from([0xe9])]);
  writeFileSync(pathBytes, '');
  expect((await walked(folder)).files).toStrictEqual([{ path: join(folder, '%E9'), relativePath: '%E9', pathBytes }]);
});

test('of links to one folder the first counts, after all that needs no link', async () => {
  const [folder, outside] = [makeFolder(), makeFolder()];
  write(outside, '1.png', '');
  write(outside, 'x/2.png', '');
  write(folder, 'z/deep/3.png', '');
  for (const name of ['q', 'c', 'z/a', 'b', 'y', 'd', 'x']) symlinkSync(outside, join(folder, name));
  symlinkSync(join(folder, 'z'), join(folder, 'a'));
  symlinkSync(join(outside, '1.png'), join(folder, 'link.png'));
  const { files, left } = await walked(folder);
  expect(files.map(({ relativePath }) => relativePath)).toEqual(['link.png', 'z/deep/3.png', 'b/1.png', 'b/x/2.png']);
  expect(left).toEqual(['links to folders that are searched already: a/,c/,d/']);
});

test.skipIf(process.platform === 'win32')('what is no file, or leads to none, says what it is', async () => {
  const folder = makeFolder();
  symlinkSync('nowhere', join(folder, 'broken'));
  symlinkSync('loop', join(folder, 'loop'));
  write(folder, 'file', '');
  symlinkSync('file/below', join(folder, 'through'));
  symlinkSync('/dev/null', join(folder, 'device'));
  execFileSync('mkfifo', [join(folder, 'pipe')]);
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(join(folder, 'socket'), resolve));
  try {
    const { files } = await walked(folder);
    expect(files.map(({ relativePath, refusal }) => `${relativePath}: ${refusal}`)).toEqual([
      'broken: symbolic link to a file that does not exist',
      'device: is a device, not a file',
      'file: undefined',
      'loop: symbolic link that leads to itself',
      'pipe: is a named pipe, not a file',
      'socket: is a socket, not a file',
      'through: file does not exist',
    ]);
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
});

test.skipIf(process.platform === 'win32')(
  'what cannot be searched or opened is told of, and the rest is found',
  async () => {
    const folder = makeFolder();
    const steps = Array.from({ length: 12 }, (_, index) => String(index).padStart(200, 'x'));
    const [first, second] = [join(folder, 'first', ...steps), join(folder, 'second')];
    mkdirSync(first, { recursive: true });
    write(join(second, ...steps), 'far.png', '');
    write(folder, 'near.png', '');
    // The last folder whose own path is no longer than the 4096 bytes that a path may have, its zero among them.
    const depth = Math.floor((4095 - join(first, 'second').length) / 201);
    const long = 'y'.repeat(255);
    write(join(second, ...steps.slice(0, depth)), long, '');
    renameSync(second, join(first, 'second'));
    try {
      const { files } = await walked(folder);
      const refused = join('first', ...steps, 'second', ...steps.slice(0, depth + 1));
      expect(files.filter(({ relativePath }) => !relativePath.endsWith(long))).toEqual([
        { path: join(folder, 'near.png'), relativePath: 'near.png' },
        { path: join(folder, refused), relativePath: refused, refusal: 'file name is too long', isFolder: true },
      ]);
      const leftOut = tallyLeftOut();
      const { images, unsearched } = await searchRoot(folder, { leftOut });
      expect([images.map(({ relativePath }) => relativePath), unsearched]).toEqual([['near.png'], [refused]]);
      expect(leftOut.list().map(({ kind }) => kind)).toEqual(['file name is too long', 'no ending']);
    } finally {
      renameSync(join(first, 'second'), second);
    }
  },
);

test('a folder that is none, or is gone, is a sentence, and so is an interruption', async () => {
  const folder = makeFolder();
  const file = write(folder, 'a', '');
  for (const root of [file, join(folder, 'none')])
    await expect(walked(root)).rejects.toThrow(`Cannot search ${root}: `);
  await expect(walked(folder, { signal: AbortSignal.abort() })).rejects.toThrow(
    `Interrupted while ${folder} was searched`,
  );
});

test('what this tool wrote is left out below a folder, and is found in itself', async () => {
  const folder = makeFolder();
  write(folder, 'decoded.json', '{"format": "latent-vae/decoded"}');
  write(folder, '1.png', '');
  write(folder, 'a/decoded.json', '{"format": "latent-vae/decoded"}');
  write(folder, 'a/2.png', '');
  mkdirSync(join(folder, 'b/decoded.json'), { recursive: true });
  write(folder, 'b/3.png', '');
  const { files, left } = await walked(folder);
  expect(files.map(({ relativePath }) => relativePath)).toEqual(['1.png', 'decoded.json', 'b/3.png']);
  expect(left).toEqual(['pictures that decode wrote: a/']);
});
