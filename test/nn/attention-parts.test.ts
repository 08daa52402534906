/** Which images and queries are looked at together. */
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../src/nn/attention.js';

describe('parts of attention', () => {
  const sizes = (shape: [number, number, number], keys: number, most: number) =>
    partsOf(shape, keys, most).map(({ image, images, row, rows }) => [image, images, row, rows]);

  it('are whole images, as many as the bound allows', () => {
    expect(sizes([3, 7, 5], 11, 3 * 7 * 11)).toEqual([[0, 3, 0, 7]]);
    expect(sizes([3, 7, 5], 11, 3 * 7 * 11 - 1)).toEqual([
      [0, 2, 0, 7],
      [2, 1, 0, 7],
    ]);
    expect(sizes([2, 7, 5], 11, 7 * 11)).toEqual([
      [0, 1, 0, 7],
      [1, 1, 0, 7],
    ]);
  });

  it('are about equal shares of an image’s queries where one is too many', () => {
    expect(sizes([1, 7, 5], 11, 6 * 11)).toEqual([
      [0, 1, 0, 4],
      [0, 1, 4, 3],
    ]);
    expect(sizes([2, 7, 5], 11, 3 * 11)).toEqual(
      [0, 1].flatMap((image) => [0, 3, 6].map((row) => [image, 1, row, Math.min(3, 7 - row)])),
    );
    expect(sizes([1, 2, 5], 11, 1)).toEqual([
      [0, 1, 0, 1],
      [0, 1, 1, 1],
    ]);
  });

  it('are 256 at the most, however small the bound', () => {
    expect(sizes([1, 1024, 5], 11, 1)).toEqual(Array.from({ length: 256 }, (_, index) => [0, 1, 4 * index, 4]));
    expect(sizes([512, 2, 5], 11, 1)).toEqual(Array.from({ length: 256 }, (_, index) => [2 * index, 2, 0, 2]));
  });
});
