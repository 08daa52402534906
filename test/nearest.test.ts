import { expect, test } from 'vitest';
import { nearestOf } from '../src/nearest.js';

test.each([
  ['stps', 'steps'],
  ['fast-f9', 'fast-f8'],
  ['kl-f8-tny', 'kl-f8-tiny'],
  ['zzz', undefined],
  ['perceptual', undefined],
])('%s is taken for %s', (typed, meant) => {
  expect(nearestOf(typed, ['steps', 'fast-f8', 'kl-f8-tiny', 'pca'])).toBe(meant);
});
