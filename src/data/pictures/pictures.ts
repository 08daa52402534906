/** Reads pictures that are wanted again and again, and remembers what it can. */

import { type ImageFile, readableSource } from '../input/image-file.js';
import { UnreadableImage } from '../skipped.js';
import { decodeResized, type ResizedPicture, type ResizeOptions } from './decode.js';

/** @param size of the shorter side in px, where it is not the usual one */
export type ReadPicture = (file: ImageFile, size?: number) => Promise<ResizedPicture | UnreadableImage>;

/**
 * A reader that decodes a file once as long as `cacheBytes` lasts, and tries an unreadable one once. The first pictures
 * stay, since an epoch visits each file once: the least recently used would always be the next one wanted.
 */
export function createPictureReader(options: ResizeOptions & { cacheBytes: number }): ReadPicture {
  const known = new Map<ImageFile, ResizedPicture | UnreadableImage>();
  let freeBytes = options.cacheBytes;
  return async (file, size = options.size) => {
    if (size !== options.size) return readPicture(file, { ...options, size });
    const result = known.get(file) ?? (await readPicture(file, options));
    if (known.has(file)) return result;
    const sizeBytes = result instanceof UnreadableImage ? 0 : result.pixels.length;
    if (sizeBytes <= freeBytes) {
      known.set(file, result);
      freeBytes -= sizeBytes;
    }
    return result;
  };
}

/** As `decodeResized`, but an unreadable file is a result too. */
export async function readPicture(file: ImageFile, options: ResizeOptions): Promise<ResizedPicture | UnreadableImage> {
  try {
    return await decodeResized(await readableSource(file), options);
  } catch (error) {
    if (error instanceof UnreadableImage) return error;
    throw error;
  }
}
