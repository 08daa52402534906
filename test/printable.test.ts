import { expect, test } from 'vitest';
import { UserError } from '../src/errors.js';
import { printable, printableJson, printableLines } from '../src/printable.js';

test.each([
  ['\x1b[31mred\x1b[0m', '\\x1b[31mred\\x1b[0m'],
  ['bell\x07 del\x7f csi\x9b', 'bell\\x07 del\\x7f csi\\x9b'],
  ['photo\u202egnp.exe', 'photo\\u{202e}gnp.exe'],
  ['a\u2066b\u2069\u200bc\ufeff', 'a\\u{2066}b\\u{2069}\\u{200b}c\\u{feff}'],
  ['half \ud800', 'half \\u{d800}'],
  ['Ärger/ünter 写真 📷 é', 'Ärger/ünter 写真 📷 é'],
])('%j is printed as %j', (text, shown) => {
  expect(printable(text)).toBe(shown);
  expect(printableLines(text)).toBe(shown);
  expect(new UserError(text).message).toBe(shown);
});

test('JSON is escaped within JSON, so that it means the same', () => {
  const value = { path: 'a\x1b\x9b\u202e\u{e0041}"写' };
  const text = printableJson(value);
  expect(text).toMatch(/^[\x20-\x7e写]+$/);
  expect(JSON.parse(text)).toEqual(value);
});

test('lines and tabs are kept where there are several lines', () => {
  expect(printable('a\n\tb\r')).toBe('a\\x0a\\x09b\\x0d');
  expect(printableLines('a\n\tb\r')).toBe('a\n\tb\\x0d');
});
