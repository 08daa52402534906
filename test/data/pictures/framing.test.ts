import { describe, expect, test } from 'vitest';
import { bucketsOf, frameInBucket } from '../../../src/data/pictures/framing/buckets.js';
import { cropBoxOf, cutOut, mirrored } from '../../../src/data/pictures/framing/crop.js';
import { centralWindow } from '../../../src/data/pictures/framing/window.js';
import { squareToUnitRange } from '../../../src/data/pictures/values/pixels.js';

describe('the square of a picture', () => {
  test('is its middle, the odd px right of and below it', () => {
    expect(cropBoxOf({ width: 11, height: 4 }, { kind: 'center' })).toEqual({ left: 3, top: 0, side: 4 });
    expect(cropBoxOf({ width: 4, height: 10 }, { kind: 'center' })).toEqual({ left: 0, top: 3, side: 4 });
  });

  test('is anywhere, each place as likely as any other', () => {
    const picture = { width: 10, height: 7 };
    const at = (x: number, y: number, side?: number) =>
      cropBoxOf(picture, { kind: 'random', x, y, ...(side !== undefined && { side }) });
    expect(at(0, 0)).toEqual({ left: 0, top: 0, side: 7 });
    expect(at(0.999, 0.999)).toEqual({ left: 3, top: 0, side: 7 });
    // Of places 0 to 3 the third begins at a half.
    expect(at(0.4999, 0.5, 7).left).toBe(1);
    expect(at(0.5, 0.5, 7).left).toBe(2);
    expect(at(0.6, 0.9, 5)).toEqual({ left: 3, top: 2, side: 5 });
  });

  /** [4, 5, channels], each value another. */
  const pictureOf = (channels: 1 | 3 | 4) => ({
    pixels: Uint8Array.from({ length: 4 * 5 * channels }, (_, index) => index),
    channels,
    width: 5,
    height: 4,
  });

  test.each([1, 3, 4] as const)('is cut out, and mirrored where that is wanted: %i channels', (channels) => {
    const picture = pictureOf(channels);
    const box = { left: 1, top: 1, side: 2 };
    const valuesAt = (columns: readonly number[]) =>
      [1, 2].flatMap((row) =>
        columns.flatMap((column) =>
          Array.from({ length: channels }, (_, channel) => (row * 5 + column) * channels + channel),
        ),
      );
    expect([...cutOut(picture, box, false)]).toEqual(valuesAt([1, 2]));
    expect([...cutOut(picture, box, true)]).toEqual(valuesAt([2, 1]));
    const out = new Float32Array(3 + 4 * channels + 1).fill(7);
    squareToUnitRange(picture, box, out, 3);
    const wanted = valuesAt([1, 2]).map((byte) => Math.fround(byte / 127.5 - 1));
    expect([...out]).toEqual([7, 7, 7, ...wanted, 7]);
  });

  test.each([1, 3, 4] as const)('may be the whole picture, mirrored: %i channels', (channels) => {
    const swapped = mirrored(pictureOf(channels));
    const wanted = Array.from({ length: 4 * 5 * channels }, (_, index) => {
      const [pixel, channel] = [Math.floor(index / channels), index % channels];
      const [row, column] = [Math.floor(pixel / 5), pixel % 5];
      return (row * 5 + 4 - column) * channels + channel;
    });
    expect([...swapped]).toEqual(wanted);
  });
});

test('of a picture longer than 4:1 its middle of that ratio is used', () => {
  expect(centralWindow(40, 10)).toEqual({ left: 0, top: 0, width: 40, height: 10 });
  expect(centralWindow(47, 10)).toEqual({ left: 3, top: 0, width: 40, height: 10 });
  expect(centralWindow(10, 47)).toEqual({ left: 0, top: 3, width: 10, height: 40 });
  expect(centralWindow(10, 41)).toEqual({ left: 0, top: 0, width: 10, height: 40 });
});

describe('buckets', () => {
  test('have at most 5/4 of the area asked for and at least 4/5', () => {
    const text = (area: number, multiple: number) =>
      bucketsOf({ area, multiple }).map(({ width, height }) => `${width}x${height}`);
    // 10 × 10 is 5/4 of 80, and 4/5 of 125.
    expect(text(80, 10)).toEqual(['10x10']);
    expect(text(125, 10)).toEqual(['10x10']);
    expect(() => text(79, 10)).toThrow();
    expect(() => text(126, 10)).toThrow();
    // 20 × 5 is exactly 4:1, and 5/4 of 80.
    expect(text(80, 5)).toEqual(['5x20', '5x15', '10x10', '15x5', '20x5']);
    expect(text(100, 5)).toEqual(['5x20', '10x10', '20x5']);
    // All multiples of 4 px with both bounds, by trying every pair whose height is the nearest for its width, and turned.
    const wanted = new Set<string>();
    for (let width = 4; width <= 200; width += 4) {
      const height = 4 * Math.round(900 / width / 4);
      const ratio = (width * height) / 900;
      if (ratio > 1.25 || ratio < 0.8 || Math.max(width, height) > 4 * Math.min(width, height)) continue;
      wanted.add(`${width}x${height}`).add(`${height}x${width}`);
    }
    expect(new Set(text(900, 4))).toEqual(wanted);
    const aspects = bucketsOf({ area: 900, multiple: 4 }).map(({ width, height }) => width / height);
    expect(aspects).toEqual([...aspects].sort((a, b) => a - b));
  });

  test('of two that are as near the first is taken', () => {
    const buckets = [
      { width: 10, height: 20 },
      { width: 20, height: 10 },
    ];
    expect(frameInBucket(buckets, 30, 30).bucket).toBe(buckets[0]);
  });

  test('lie in the middle of a picture that covers them, whichever of its sides is left over', () => {
    const buckets = [{ width: 40, height: 20 }];
    // 1/3: 47 lines, of which 13 stand above.
    expect(frameInBucket(buckets, 120, 141)).toEqual({
      bucket: buckets[0],
      window: { left: 0, top: 0, width: 120, height: 141 },
      width: 40,
      height: 47,
      left: 0,
      top: 13,
      crop: { left: 0, top: 39, width: 120, height: 60 },
    });
    // 2: 74 columns, of which 17 stand to the left, which are 9 px.
    expect(frameInBucket(buckets, 37, 10)).toEqual({
      bucket: buckets[0],
      window: { left: 0, top: 0, width: 37, height: 10 },
      width: 74,
      height: 20,
      left: 17,
      top: 0,
      crop: { left: 9, top: 0, width: 20, height: 10 },
    });
    // Of the middle 4:1 of a strip.
    expect(frameInBucket(buckets, 10, 50).crop).toEqual({ left: 0, top: 23, width: 10, height: 5 });
    expect(frameInBucket(buckets, 50, 10).crop).toEqual({ left: 15, top: 0, width: 20, height: 10 });
  });
});
