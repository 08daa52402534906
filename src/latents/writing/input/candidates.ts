/** Image files on their way to the encoder. */
import { readFile } from 'node:fs/promises';
import type { CropBox, Picture } from '../../../data/pictures/crop.js';
import { decodeResized, decodeWholeImage, locateCrop, maxAspect } from '../../../data/pictures/decode.js';
import { fileError, type SkippedImage, UnreadableImage } from '../../../data/skipped.js';
import { sha256Of } from '../../../digest.js';
import type { Preprocessing } from '../../format/manifest.js';
import { isRelativePath } from '../../format/relative-path.js';
import type { ImageRecord } from '../../format/shard.js';
import type { Tiling } from '../../tiles.js';

/** An image that can be encoded. */
export interface ReadableImage {
  readonly record: ImageRecord;
  readonly picture: Picture;
  /** What of it is to be encoded: a square of the size asked for, or null for the whole. */
  readonly square: CropBox | null;
}

export type Candidate = ReadableImage | SkippedImage;

export interface CandidateOptions {
  /** Side of the square centre crop in px; or none, and the tiles in which every picture is encoded in its own size. */
  readonly size: number | Tiling;
  /** Larger pictures are refused by their header. */
  readonly maxPixels: number;
}

/** What `readCandidate` does to a picture, in words for the manifest. Limits that only refuse pictures are no part of it. */
export function preprocessingOf({ size }: Pick<CandidateOptions, 'size'>): Preprocessing {
  const framing =
    typeof size === 'object'
      ? { size: 'whole', padding: 'reflection to whole cells, right and bottom', ...size }
      : { size, resize: 'shorter side to size, lanczos3', crop: 'center', maxAspect };
  return {
    ...framing,
    orientation: 'exif',
    colors: 'sRGB, 8 bits, on white',
    range: [-1, 1],
  };
}

/** Where an image comes from. */
export interface CandidateInput {
  /** In the store; see `relativePathSchema`. */
  readonly path: string;
  readonly label: string | null;
  /** Path of a file, or the content of one. */
  readonly source: string | Uint8Array;
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

async function decodeCandidate(
  { path, label, source }: CandidateInput,
  options: CandidateOptions,
): Promise<ReadableImage> {
  if (!isRelativePath(path)) throw new UnreadableImage('its path leads out of the folder or has a backslash');
  const bytes = await contentOf(source);
  const known = { path, class: label, sha256: sha256Of(bytes) };
  const { size, maxPixels } = options;
  if (typeof size === 'object') {
    const picture = await decodeWholeImage(bytes, { maxPixels });
    const { width, height } = picture;
    return { record: { ...known, width, height, crop: { left: 0, top: 0, width, height } }, picture, square: null };
  }
  const picture = await decodeResized(bytes, { size, maxPixels });
  const { box, origin } = locateCrop(picture, { kind: 'center' });
  const { left, top, side } = origin.cropBox;
  const crop = { left, top, width: side, height: side };
  const record = { ...known, width: origin.originalWidth, height: origin.originalHeight, crop };
  // Not cut out here: that would copy what is copied once more on its way to the model.
  return { record, picture, square: box };
}

async function contentOf(source: string | Uint8Array): Promise<Buffer> {
  if (typeof source !== 'string') return Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  return readFile(source).catch((error: unknown) => {
    throw fileError(error);
  });
}
