/** Which images are kept for validation. */
import { createHash } from 'node:crypto';
import { UserError } from '../errors.js';
import { counted } from '../quantities.js';
import { matcherOf } from './input/search/patterns.js';

/** Anything that is kept on one side or the other: files, or the latents made of them. */
export interface Placed {
  /** From the folder that was searched, with forward slashes. */
  readonly relativePath: string;
}

/** What is trained on, and what is kept for validation. */
export interface Split<Item extends Placed> {
  readonly training: Item[];
  readonly validation: Item[];
}

/** One image in this many is kept where no glob says which. */
const validationShare = 16;

/**
 * Keeps the images that match `glob` (relative to the folder that was searched) for validation. Without it, one in 16
 * by the SHA-256 of its path (at least one), so that a file stays on its side when others are added.
 *
 * @throws UserError if either side is empty
 */
export function splitValidation<Item extends Placed>(files: readonly Item[], glob?: string): Split<Item> {
  const isValidation = glob === undefined ? chosenByHash(files) : matching(glob);
  const split = {
    training: files.filter((file) => !isValidation(file)),
    validation: files.filter(isValidation),
  };
  const empty = split.training.length === 0 ? 'training' : split.validation.length === 0 ? 'validation' : undefined;
  if (empty === undefined) return split;
  const how = glob === undefined ? '' : ` with --validation ${glob}`;
  throw new UserError(
    `Of ${counted(files.length, 'image')} none is left for ${empty}${how}: pass more images or another glob.`,
  );
}

function chosenByHash(files: readonly Placed[]): (file: Placed) => boolean {
  const hashes = files.map(hashOf);
  const smallest = hashes.reduce((least, hash) => Math.min(least, hash), Number.POSITIVE_INFINITY);
  return (file) => hashOf(file) <= Math.max(smallest, 2 ** 32 / validationShare - 1);
}

function hashOf({ relativePath }: Placed): number {
  return createHash('sha256').update(relativePath).digest().readUInt32BE();
}

function matching(glob: string): (file: Placed) => boolean {
  const matches = matcherOf(glob, { dot: true });
  return ({ relativePath }) => matches(relativePath);
}
