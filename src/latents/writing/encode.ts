/** Image files become a store of latents, and stay what the store holds latents of. */
import type { ImageFile } from '../../data/images.js';
import { nothingReadable, type SkippedImage } from '../../data/skipped.js';
import { assertOnThisMachine } from '../../storage/locations.js';
import { storageOf } from '../../storage/storage-of.js';
import { readManifest } from '../format/manifest.js';
import { appendImages } from './append.js';
import type { EncodeFolderOptions, EncodeSummary } from './encode-options.js';
import { changesOf } from './renewal/changes.js';
import { renewStore } from './renewal/renew.js';

export type { LatentEncoder } from '../model-roles.js';
export type * from './encode-options.js';

/**
 * Encodes images into a store: new ones are appended, finished ones left alone, unreadable ones listed in skipped.jsonl. After
 * a crash the same call goes on where it was, and ends with the same bytes as without one.
 *
 * With `update` or `prune` the store becomes, at once and not image by image, what a fresh encode of the images would be:
 * without `update` but for those that changed, without `prune` but for those that are gone.
 *
 * @throws UserError where `out` holds something else, or latents of another encoder, preprocessing or dtype; also at the end,
 *   where none of the images is in the store
 */
export async function encodeFolder(options: EncodeFolderOptions): Promise<EncodeSummary> {
  const { files, out, update = false, prune = false, checkSources = true } = options;
  const start = performance.now();
  if (update || prune) assertOnThisMachine(out, '--update or --prune');
  const appended = await appendImages({ ...options, retrySkipped: options.retrySkipped || update });
  // What one part lacks, others may have.
  if (appended.complete && !options.part) assertSomeStored(files, appended.skipped);
  const renews = update || prune;
  const looks = appended.complete && (checkSources || renews);
  const changes = looks ? await changesOf(out, files, { except: appended.handled, signal: options.signal }) : undefined;
  const renewed = renews && changes ? await renewStore(options, changes, appended) : undefined;
  const { images, shards } = await readManifest(out);
  const seconds = (performance.now() - start) / 1000;
  const encoded = appended.encoded + (renewed?.updated ?? 0);
  return {
    images,
    encoded,
    skipped: renewed?.skipped ?? appended.skipped,
    shards: shards.length,
    sizeBytes: await folderBytes(out),
    seconds,
    imagesPerSecond: encoded / seconds,
    complete: appended.complete && renewed?.complete !== false,
    ...(changes && { changes }),
    ...(renewed?.renewal && { renewal: renewed.renewal }),
  };
}

function assertSomeStored(files: readonly ImageFile[], skipped: readonly SkippedImage[]): void {
  const reasons = new Map(skipped.map((image) => [image.path, image]));
  if (files.some(({ relativePath }) => !reasons.has(relativePath))) return;
  throw nothingReadable(files.length, reasons.get(files[0]?.relativePath ?? ''));
}

async function folderBytes(folder: string): Promise<number> {
  const storage = await storageOf(folder);
  const names = (await storage.namesIn(folder)).filter((name) => !name.startsWith('.'));
  const sizeOf = storage.sizesBelow(folder);
  const sizes = names.map(async (name) => (await sizeOf(name)) ?? 0);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
