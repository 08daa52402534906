/** What was measured on synthetic pictures holds for as long as they are drawn as they were. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { syntheticImage } from '../../src/data/synthetic/picture.js';

const digestOf = (className: Parameters<typeof syntheticImage>[0], pictures: number, size: number) => {
  const hash = createHash('sha256');
  for (let seed = 0; seed < pictures; seed++) hash.update(syntheticImage(className, seed, size));
  return hash.digest('hex').slice(0, 16);
};

test.each([
  ['textures', '3b1e1323306695b4', 'fc109f3affda62cf'],
  ['glyphs', 'c2b765bd80a26ce7', 'e9e16a28acf0d3cc'],
  ['dead-leaves', 'b767b1be705d06a7', '32c72f6af597223f'],
  ['gradients', 'dddaf86ad9aee4a3', 'a0bdceca8bc9fca9'],
] as const)('%s: small and larger pictures have the bytes that they always had', (className, small, larger) => {
  expect(digestOf(className, 32, 16)).toBe(small);
  // What lies between two large forms, e.g. joints of tiles, is no px of a small picture.
  expect(digestOf(className, 8, 64)).toBe(larger);
});
