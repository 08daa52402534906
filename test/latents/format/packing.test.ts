import { describe, expect, test } from 'vitest';
import { packRows, rowBytesOf, soundVariances } from '../../../src/latents/format/shards/packing.js';

test('a row has as many bytes as its dtype takes', () => {
  const shape = [2, 3, 4] as const;
  expect(rowBytesOf({ shape, dtype: 'float32' })).toBe(96);
  expect(rowBytesOf({ shape, dtype: 'float16' })).toBe(48);
  expect(rowBytesOf({ shape, dtype: 'bfloat16' })).toBe(48);
});

describe('packed rows', () => {
  const shape = [2, 1, 2] as const;

  test('hold the channels of each position one after the other, of so many images as are wanted', () => {
    // Two images of two positions with channels a and b, and a third that is not wanted.
    const latents = Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40, 5, 50, 6, 60);
    const { bytes, rowBytes, sound } = packRows({ shape, dtype: 'float32' }, latents, 2);
    expect([...new Float32Array(bytes.slice().buffer)]).toEqual([1, 2, 10, 20, 3, 4, 30, 40]);
    expect(rowBytes).toBe(16);
    expect(sound).toEqual([true, true]);
  });

  test('in half precision are what IEEE 754 says', () => {
    const { bytes } = packRows({ shape, dtype: 'float16' }, Float32Array.of(1, -2, 0.5, 65504), 1);
    expect([...new Uint16Array(bytes.slice().buffer)]).toEqual([0x3c00, 0x3800, 0xc000, 0x7bff]);
    const bfloat = packRows({ shape, dtype: 'bfloat16' }, Float32Array.of(1, -2, 0.5, 3), 1);
    expect([...new Uint16Array(bfloat.bytes.slice().buffer)]).toEqual([0x3f80, 0x3f00, 0xc000, 0x4040]);
  });

  test('are sound where every value is finite after rounding', () => {
    const largest = 3.4028234663852886e38;
    const rows = (...last: number[]) => Float32Array.from(last.flatMap((value) => [0, 0, 0, value]));
    const wild = rows(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, largest, -largest, 7e4);
    expect(packRows({ shape, dtype: 'float32' }, wild, 6).sound).toEqual([false, false, false, true, true, true]);
    expect(packRows({ shape, dtype: 'float16' }, wild, 6).sound).toEqual([false, false, false, false, false, false]);
    expect(packRows({ shape, dtype: 'float16' }, rows(7e4, 6e4, -6e4), 3).sound).toEqual([false, true, true]);
    expect(packRows({ shape, dtype: 'float32' }, Float32Array.of(Number.NaN, 0, 0, 0), 1).sound).toEqual([false]);
  });

  test('have variances that a float32 holds up to exp(88)', () => {
    const logvar = Float32Array.of(
      88,
      Number.NEGATIVE_INFINITY,
      0,
      0,
      0,
      88.001,
      0,
      0,
      0,
      0,
      0,
      Number.NaN,
      99,
      0,
      0,
      0,
    );
    expect(soundVariances({ shape, dtype: 'float32' }, logvar, 3)).toEqual([true, false, false]);
    expect(Number.isFinite(Math.fround(Math.exp(88)))).toBe(true);
  });
});
