import sharp from 'sharp';
import type { PixelImage } from './measures/pixel-image.js';

/** The picture as the bytes of a WebP file: half of a PNG's without loss, and much less with a `quality` of 1 to 100. */
export function encodeWebp({ pixels, width, height }: PixelImage, quality?: number): Promise<Buffer> {
  const how = quality === undefined ? { lossless: true } : { quality };
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .webp({ ...how, effort: 6 })
    .toBuffer();
}
