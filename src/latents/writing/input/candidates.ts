/** Image files on their way to the encoder. */

import type { ImageChannels } from '../../../config/config.js';
import { readText } from '../../../data/input/beside/companions.js';
import { contentOf, type ImageFile, type ImageSource } from '../../../data/input/image-file.js';
import {
  decodeIntoBucket,
  decodeResized,
  decodeWholeImage,
  locateCrop,
  type ReadOptions,
} from '../../../data/pictures/decode.js';
import type { Bucket, BucketOptions } from '../../../data/pictures/framing/buckets.js';
import type { CropBox, Picture } from '../../../data/pictures/framing/crop.js';
import { maxAspect } from '../../../data/pictures/framing/window.js';
import { type SkippedImage, UnreadableImage } from '../../../data/skipped.js';
import { sha256Of } from '../../../digest.js';
import type { Preprocessing } from '../../format/manifest.js';
import { pathRefusal } from '../../format/relative-path.js';
import type { StoredImage } from '../../format/shards/shard.js';
import { imageTextSchema, type StoredText } from '../../format/shards/texts.js';
import type { Tiling } from '../../tiles.js';

/** An image that can be encoded. */
export interface ReadableImage {
  readonly record: StoredImage;
  readonly picture: Picture;
  /** What of it is to be encoded: a square of the size asked for, or null for all of it. */
  readonly square: CropBox | null;
}

export type Candidate = ReadableImage | SkippedImage;

/** The buckets that pictures are sorted into, and what they were made of. */
export interface Bucketing extends BucketOptions {
  readonly buckets: readonly Bucket[];
}

/** How images are read for the encoder. */
export interface CandidateOptions extends ReadOptions {
  /** Side of the square centre crop in px; or the tiles in which every picture is encoded in its own size; or buckets. */
  readonly size: number | Tiling | Bucketing;
}

const colours: Readonly<Record<ImageChannels, string>> = {
  1: 'luminance (ITU-R BT.601), 8 bits, on white',
  3: 'sRGB, 8 bits, on white',
  4: 'sRGB and alpha, 8 bits',
};

/** What `readCandidate` does to a picture, in words for the manifest. Limits that only refuse pictures are no part of it. */
export function preprocessingOf({
  size,
  imageChannels = 3,
  range,
}: Pick<CandidateOptions, 'size' | 'imageChannels' | 'range'>): Preprocessing {
  return {
    ...framingOf(size),
    orientation: 'exif',
    colors: colours[imageChannels],
    ...(range && { valueRange: [...range] }),
    range: [-1, 1],
  };
}

function framingOf(size: CandidateOptions['size']): Preprocessing {
  if (typeof size === 'number') return { size, resize: 'shorter side to size, lanczos3', crop: 'center', maxAspect };
  if ('tileSize' in size) {
    const { wholePixels, ...tiles } = size;
    const padding = 'reflection to whole cells, right and bottom';
    return { size: 'whole', padding, ...tiles, ...(wholePixels !== undefined && { wholePixels }) };
  }
  const { area, multiple } = size;
  return { size: 'buckets', area, multiple, resize: 'to cover the bucket, lanczos3', crop: 'center', maxAspect };
}

/** Where an image comes from. */
export interface CandidateInput {
  /** In the store; see `relativePathSchema`. */
  readonly path: string;
  readonly label: string | null;
  readonly source: ImageSource & Pick<ImageFile, 'companions' | 'key'>;
}

/** Reads, hashes and decodes one image. What cannot be read is an answer, not an error. */
export async function readCandidate(input: CandidateInput, options: CandidateOptions): Promise<Candidate> {
  try {
    return await decodeCandidate(input, options);
  } catch (error) {
    if (error instanceof UnreadableImage) return { path: input.path, reason: error.message };
    throw error;
  }
}

/** What stands beside an image, as a store keeps it. @throws UnreadableImage where that cannot be read */
export async function storedTextOf({ companions }: Pick<ImageFile, 'companions'>): Promise<StoredText | undefined> {
  const text = companions && (await readText(companions));
  return text && imageTextSchema.parse(text);
}

async function decodeCandidate(
  { path, label, source }: CandidateInput,
  options: CandidateOptions,
): Promise<ReadableImage> {
  const refusal = pathRefusal(path);
  if (refusal !== undefined) throw new UnreadableImage(refusal);
  const bytes = await contentOf(source);
  const { key } = source;
  const text = await storedTextOf(source);
  const known = {
    path,
    class: label,
    sha256: sha256Of(bytes),
    ...(key !== undefined && { key }),
    ...(text && { text }),
  };
  const { size, ...how } = options;
  if (typeof size === 'object' && 'buckets' in size) {
    const { picture, framing } = await decodeIntoBucket(bytes, { ...how, buckets: size.buckets });
    const { originalWidth, originalHeight } = picture;
    const record = { ...known, width: originalWidth, height: originalHeight, crop: framing.crop };
    return { record, picture, square: null };
  }
  if (typeof size === 'object') {
    const picture = await decodeWholeImage(bytes, how);
    const { width, height } = picture;
    return { record: { ...known, width, height, crop: { left: 0, top: 0, width, height } }, picture, square: null };
  }
  const picture = await decodeResized(bytes, { size, ...how });
  const { box, origin } = locateCrop(picture, { kind: 'center' });
  const { left, top, side } = origin.cropBox;
  const crop = { left, top, width: side, height: side };
  const record = { ...known, width: origin.originalWidth, height: origin.originalHeight, crop };
  // Not cut out here: that would copy what is copied once more on its way to the model.
  return { record, picture, square: box };
}
