import { expect, test } from 'vitest';
import { decodeIntoBucket } from '../../../src/data/pictures/decode.js';
import { bucketsOf, frameInBucket } from '../../../src/data/pictures/framing/buckets.js';
import { drawn } from '../folders.js';

const text = (buckets: readonly { width: number; height: number }[]) =>
  buckets.map(({ width, height }) => `${width}x${height}`).join(' ');

test('buckets are all multiples of about the area, up to 4:1, in both orientations', () => {
  expect(text(bucketsOf({ area: 256 * 256, multiple: 64 }))).toBe(
    '128x512 128x448 192x384 192x320 256x256 320x192 384x192 448x128 512x128',
  );
  expect(text(bucketsOf({ area: 64 * 64, multiple: 64 }))).toBe('64x64');
  const large = bucketsOf({ area: 1024 * 1024, multiple: 64 });
  // Those that SDXL was trained on (arXiv 2307.01952, appendix I) and whose area is that near.
  for (const size of [
    '512x2048',
    '704x1472',
    '832x1216',
    '1024x1024',
    '1152x896',
    '1344x768',
    '1536x704',
    '1984x512',
  ]) {
    expect(text(large).split(' ')).toContain(size);
  }
  for (const { width, height } of large) {
    expect([width % 64, height % 64]).toEqual([0, 0]);
    expect(Math.abs(Math.log((width * height) / 1024 ** 2))).toBeLessThan(0.07);
  }
  expect(() => bucketsOf({ area: 100, multiple: 64 })).toThrow(/No sides that are multiples of 64 px make an area/);
});

test('a picture goes to the bucket of the nearest ratio, is covered and cut in its middle', () => {
  const buckets = bucketsOf({ area: 256 * 256, multiple: 64 });
  const nearest = (width: number, height: number) => text([frameInBucket(buckets, width, height).bucket]);
  expect(nearest(1000, 1000)).toBe('256x256');
  expect(nearest(4000, 3000)).toBe('320x192');
  expect(nearest(3000, 4000)).toBe('192x320');
  expect(nearest(1920, 1080)).toBe('320x192');
  expect(nearest(2000, 1000)).toBe('384x192');
  expect(nearest(50, 5000)).toBe('128x512');
  // 320x192 of 800x600: 0.4 covers, 320x240; 24 lines go on either side, which are 60 px of the picture.
  expect(frameInBucket(buckets, 800, 600)).toMatchObject({
    width: 320,
    height: 240,
    left: 0,
    top: 24,
    crop: { left: 0, top: 60, width: 800, height: 480 },
  });
  // Of a strip the middle 4:1.
  expect(frameInBucket(buckets, 100, 10).crop).toEqual({ left: 30, top: 0, width: 40, height: 10 });
});

test('a picture of exactly a bucket keeps every pixel, and one that is twice as large the mean of a gradient', async () => {
  const buckets = bucketsOf({ area: 64 * 64, multiple: 16 });
  const colourAt = (x: number, y: number) => [(x * 7 + y * 3) % 256, (x * y) % 256, 255 - x];
  const exact = drawn(80, 48, colourAt);
  const { picture, framing } = await decodeIntoBucket(await exact.png().toBuffer(), { buckets, maxPixels: 1e6 });
  expect([picture.width, picture.height]).toEqual([80, 48]);
  expect(framing.crop).toEqual({ left: 0, top: 0, width: 80, height: 48 });
  expect(picture.pixels).toEqual(new Uint8Array(await drawn(80, 48, colourAt).raw().toBuffer()));
  const gradient = drawn(160, 120, (x, y) => [x, 2 * y, 100]);
  const half = await decodeIntoBucket(await gradient.png().toBuffer(), { buckets, maxPixels: 1e6 });
  expect(half.framing).toMatchObject({ bucket: { width: 80, height: 48 }, top: 6, crop: { top: 12, height: 96 } });
  // Far from the edges a linear filter keeps a gradient: pixel (20, 10) is the mean of 40 and 41, and of lines 32 and 33.
  expect([...half.picture.pixels.slice((10 * 80 + 20) * 3, (10 * 80 + 20) * 3 + 3)]).toEqual([41, 65, 100]);
});
