/** Files of the same bytes on both sides of a split. */
import { stat } from 'node:fs/promises';
import { sha256Of } from '../digest.js';
import { UserError } from '../errors.js';
import { counted } from '../quantities.js';
import type { ImageFile } from './images.js';
import { contentOf } from './input/image-file.js';
import { decodeWholeImage } from './pictures/decode.js';
import { nothingReadable, UnreadableImage } from './skipped.js';
import { type Split, splitValidation } from './split.js';

/**
 * As `splitValidation`, without those training images whose bytes are those of a validation image: what a model has seen
 * proves nothing.
 *
 * @param onCopies told, in one sentence, how many were dropped
 */
export async function splitWithoutCopies(
  files: readonly ImageFile[],
  glob?: string,
  onCopies: (sentence: string) => void = () => {},
): Promise<Split<ImageFile>> {
  const { training, validation } = splitValidation(files, glob);
  const kept = await digestsOf(validation, await sizesOf(training));
  const copies = new Set<ImageFile>();
  if (kept.size > 0) {
    for (const [sha256, members] of await digestsOf(training, await sizesOf(validation))) {
      if (kept.has(sha256)) for (const file of members) copies.add(file);
    }
  }
  if (copies.size === training.length) await assertReadable(files);
  return { training: trainingWithout(training, copies, onCopies), validation };
}

/**
 * `training` without `copies`, which have the bytes of validation images.
 *
 * @param onCopies told, in one sentence, how many that were
 * @throws UserError where nothing is left
 */
export function trainingWithout<Item extends { readonly relativePath: string }>(
  training: readonly Item[],
  copies: ReadonlySet<Item>,
  onCopies: (sentence: string) => void = () => {},
): Item[] {
  const [example] = copies;
  if (example === undefined) return [...training];
  const rest = training.filter((item) => !copies.has(item));
  if (rest.length === 0) {
    throw new UserError('All of the training images are copies of validation images: pass others.');
  }
  const count = `${copies.size} of ${counted(training.length, 'image')}, such as ${example.relativePath}`;
  onCopies(`Copies of validation images are left out of the training: ${count}.`);
  return rest;
}

/** Images that all have the same bytes may have none that mean a picture: then that is what is wrong with them. */
async function assertReadable(files: readonly ImageFile[]): Promise<void> {
  const [file] = files as readonly [ImageFile, ...ImageFile[]];
  try {
    await decodeWholeImage(await contentOf(file), { maxPixels: 2 ** 28 });
  } catch (error) {
    if (!(error instanceof UnreadableImage)) throw error;
    throw nothingReadable(files.length, { path: file.relativePath, reason: error.message });
  }
}

async function sizesOf(files: readonly ImageFile[]): Promise<Set<number>> {
  const sizes = new Set<number>();
  for (const file of files) sizes.add(await sizeBytesOf(file));
  return sizes;
}

/** Undefined sizes are -1: what cannot be read is nobody's copy. */
async function sizeBytesOf({ path, location }: ImageFile): Promise<number> {
  if (location !== undefined && !('pathBytes' in location)) return location.sizeBytes ?? -1;
  const status = await stat(location === undefined ? path : Buffer.from(location.pathBytes)).catch(() => undefined);
  return status?.size ?? -1;
}

/** By the sha256 of their bytes, those of `files` that have one of `sizes`; only they are read. */
async function digestsOf(files: readonly ImageFile[], sizes: ReadonlySet<number>): Promise<Map<string, ImageFile[]>> {
  const digests = new Map<string, ImageFile[]>();
  for (const file of files) {
    const sizeBytes = await sizeBytesOf(file);
    if (sizeBytes < 0 || !sizes.has(sizeBytes)) continue;
    const sha256 = await contentOf(file).then(sha256Of, (error: unknown) => {
      if (error instanceof UnreadableImage) return undefined;
      throw error;
    });
    if (sha256 !== undefined) digests.set(sha256, [...(digests.get(sha256) ?? []), file]);
  }
  return digests;
}
