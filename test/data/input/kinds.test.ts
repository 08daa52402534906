import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { hasImageEnding, kindOf } from '../../../src/data/input/kinds.js';

const png = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

test('an ending of an image is one in any case', () => {
  expect(['a.png', 'b/A.JPeG', 'a.bmp'].map(hasImageEnding)).toEqual([true, true, true]);
  expect(['png', '.png', 'a.png.txt', 'a.pn', 'a.xpng', 'a.png/b'].map(hasImageEnding)).toEqual(Array(6).fill(false));
});

test('an ending that says enough spares a look at the content', async () => {
  const unread = () => Promise.reject(new Error('was read'));
  expect(await kindOf('a/b.TXT', unread)).toStrictEqual({ isImage: false, kind: '.txt' });
  expect(await kindOf('a.lock', unread)).toStrictEqual({ isImage: false, kind: '.lock' });
  for (const [name, advice] of [
    ['a.m4v', /^videos are not read/],
    ['a.CR2', /^camera raw files are not read/],
    ['a.ai', /^they are not read, convert/],
    ['a.gz', /^unpack them first/],
    ['a.tar', /^tar files are read from folders that hold nothing else/],
  ] as const) {
    const kind = name.slice(1).toLowerCase();
    expect(await kindOf(name, unread)).toStrictEqual({ isImage: false, kind, advice: expect.stringMatching(advice) });
  }
});

test('other files are what their first bytes are, else what their ending means', async () => {
  const of = (name: string, head: Uint8Array | string) => kindOf(name, async () => Buffer.from(head as string));
  expect(await of('a.heic', png)).toStrictEqual({ isImage: true });
  expect(await of('a', png)).toStrictEqual({ isImage: true });
  expect(await of('a', 'no picture')).toStrictEqual({ isImage: false, kind: 'no ending' });
  expect(await of('a.what', 'no picture')).toStrictEqual({ isImage: false, kind: '.what' });
  expect(await of('a.what', '%PDF-1.4')).toMatchObject({ kind: '.what', advice: expect.stringMatching(/^PDF is not/) });
  expect(await of('a.psd', '%PDF-1.4')).toMatchObject({ kind: '.psd', advice: expect.stringMatching(/^PDF is not/) });
  expect(await of('a.heif', '')).toMatchObject({ kind: '.heif', advice: expect.stringMatching(/^HEIC is not read/) });
});
