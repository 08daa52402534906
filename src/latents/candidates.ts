/** Image files on their way to the encoder. */
import { readFile } from 'node:fs/promises';
import { cutOut } from '../data/crop.js';
import { decodeImage, maxAspect } from '../data/decode.js';
import type { ImageFile } from '../data/images.js';
import { fileError, type SkippedImage, UnreadableImage } from '../data/skipped.js';
import { sha256Of } from './digest.js';
import type { Preprocessing } from './manifest.js';
import { isRelativePath } from './relative-path.js';
import type { ImageRecord } from './shard.js';

/** An image that can be encoded. */
export interface ReadableImage {
  readonly record: ImageRecord;
  /** [size, size, 3] */
  readonly pixels: Uint8Array;
}

export type Candidate = ReadableImage | SkippedImage;

export interface SquareOptions {
  /** Side of the square centre crop, in px. */
  readonly size: number;
  /** Larger pictures are refused by their header. */
  readonly maxPixels: number;
}

/** What `readCandidate` does to a picture, in words for the manifest. Limits that only refuse pictures are no part of it. */
export function preprocessingOf({ size }: SquareOptions): Preprocessing {
  return {
    size,
    resize: 'shorter side to size, lanczos3',
    crop: 'center',
    maxAspect,
    orientation: 'exif',
    colors: 'sRGB, 8 bits, on white',
    range: [-1, 1],
  };
}

/** Reads, hashes and decodes one file. What cannot be read is an answer, not an error. */
export async function readCandidate(file: ImageFile, options: SquareOptions): Promise<Candidate> {
  return attempt(file.relativePath, async () => {
    const bytes = await readFile(file.path).catch((error: unknown) => {
      throw fileError(error);
    });
    return decodeCandidate(file.relativePath, file.label ?? null, bytes, options);
  });
}

/** Hashes and decodes the content of a file. */
export async function candidateOf(
  path: string,
  label: string | null,
  bytes: Buffer,
  options: SquareOptions,
): Promise<Candidate> {
  return attempt(path, () => decodeCandidate(path, label, bytes, options));
}

/** The picture as seen in a mirror: [size, size, 3]. */
export function mirrored(pixels: Uint8Array, size: number): Uint8Array {
  return cutOut({ pixels, width: size, height: size }, { left: 0, top: 0, side: size }, true);
}

async function attempt(path: string, read: () => Promise<ReadableImage>): Promise<Candidate> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof UnreadableImage) return { path, reason: error.message };
    throw error;
  }
}

async function decodeCandidate(
  path: string,
  label: string | null,
  bytes: Buffer,
  options: SquareOptions,
): Promise<ReadableImage> {
  if (!isRelativePath(path)) throw new UnreadableImage('its path leads out of the folder or has a backslash');
  const image = await decodeImage(bytes, { ...options, crop: { kind: 'center' }, mirror: false });
  const { left, top, side } = image.cropBox;
  const record = {
    path,
    class: label,
    sha256: sha256Of(bytes),
    width: image.originalWidth,
    height: image.originalHeight,
    crop: { left, top, width: side, height: side },
  };
  return { record, pixels: image.pixels };
}
