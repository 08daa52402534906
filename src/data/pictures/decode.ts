/** Files become pixels: upright, 8 bits per channel, in sRGB, on white unless alpha is wanted. */
import sharp, { type Metadata, type Region, type Sharp } from 'sharp';
import type { ImageChannels } from '../../config/config.js';
import { pictureError, UnreadableImage } from '../skipped.js';
import { enlarge } from './enlarge.js';
import type { ImageFormat } from './formats/format.js';
import { type Bucket, type BucketFraming, frameInBucket } from './framing/buckets.js';
import { type Crop, type CropBox, cropBoxOf, cutOut, type Picture } from './framing/crop.js';
import { centralWindow } from './framing/window.js';
import { openPicture } from './picture-source.js';
import { luminanceOf } from './values/luminance.js';
import { rawImage, rawPicture } from './values/raw-picture.js';
import { rangedPixels, type ValueRange } from './values/value-range.js';

// Batches decode many files at once: threads inside one decode and libvips' cache of operations would only take memory.
sharp.cache(false);
sharp.concurrency(1);

const resampling = {
  fit: 'fill',
  kernel: 'lanczos3',
  // Leaves at least a factor of two to the filter, so that the decoder's own coarse one cannot be seen.
  fastShrinkOnLoad: false,
} as const;

/** Where a square comes from: sizes and box in px of the upright original. */
export interface CropOrigin {
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** To the nearest px. */
  readonly cropBox: CropBox;
}

/** A square of a picture as 8-bit pixels. */
export interface DecodedImage extends CropOrigin {
  /** [size, size, channels], row-major. */
  readonly pixels: Uint8Array;
}

/** A picture whose shorter side is `size` px. */
export interface ResizedPicture extends Picture {
  readonly originalWidth: number;
  readonly originalHeight: number;
  readonly format: ImageFormat;
}

/** What is read of a picture, whatever its size. */
export interface ReadOptions {
  /** Larger pictures are refused by their header, before anything is decoded. */
  readonly maxPixels: number;
  /** 3 unless told otherwise. */
  readonly imageChannels?: ImageChannels | undefined;
  /** Of pictures of more than 8 bits per value. */
  readonly range?: ValueRange | undefined;
}

/** How a picture is read and made smaller. */
export interface ResizeOptions extends ReadOptions {
  /** Of the shorter side, in px. */
  readonly size: number;
}

/** How a picture becomes a square. */
export interface DecodePictureOptions extends ResizeOptions {
  /** The square that is taken. */
  readonly crop: Crop;
  /** Whether it is mirrored. */
  readonly mirror: boolean;
}

/**
 * Reads one image (JPEG, PNG, WebP, AVIF, GIF, TIFF or BMP; the first frame), resizes its shorter side to `size` px and cuts
 * a square out: [size, size, channels].
 *
 * EXIF rotation is applied, embedded colour profiles are converted to sRGB, CMYK and grey to RGB, 16 bits to 8 (the
 * high byte, or as `range` says), and alpha is laid over white, unless 4 channels are wanted. One channel is the luminance. The filter is Lanczos-3; a picture at least 4 times too large is first
 * averaged in whole blocks (a JPEG while it is decoded) down to no less than twice the size. One that is too small is
 * enlarged by the bicubic filter.
 *
 * The whole file is decoded whatever the crop, so that a truncated one is never taken for a good one (of a strip longer
 * than 4:1, what comes before its middle ends).
 *
 * @param source a path, or the content of a file
 * @throws UnreadableImage with one sentence for a person
 */
export async function decodeImage(source: string | Buffer, options: DecodePictureOptions): Promise<DecodedImage> {
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
  const { size } = options;
  return decode(source, options, (originalWidth, originalHeight) => {
    const window = centralWindow(originalWidth, originalHeight);
    const scale = size / Math.min(window.width, window.height);
    return { window, width: Math.round(window.width * scale), height: Math.round(window.height * scale) };
  });
}

/** Reads one image at its full resolution, otherwise as `decodeImage` does: [height, width, channels]. */
export async function decodeWholeImage(source: string | Buffer, options: ReadOptions): Promise<Picture> {
  const { pixels, channels, width, height } = await decode(source, options, () => undefined);
  return { pixels, channels, width, height };
}

/** Reads one image, resizes it so that it covers the bucket it belongs to, and cuts the bucket out of the middle: [height, width, channels]. */
export async function decodeIntoBucket(
  source: string | Buffer,
  { buckets, ...options }: ReadOptions & { readonly buckets: readonly Bucket[] },
): Promise<{ readonly picture: ResizedPicture; readonly framing: BucketFraming }> {
  let framing: BucketFraming | undefined;
  const picture = await decode(source, options, (originalWidth, originalHeight) => {
    framing = frameInBucket(buckets, originalWidth, originalHeight);
    const { bucket, left, top } = framing;
    return { ...framing, cut: { left, top, ...bucket } };
  });
  return { picture, framing: framing as BucketFraming };
}

/** Of the upright picture, in px, by its header alone. @throws UnreadableImage with one sentence for a person */
export async function uprightSizeOf(
  source: string | Buffer,
  { maxPixels }: Pick<ReadOptions, 'maxPixels'>,
): Promise<{ readonly width: number; readonly height: number }> {
  const { format, readable, raw, refusal } = await openPicture(source, maxPixels);
  try {
    return (await sharp(readable, { limitInputPixels: maxPixels, ...(raw && { raw }) }).metadata()).autoOrient;
  } catch (error) {
    throw pictureError(error, format, maxPixels, refusal);
  }
}

/** What becomes of the upright original: `window` of it is resized to a width and height, and `cut` is taken out of that. In px. */
interface Framing {
  readonly window: Region;
  readonly width: number;
  readonly height: number;
  readonly cut?: Region;
}

type Size = Pick<Region, 'width' | 'height'>;

/** Without a framing the picture stays as it is. */
type Frame = (originalWidth: number, originalHeight: number) => Framing | undefined;

async function decode(source: string | Buffer, options: ReadOptions, frame: Frame): Promise<ResizedPicture> {
  const { maxPixels, imageChannels: channels = 3, range } = options;
  const { format, readable: content, raw, refusal } = await openPicture(source, maxPixels);
  const readable = <T>(reading: Promise<T>) =>
    reading.catch((error: unknown) => {
      if (error instanceof UnreadableImage) throw error;
      throw pictureError(error, format, maxPixels, refusal);
    });
  const open = () => sharp(content, { failOn: 'truncated', limitInputPixels: maxPixels, ...(raw && { raw }) });
  const metadata = await readable(open().metadata());
  assertReadable(metadata, refusal);
  const { width: originalWidth, height: originalHeight } = metadata.autoOrient;
  const upright = await uprightPicture(open, metadata, range, readable);
  const coloured = inSrgb(channels === 4 ? upright.ensureAlpha() : upright.flatten({ background: 'white' }), metadata);
  const { pixels, width, height } = await readable(
    framed(coloured, metadata.autoOrient, frame(originalWidth, originalHeight)),
  );
  const wanted = channels === 1 ? luminanceOf(pixels) : pixels;
  return { pixels: wanted, channels, width, height, originalWidth, originalHeight, format };
}

/** [height, width, 3 or 4] */
async function framed(image: Sharp, original: Size, framing: Framing | undefined): Promise<Picture> {
  if (framing === undefined) return rawPicture(image);
  const { window, width, height, cut } = framing;
  // A JPEG out of which something is cut would not be shrunk while it is decoded.
  const isWhole = window.width === original.width && window.height === original.height;
  const part = isWhole ? image : image.extract(window);
  const isEnlarged = width > window.width || height > window.height;
  const resized = isEnlarged
    ? rawImage(await enlarge(await rawPicture(part), { width, height }))
    : part.resize({ width, height, ...resampling });
  return rawPicture(cut === undefined ? resized : resized.extract(cut));
}

function assertReadable({ channels, depth, bitsPerSample }: Metadata, refusal: string | undefined): void {
  if (refusal !== undefined) throw new UnreadableImage(refusal);
  if (channels > 4) throw new UnreadableImage(`has ${channels} channels, wanted 1 to 4 of them`);
  // libvips reads them as zeros.
  if (depth === 'float' && bitsPerSample === 16) {
    throw new UnreadableImage(
      'holds 16-bit floating-point values, wanted 8 or 16 bits: save it as 32-bit floats or PNG',
    );
  }
}

/** The picture with 8 or 16 bits per value, turned as its camera says. */
async function uprightPicture(
  open: () => Sharp,
  metadata: Metadata,
  range: ValueRange | undefined,
  readable: <T>(reading: Promise<T>) => Promise<T>,
): Promise<Sharp> {
  const ranged = await readable(rangedPixels(() => open().autoOrient(), metadata, range));
  if (ranged === undefined) return open().autoOrient();
  const { pixels, width, height, channels } = ranged;
  return sharp(pixels, { raw: { width, height, channels } });
}

function inSrgb(image: Sharp, { space, hasProfile }: Metadata): Sharp {
  // sharp moves 16-bit pictures that carry a profile to P3 and leaves them there unless told where to go.
  const moved = space === 'rgb16' && hasProfile ? image.withIccProfile('srgb') : image;
  return moved.toColourspace('srgb');
}
