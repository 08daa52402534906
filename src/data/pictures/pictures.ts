/** Reads pictures that are wanted again and again, and remembers what it can. */

import { UnreadableImage } from '../skipped.js';
import { decodeResized, type ResizedPicture, type ResizeOptions } from './decode.js';

/** @param size of the shorter side in px, where it is not the usual one */
export type ReadPicture = (path: string, size?: number) => Promise<ResizedPicture | UnreadableImage>;

/**
 * A reader that decodes a file once as long as `cacheBytes` lasts, and tries an unreadable one once. The first pictures
 * stay, since an epoch visits each file once: the least recently used would always be the next one wanted.
 */
export function createPictureReader(options: ResizeOptions & { cacheBytes: number }): ReadPicture {
  const known = new Map<string, ResizedPicture | UnreadableImage>();
  let freeBytes = options.cacheBytes;
  return async (path, size = options.size) => {
    if (size !== options.size) return readPicture(path, { ...options, size });
    const result = known.get(path) ?? (await readPicture(path, options));
    if (known.has(path)) return result;
    const sizeBytes = result instanceof UnreadableImage ? 0 : result.pixels.length;
    if (sizeBytes <= freeBytes) {
      known.set(path, result);
      freeBytes -= sizeBytes;
    }
    return result;
  };
}

/** As `decodeResized`, but an unreadable file is a result too. */
export async function readPicture(path: string, options: ResizeOptions): Promise<ResizedPicture | UnreadableImage> {
  try {
    return await decodeResized(path, options);
  } catch (error) {
    if (error instanceof UnreadableImage) return error;
    throw error;
  }
}
