import { expect, test } from 'vitest';
import { toBytes, toUnitRange } from '../../../src/data/pictures/values/pixels.js';

const allBytes = Uint8Array.from({ length: 256 }, (_, value) => value);

test('bytes become [-1, 1] where they belong, and come back', () => {
  const out = new Float32Array(258).fill(7);
  toUnitRange(allBytes, out, 1);
  expect([out[0], out[1], out[256], out[257]]).toEqual([7, -1, 1, 7]);
  expect(out[129]).toBeCloseTo(128 / 127.5 - 1, 7);
  expect(toBytes(out.subarray(1, 257))).toEqual(allBytes);
});

test('what lies beyond the range is clamped, the half at 0 is rounded up', () => {
  const values = [-3, -1.0001, 1.0001, 40, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, 0];
  expect([...toBytes(Float32Array.of(1, -1))]).toEqual([255, 0]);
  expect([...toBytes(Float32Array.from(values))]).toEqual([0, 0, 255, 255, 255, 0, 0, 128]);
});
