/** Pictures become the content of image files. */
import sharp, { type Sharp } from 'sharp';
import type { PictureFormat } from '../../config/config.js';
import type { Picture } from './framing/crop.js';

/** PNG keeps every byte; the others keep what a person can see, colour at full resolution. */
const encoders: Readonly<Record<PictureFormat, (image: Sharp) => Sharp>> = {
  png: (image) => image.png(),
  jpeg: (image) => image.jpeg({ quality: 95, chromaSubsampling: '4:4:4' }),
  webp: (image) => image.webp({ quality: 95, smartSubsample: true }),
};

export const pictureExtensions: Readonly<Record<PictureFormat, string>> = { png: 'png', jpeg: 'jpg', webp: 'webp' };

/** The picture as the bytes of an image file. */
export function encodePicture({ pixels, width, height, channels }: Picture, format: PictureFormat): Promise<Buffer> {
  const image = sharp(pixels, { raw: { width, height, channels } });
  return encoders[format](channels === 1 ? image.toColourspace('b-w') : image).toBuffer();
}
