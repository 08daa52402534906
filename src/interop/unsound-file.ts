/** How readers refuse damaged files: deep inside by half a sentence, at the surface by a whole one. */
import { UserError } from '../errors.js';
import type { ByteSource } from '../files.js';
import { storageOf } from '../storage/storage-of.js';

/** What is wrong with a file, as the end of a sentence that begins with its name. */
export class UnsoundFileError extends Error {}

/**
 * Opens `path` and gives it to `read`, which has to close it unless it fails.
 *
 * @param format what the file was taken for, e.g. `safetensors file`
 * @throws UserError that names the file for whatever `read` finds unsound
 */
export async function openSound<T>(
  path: string,
  format: string,
  read: (source: ByteSource, sizeBytes: number) => Promise<T>,
): Promise<T> {
  const { source, sizeBytes } = await (await storageOf(path)).open(path);
  try {
    return await read(source, sizeBytes);
  } catch (error) {
    await source.close();
    throw asUserError(error, path, format);
  }
}

export function asUserError(error: unknown, path: string, format: string): unknown {
  if (!(error instanceof UnsoundFileError)) return error;
  return new UserError(`${path} is no ${format} that can be read: ${error.message}; get or export it again.`, {
    cause: error,
  });
}
