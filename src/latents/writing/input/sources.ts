/** Whether the images of a store are still what they were when they were encoded. */
import { availableParallelism } from 'node:os';
import { prefetch } from '../../../data/batches/prefetch.js';
import type { ImageFile } from '../../../data/images.js';
import { sha256OfFile } from '../../../digest.js';
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
  const read = async ({ path: file, relativePath }: ImageFile) => {
    const sha256 = await sha256OfFile(file).catch(() => undefined);
    return sha256 === stored.get(relativePath) ? [] : [relativePath];
  };
  const changed: string[] = [];
  const limits = { concurrency: availableParallelism(), ahead: 4 * availableParallelism() };
  for await (const paths of prefetch(known, read, limits)) changed.push(...paths);
  return changed;
}
