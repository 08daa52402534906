/** Which images are kept for validation. */
import { createHash } from 'node:crypto';
import fg from 'fast-glob';
import { UserError } from '../errors.js';
import type { ImageFile } from './images.js';

export interface Split {
  readonly training: ImageFile[];
  readonly validation: ImageFile[];
}

/** One image in this many is kept where no glob says which. */
const validationShare = 16;

/**
 * Keeps the images that match `glob` (relative to the folder that was searched) for validation. Without it, one in 16
 * by the SHA-256 of its path (at least one), so that a file stays on its side when others are added.
 *
 * @throws UserError if either side is empty
 */
export function splitValidation(files: readonly ImageFile[], glob?: string): Split {
  const isValidation = glob === undefined ? chosenByHash(files) : matching(files, glob);
  const split = {
    training: files.filter((file) => !isValidation(file)),
    validation: files.filter(isValidation),
  };
  const empty = split.training.length === 0 ? 'training' : split.validation.length === 0 ? 'validation' : undefined;
  if (empty === undefined) return split;
  const how = glob === undefined ? '' : ` with --validation ${glob}`;
  throw new UserError(`Of ${files.length} images none is left for ${empty}${how}: pass more images or another glob.`);
}

function chosenByHash(files: readonly ImageFile[]): (file: ImageFile) => boolean {
  const hashes = files.map(hashOf);
  const smallest = hashes.reduce((least, hash) => Math.min(least, hash), Number.POSITIVE_INFINITY);
  return (file) => hashOf(file) <= Math.max(smallest, 2 ** 32 / validationShare - 1);
}

function hashOf({ relativePath }: ImageFile): number {
  return createHash('sha256').update(relativePath).digest().readUInt32BE();
}

function matching(files: readonly ImageFile[], glob: string): (file: ImageFile) => boolean {
  const matches = new Set(folderOf(files).flatMap((folder) => fg.sync(glob, { cwd: folder, dot: true })));
  return ({ relativePath }) => matches.has(relativePath);
}

/** The folder that relative paths count from; none if there are no files. */
function folderOf([file]: readonly ImageFile[]): string[] {
  return file === undefined ? [] : [file.path.slice(0, -file.relativePath.length)];
}
