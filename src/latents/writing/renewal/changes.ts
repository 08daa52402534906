/** Whether the images of a store are still what they were when they were encoded. */
import { availableParallelism } from 'node:os';
import { prefetch } from '../../../data/batches/prefetch.js';
import { contentOf, type ImageFile } from '../../../data/input/image-file.js';
import { UnreadableImage } from '../../../data/skipped.js';
import { sha256Of } from '../../../digest.js';
import type { ImageRecord } from '../../format/shards/shard.js';
import { readTexts, type StoredText } from '../../format/shards/texts.js';
import { openLatents } from '../../reading/store.js';
import { storedTextOf } from '../input/candidates.js';

/** Paths of images that a store holds, each list in their order. */
export interface SourceChanges {
  /** The file's content is another, or can no longer be read. */
  readonly changed: readonly string[];
  /** The image is the same, its class another. */
  readonly relabelled: readonly string[];
  /** Image and class are the same, the caption, the metadata or the key is another. */
  readonly retold: readonly string[];
  /** Not among the files any more. */
  readonly gone: readonly string[];
}

/** Which images are looked at again. */
export interface ChangesOptions {
  /** Images that need no look, since they were stored just now. */
  readonly except?: ReadonlySet<string> | undefined;
  /** Ends the search early. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * How the images of the store at `path` differ from `files`. Reads every file that the store holds an image of; undefined where
 * the signal stopped that.
 *
 * @throws UserError where there is no store, or it is damaged
 */
export async function changesOf(
  path: string,
  files: readonly ImageFile[],
  { except, signal }: ChangesOptions = {},
): Promise<SourceChanges | undefined> {
  await using store = await openLatents(path, { allowIncomplete: true });
  const known = new Map(files.map((file) => [file.relativePath, file]));
  const lists = { changed: [], relabelled: [], retold: [], gone: [] } as Record<keyof SourceChanges, string[]>;
  const limits = { concurrency: availableParallelism(), ahead: 4 * availableParallelism() };
  for await (const { shard, images } of store.shards()) {
    const texts = await readTexts(path, shard);
    const stored = images.flatMap((record, row) => {
      return except?.has(record.path) ? [] : [{ record, text: texts[row] as StoredText }];
    });
    const compare = async ({ record, text }: (typeof stored)[number]) => {
      return { path: record.path, change: await changeOf(known.get(record.path), record, text) };
    };
    for await (const { path: changedPath, change } of prefetch(stored, compare, limits)) {
      if (signal?.aborted) return undefined;
      if (change !== undefined) lists[change].push(changedPath);
    }
  }
  for (const list of Object.values(lists)) list.sort();
  return lists;
}

async function changeOf(
  file: ImageFile | undefined,
  record: ImageRecord,
  text: StoredText,
): Promise<keyof SourceChanges | undefined> {
  if (file === undefined) return 'gone';
  try {
    if (sha256Of(await contentOf(file)) !== record.sha256) return 'changed';
    if ((file.label ?? null) !== record.class) return 'relabelled';
    const told = await storedTextOf(file);
    return file.key === record.key && JSON.stringify(told ?? {}) === JSON.stringify(text) ? undefined : 'retold';
  } catch (error) {
    if (error instanceof UnreadableImage) return 'changed';
    throw error;
  }
}
