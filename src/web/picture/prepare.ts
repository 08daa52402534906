/** A picture of any size becomes the square that the commands would measure. */
import { cropBoxOf, cutOut } from '../../data/pictures/framing/crop.js';
import { centralWindow } from '../../data/pictures/framing/window.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';
import { resizePicture } from './resize.js';

/** The centre square of the picture (of its middle, if longer than 4:1), `size` px a side, as `evaluate` crops it. */
export function prepareSquare(picture: PixelImage, size: number): PixelImage {
  const window = centralWindow(picture.width, picture.height);
  const scale = size / Math.min(window.width, window.height);
  const resized = resizePicture(cutWindow(picture, window), {
    width: Math.round(window.width * scale),
    height: Math.round(window.height * scale),
  });
  const pixels = cutOut({ ...resized, channels: 3 }, cropBoxOf(resized, { kind: 'center' }), false);
  return { pixels, width: size, height: size };
}

function cutWindow(picture: PixelImage, window: ReturnType<typeof centralWindow>): PixelImage {
  const { left, top, width, height } = window;
  if (width === picture.width && height === picture.height) return picture;
  const pixels = new Uint8Array(width * height * 3);
  for (let row = 0; row < height; row++) {
    const start = ((top + row) * picture.width + left) * 3;
    pixels.set(picture.pixels.subarray(start, start + 3 * width), row * width * 3);
  }
  return { pixels, width, height };
}
