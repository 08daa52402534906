/** How readers refuse damaged files: deep inside by half a sentence, at the surface by a whole one. */
import type { FileHandle } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { openForReading } from '../files.js';

/** What is wrong with a file, as the end of a sentence that begins with its name. */
export class UnsoundFileError extends Error {}

/**
 * Opens `path` and gives it to `read`, which owns the handle unless it fails.
 *
 * @param format what the file was taken for, e.g. `safetensors file`
 * @throws UserError that names the file for whatever `read` finds unsound
 */
export async function openSound<T>(
  path: string,
  format: string,
  read: (handle: FileHandle, sizeBytes: number) => Promise<T>,
): Promise<T> {
  const { handle, sizeBytes } = await openForReading(path);
  try {
    return await read(handle, sizeBytes);
  } catch (error) {
    await handle.close();
    throw asUserError(error, path, format);
  }
}

export function asUserError(error: unknown, path: string, format: string): unknown {
  if (!(error instanceof UnsoundFileError)) return error;
  return new UserError(`${path} is no ${format} that can be read: ${error.message}; get or export it again.`, {
    cause: error,
  });
}
