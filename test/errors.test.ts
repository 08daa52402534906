/** Errors that a person can mend are sentences. */
import { expect, it } from 'vitest';
import { systemSentence } from '../src/errors.js';

it.each([
  ['ENOSPC', 'ENOSPC: no space left on device, write', 'make room'],
  ['EACCES', "EACCES: permission denied, mkdir '/x'", 'choose a place that you may read and write'],
  ['ENOTDIR', "ENOTDIR: not a directory, mkdir '/x/y'", 'see whether that is the place you meant'],
])('says what to do about %s', (code, message, remedy) => {
  const error = Object.assign(new Error(message), { code, syscall: 'write' });
  expect(systemSentence(error)).toBe(
    `The system refuses (${message}): ${remedy}, and run the command again; what was reported as done is kept.`,
  );
});

it('says what to do where an array is too large for the memory', () => {
  const allocate = () => new ArrayBuffer(2 ** 47);
  expect(allocate).toThrow(RangeError);
  try {
    allocate();
  } catch (error) {
    expect(systemSentence(error)).toMatch(/^Memory ran out: take fewer images/);
  }
});

it('says nothing about a bug', () => {
  expect(systemSentence(new TypeError('x is not a function'))).toBeNull();
  expect(systemSentence('text')).toBeNull();
});
