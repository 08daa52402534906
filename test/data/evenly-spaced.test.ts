import { expect, test } from 'vitest';
import { evenlySpaced } from '../../src/data/evenly-spaced.js';

test('items lie at equal distances, from the first on; where there are no more, all are taken', () => {
  const items = [0, 1, 2, 3, 4, 5, 6];
  expect(evenlySpaced(items, 3)).toEqual([0, 2, 4]);
  expect(evenlySpaced(items, 4)).toEqual([0, 1, 3, 5]);
  expect(evenlySpaced(items, 6)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(evenlySpaced(items, 7)).toEqual(items);
  expect(evenlySpaced(items, 8)).toEqual(items);
  expect(evenlySpaced(items, 7)).not.toBe(items);
  expect(evenlySpaced(items, 0)).toEqual([]);
});
