/** Files become RGB: upright, 8 bits per channel, in sRGB, on white. */
import { open } from 'node:fs/promises';
import sharp, { type Sharp } from 'sharp';
import { fileError, pictureError, UnreadableImage } from '../skipped.js';
import { type Crop, type CropBox, cropBoxOf, cutOut, type Picture } from './crop.js';
import { headSizeBytes, type ImageFormat, sniffFormat } from './format.js';

// Batches decode many files at once: threads inside one decode and libvips' cache of operations would only take memory.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Longer pictures (panoramas, strips) are first cut to their middle of this width to height, so that neither memory nor
 * time depends on how long a strip somebody hands in.
 */
export const maxAspect = 4;

/** Where a square comes from: sizes and box in px of the upright original. */
export interface CropOrigin {
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** To the nearest px. */
  readonly cropBox: CropBox;
}

export interface DecodedImage extends CropOrigin {
  /** [size, size, 3], RGB, row-major. */
  readonly pixels: Uint8Array;
}

/** A picture whose shorter side is `size` px. */
export interface ResizedPicture extends Picture {
  readonly originalWidth: number;
  readonly originalHeight: number;
  readonly format: ImageFormat;
}

export interface ResizeOptions {
  /** Of the shorter side, in px. */
  readonly size: number;
  /** Larger pictures are refused by their header, before anything is decoded. */
  readonly maxPixels: number;
}

export interface DecodeOptions extends ResizeOptions {
  readonly crop: Crop;
  readonly mirror: boolean;
}

/**
 * Reads one image (JPEG, PNG, WebP, AVIF, GIF or TIFF; the first frame), resizes its shorter side to `size` px and cuts
 * a square out: [size, size, 3].
 *
 * EXIF rotation is applied, embedded colour profiles are converted to sRGB, CMYK and grey to RGB, 16 bits to 8 (the
 * high byte), and alpha is laid over white. The filter is Lanczos-3; a picture at least 4 times too large is first
 * averaged in whole blocks (a JPEG while it is decoded) down to no less than twice the size. One that is too small is
 * enlarged by libvips' bicubic filter, which lays it half a px of the result further right and down than Pillow does.
 *
 * The whole file is decoded whatever the crop, so that a truncated one is never taken for a good one (of a strip longer
 * than 4:1, what comes before its middle ends).
 *
 * @param source a path, or the content of a file
 * @throws UnreadableImage with one sentence for a person
 */
export async function decodeImage(source: string | Buffer, options: DecodeOptions): Promise<DecodedImage> {
  return cropPicture(await decodeResized(source, options), options.crop, options.mirror);
}

/** The square that `decodeImage` would cut out of a picture that is resized already. */
export function cropPicture(picture: ResizedPicture, crop: Crop, mirror: boolean): DecodedImage {
  const { box, origin } = locateCrop(picture, crop);
  return { pixels: cutOut(picture, box, mirror), ...origin };
}

/** Where a square lies in a resized picture, and where in the original. */
export function locateCrop(
  picture: ResizedPicture,
  crop: Crop,
): { readonly box: CropBox; readonly origin: CropOrigin } {
  const { originalWidth, originalHeight } = picture;
  const box = cropBoxOf(picture, crop);
  const window = centralWindow(originalWidth, originalHeight);
  const scale = Math.min(originalWidth, originalHeight) / Math.min(picture.width, picture.height);
  const side = Math.round(box.side * scale);
  const cropBox = {
    left: Math.min(Math.round(window.left + box.left * scale), originalWidth - side),
    top: Math.min(Math.round(window.top + box.top * scale), originalHeight - side),
    side,
  };
  return { box, origin: { originalWidth, originalHeight, cropBox } };
}

/** Everything of `decodeImage` but the square: the whole picture (its middle, if longer than 4:1), resized. */
export async function decodeResized(source: string | Buffer, options: ResizeOptions): Promise<ResizedPicture> {
  const { size, maxPixels } = options;
  return decode(source, maxPixels, (image, originalWidth, originalHeight) => {
    const window = centralWindow(originalWidth, originalHeight);
    const scale = size / Math.min(window.width, window.height);
    const isCut = window.width < originalWidth || window.height < originalHeight;
    return (isCut ? image.extract(window) : image).resize({
      width: Math.round(window.width * scale),
      height: Math.round(window.height * scale),
      fit: 'fill',
      kernel: 'lanczos3',
      // Leaves at least a factor of two to the filter, so that the decoder's own coarse one cannot be seen.
      fastShrinkOnLoad: false,
    });
  });
}

/** Reads one image at its full resolution, otherwise as `decodeImage` does: [height, width, 3]. */
export async function decodeWholeImage(source: string | Buffer, options: { maxPixels: number }): Promise<Picture> {
  const { pixels, width, height } = await decode(source, options.maxPixels, (image) => image);
  return { pixels, width, height };
}

function centralWindow(originalWidth: number, originalHeight: number) {
  const width = Math.min(originalWidth, originalHeight * maxAspect);
  const height = Math.min(originalHeight, originalWidth * maxAspect);
  const [left, top] = [Math.floor((originalWidth - width) / 2), Math.floor((originalHeight - height) / 2)];
  return { left, top, width, height };
}

type Step = (image: Sharp, originalWidth: number, originalHeight: number) => Sharp;

async function decode(source: string | Buffer, maxPixels: number, step: Step): Promise<ResizedPicture> {
  const format = await formatOf(source);
  const readable = <T>(reading: Promise<T>) =>
    reading.catch((error: unknown) => {
      throw pictureError(error, format, maxPixels);
    });
  const image = sharp(source, { failOn: 'truncated', limitInputPixels: maxPixels });
  const { autoOrient, space, hasProfile } = await readable(image.metadata());
  const { width: originalWidth, height: originalHeight } = autoOrient;
  const onWhite = step(image.autoOrient(), originalWidth, originalHeight).flatten({ background: 'white' });
  // sharp moves 16-bit pictures that carry a profile to P3 and leaves them there unless told where to go.
  const inSrgb = space === 'rgb16' && hasProfile ? onWhite.withIccProfile('srgb', { attach: false }) : onWhite;
  const { data, info } = await readable(inSrgb.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true }));
  const pixels = new Uint8Array(data.buffer, data.byteOffset, data.length); // [height, width, 3]
  return { pixels, width: info.width, height: info.height, originalWidth, originalHeight, format };
}

async function formatOf(source: string | Buffer): Promise<ImageFormat> {
  const head = typeof source === 'string' ? await readHead(source) : source.subarray(0, headSizeBytes);
  if (head.length === 0) throw new UnreadableImage('file is empty');
  const format = sniffFormat(head);
  if (format === undefined) throw new UnreadableImage('not a JPEG, PNG, WebP, AVIF, GIF or TIFF image');
  return format;
}

async function readHead(path: string): Promise<Buffer> {
  try {
    const file = await open(path);
    try {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(headSizeBytes), 0, headSizeBytes, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw fileError(error);
  }
}
