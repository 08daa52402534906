/** The page's pictures against the commands'. */
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../src/data/pictures/decode.js';
import { syntheticImage } from '../../src/data/synthetic/picture.js';
import { prepareSquare } from '../../src/web/picture/prepare.js';

/** Edges and smooth areas, of any size. */
function source(width: number, height: number) {
  const side = Math.max(width, height);
  return sharp(syntheticImage('dead-leaves', 7, 64), { raw: { width: 64, height: 64, channels: 3 } })
    .resize(side, side, { kernel: 'nearest' })
    .blur(1)
    .extract({ left: 0, top: 0, width, height });
}

describe('a picture prepared in memory is the one that the commands prepare', () => {
  it.each([
    { width: 64, height: 64, size: 64, meanGreyLevels: 0 },
    { width: 128, height: 128, size: 64, meanGreyLevels: 0.02 },
    { width: 200, height: 131, size: 64, meanGreyLevels: 0.2 },
    { width: 131, height: 200, size: 64, meanGreyLevels: 0.2 },
    { width: 640, height: 427, size: 64, meanGreyLevels: 0.5 },
    { width: 500, height: 70, size: 64, meanGreyLevels: 0.05 },
    { width: 1000, height: 750, size: 128, meanGreyLevels: 0.2 },
    { width: 40, height: 30, size: 64, meanGreyLevels: 0.3 },
    { width: 33, height: 50, size: 64, meanGreyLevels: 0.3 },
  ])('$width×$height px at $size px, to $meanGreyLevels grey levels', async ({ meanGreyLevels, size, ...sides }) => {
    const raw = await source(sides.width, sides.height).raw().toBuffer();
    const png = await source(sides.width, sides.height).png().toBuffer();
    const wanted = await decodeImage(png, { size, maxPixels: 1e8, crop: { kind: 'center' }, mirror: false });
    const got = prepareSquare({ pixels: new Uint8Array(raw), ...sides }, size);
    const difference = got.pixels.reduce((sum, value, at) => sum + Math.abs(value - wanted.pixels[at]!), 0);
    expect(difference / got.pixels.length).toBeLessThanOrEqual(meanGreyLevels);
  });
});
