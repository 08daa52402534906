import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { baseNameOf, compareNames, endingOf, foldersOf, nameOf, utf8Of } from '../../../src/data/input/names.js';

test('a name of UTF-8 stays as it is, its mark and percent signs too', () => {
  expect(nameOf(Buffer.from('\ufeff100%é日🐈'))).toBe('\ufeff100%é日🐈');
  expect(utf8Of(Buffer.from('é', 'latin1'))).toBeUndefined();
});

test('of other names each character stays, each other byte is hexadecimal, and so are percent signs', () => {
  const parts = ['a', '%', 'é', '日', '🐈'].map((text) => Buffer.concat([Buffer.from(text), Buffer.from([0xff])]));
  expect(nameOf(Buffer.concat([Buffer.from([0x80, 0xe6, 0x97]), ...parts]))).toBe('%80%E6%97a%FF%25%FFé%FF日%FF🐈%FF');
  expect(nameOf(Buffer.from('\xff%a', 'latin1'))).toBe('%FF%25a');
});

test('names are compared by their bytes', () => {
  expect(['b', '\u{1f408}', 'a', '\u{fb01}'].sort(compareNames)).toEqual(['a', 'b', '\u{fb01}', '\u{1f408}']);
});

test('the folders and the last part of a path, and its ending', () => {
  expect(['a', 'b/a', 'b.c/d/a'].map(foldersOf)).toEqual([[], ['b/'], ['b.c/', 'b.c/d/']]);
  expect(['a', 'b/a', 'b.c/d/a'].map(baseNameOf)).toEqual(['a', 'a', 'a']);
  expect(['x/A.JPG', 'a.tar.gz', '.jpg', 'x.y/a', 'x.y/.jpg', 'a.'].map(endingOf)).toEqual([
    '.jpg',
    '.gz',
    '',
    '',
    '',
    '.',
  ]);
});
