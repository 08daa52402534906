/** Whether the images of a store are still what they were when they were encoded. */
import { availableParallelism } from 'node:os';
import { prefetch } from '../../../data/batches/prefetch.js';
import { contentOf, type ImageFile } from '../../../data/input/image-file.js';
import { UnreadableImage } from '../../../data/skipped.js';
import { sha256Of } from '../../../digest.js';
import { openLatents } from '../../reading/store.js';

/**
 * The paths of those of `files` whose content is no longer the one that the store holds latents of. Reads every file; one that
 * cannot be read any more counts as changed.
 *
 * @throws UserError where there is no store, or it is damaged
 */
export async function changedSources(path: string, files: readonly ImageFile[]): Promise<string[]> {
  await using store = await openLatents(path, { allowIncomplete: true });
  const stored = new Map<string, string>();
  for await (const { path: name, sha256 } of store.records()) stored.set(name, sha256);
  const known = files.filter(({ relativePath }) => stored.has(relativePath));
  const read = async (file: ImageFile) => {
    const sha256 = await sha256OfImage(file);
    return sha256 === stored.get(file.relativePath) ? [] : [file.relativePath];
  };
  const changed: string[] = [];
  const limits = { concurrency: availableParallelism(), ahead: 4 * availableParallelism() };
  for await (const paths of prefetch(known, read, limits)) changed.push(...paths);
  return changed;
}

/** Undefined where the image cannot be read any more. */
async function sha256OfImage(file: ImageFile): Promise<string | undefined> {
  try {
    return sha256Of(await contentOf(file));
  } catch (error) {
    if (error instanceof UnreadableImage) return undefined;
    throw error;
  }
}
