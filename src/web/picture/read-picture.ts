/** A picture file, as somebody dropped it, becomes RGB: upright, sRGB, on white. For pages and workers. */
import { imageSize } from 'image-size';
import { UserError } from '../../errors.js';
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';

/** Larger pictures are refused by their header: decoding one takes 4 bytes a px. */
export const maxPixels = 100e6;

/** No browser refuses a canvas of so many px; larger pictures are made smaller while they are decoded. */
const maxCanvasPixels = 16e6;

/**
 * Reads a picture file that the browser knows.
 *
 * @throws UserError in one sentence where the file is no picture, broken or too large
 */
export async function readPicture(file: Blob, name = 'The file'): Promise<PixelImage> {
  const { width, height } = await headerSize(file, name);
  if (width * height > maxPixels) {
    throw new UserError(
      `${name} has ${megapixels(width * height)} megapixels, wanted at most ${megapixels(maxPixels)}: make it smaller first.`,
    );
  }
  const scale = Math.sqrt(maxCanvasPixels / (width * height));
  const bitmap = await decode(file, scale < 1 ? Math.floor(width * scale) : null, name);
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new UserError(`There is no memory for ${name}: close other pages, or choose a smaller picture.`);
  context.fillStyle = 'white';
  context.fillRect(0, 0, bitmap.width, bitmap.height);
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
  const picture = { pixels: withoutAlpha(data), width: bitmap.width, height: bitmap.height };
  bitmap.close();
  return picture;
}

const megapixels = (pixels: number) => Math.ceil(pixels / 1e6);

/** As much of a file as is searched for its size: a JPEG may carry a profile and a thumbnail before it. */
const headerBytes = 1 << 20;

async function headerSize(file: Blob, name: string): Promise<{ width: number; height: number }> {
  const head = new Uint8Array(await file.slice(0, headerBytes).arrayBuffer());
  if (head.length === 0) throw new UserError(`${name} is empty: choose another picture.`);
  try {
    return imageSize(head);
  } catch {
    // Its message tells of formats that no browser shows.
    throw new UserError(`${name} is no picture that can be read: choose a JPEG, PNG, WebP or AVIF file.`);
  }
}

async function decode(file: Blob, resizeWidth: number | null, name: string): Promise<ImageBitmap> {
  const options: ImageBitmapOptions = {
    imageOrientation: 'from-image',
    premultiplyAlpha: 'none',
    ...(resizeWidth && { resizeWidth, resizeQuality: 'high' as const }),
  };
  try {
    return await createImageBitmap(file, options);
  } catch {
    // Browsers say no more than that they could not.
    throw new UserError(`${name} cannot be decoded: it is broken, or of a kind that this browser does not show.`);
  }
}

/** [H·W·4] -> [H·W·3] */
function withoutAlpha(rgba: Uint8ClampedArray): Uint8Array {
  const pixels = new Uint8Array((rgba.length / 4) * 3);
  for (let from = 0, to = 0; from < rgba.length; from += 4) {
    pixels[to++] = rgba[from] as number;
    pixels[to++] = rgba[from + 1] as number;
    pixels[to++] = rgba[from + 2] as number;
  }
  return pixels;
}
