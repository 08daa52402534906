import { expect, test } from 'vitest';
import {
  fileError,
  nothingReadable,
  pictureError,
  recordSkipped,
  type SkippedImage,
  UnreadableImage,
} from '../../src/data/skipped.js';

test('an image is on the list once, with its first reason', () => {
  const list: SkippedImage[] = [];
  for (const [path, reason] of [
    ['a', 'first'],
    ['b', 'other'],
    ['a', 'second'],
  ] as const)
    recordSkipped(list, { path, reason });
  expect(list).toEqual([
    { path: 'a', reason: 'first' },
    { path: 'b', reason: 'other' },
  ]);
});

test('where nothing can be read an example says why', () => {
  expect(nothingReadable(2, { path: 'a', reason: 'is a folder' }).message).toMatch(
    /^None of 2 images can be read \(a: is a folder\): /,
  );
  expect(nothingReadable(1, undefined).message).toMatch(/^None of 1 image can be read: pass others/);
});

test('only what is wrong with one file is the fault of that file', () => {
  const failed = (code: string) => Object.assign(new Error('x'), { code });
  const known = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EISDIR', 'EIO', 'ELOOP', 'ENAMETOOLONG'];
  for (const error of [...known, 'ERR_FS_FILE_TOO_LARGE'].map(failed)) {
    const fault = fileError(error);
    expect(fault).toBeInstanceOf(UnreadableImage);
    expect((fault as Error).cause).toBe(error);
  }
  for (const error of [failed('EMFILE'), new Error('ENOENT'), { code: 'ENOENT' }, undefined])
    expect(fileError(error)).toBe(error);
});

test('of what sharp says only the limit is told', () => {
  const told = (message: string, refusal?: string) => pictureError(new Error(message), 'webp', 100, refusal).message;
  expect(told('Input image exceeds pixel limit', 'refused')).toBe('larger than the limit of 100 px (--max-pixels)');
  expect(told('of another file')).toBe('damaged or truncated WebP');
  expect(told('of another file', 'refused')).toBe('refused');
});
