import sharp from 'sharp';
import type { PixelImage } from './measures/pixel-image.js';

/** The picture as the bytes of a PNG file, without loss. */
export function encodePng({ pixels, width, height }: PixelImage): Promise<Buffer> {
  return sharp(pixels, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 9 })
    .toBuffer();
}
