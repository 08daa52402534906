import { expect, test } from 'vitest';
import { counted, formatBytes, formatSeconds } from '../src/quantities.js';

test.each([
  [0, 'image', '0 images'],
  [1, 'image', '1 image'],
  [2, 'image', '2 images'],
  [1, 'class', '1 class'],
  [3, 'class', '3 classes'],
])('%i %s is told as %s', (count, one, text) => {
  expect(counted(count, one)).toBe(text);
});

test('durations and sizes are told as a person reads them', () => {
  expect([0.4, 59.6, 61, 3661].map(formatSeconds)).toEqual(['0 s', '1 min 0 s', '1 min 1 s', '1 h 1 min']);
  expect([0, 999, 1000, 2_500_000].map(formatBytes)).toEqual(['0 B', '999 B', '1.0 kB', '2.5 MB']);
});
