/** What was measured on synthetic pictures holds for as long as they are drawn as they were. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { syntheticImage } from '../../src/data/synthetic/picture.js';

test.each([
  ['textures', '3b1e1323306695b4'],
  ['glyphs', 'c2b765bd80a26ce7'],
  ['dead-leaves', 'b767b1be705d06a7'],
  ['gradients', 'dddaf86ad9aee4a3'],
] as const)('%s: 32 pictures have the bytes that they always had', (className, digest) => {
  const hash = createHash('sha256');
  for (let seed = 0; seed < 32; seed++) hash.update(syntheticImage(className, seed, 16));
  expect(hash.digest('hex').slice(0, 16)).toBe(digest);
});
