/** A store becomes what a fresh encode of its images would be, without encoding anew what is as it was. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type ImageFile, labelsOf } from '../../../data/images.js';
import { nothingReadable, type SkippedImage } from '../../../data/skipped.js';
import { type FolderLock, lockFolder } from '../../../lock/folder-lock.js';
import { commonShape } from '../../format/layout.js';
import { hasManifest, latentOfShard } from '../../format/manifest.js';
import type { StoredImage } from '../../format/shards/shard.js';
import { readSkipped } from '../../format/skipped.js';
import { type LatentStore, openLatents } from '../../reading/store.js';
import { type Appended, appendImages, howToEncode } from '../append.js';
import type { EncodeFolderOptions, Renewal } from '../encode-options.js';
import { storedTextOf } from '../input/candidates.js';
import { imagesPerShardOf, joinedClasses } from '../store/ledger.js';
import { openWriter } from '../store/writer.js';
import { changesOf, type SourceChanges } from './changes.js';
import { copyLatents, type StoredLatentPlace } from './copy-latents.js';
import { draftFolder, exchangeStore } from './exchange.js';

export interface Renewed {
  readonly updated: number;
  readonly skipped: readonly SkippedImage[];
  /** False if the run was stopped by its signal; the store is then what it was. */
  readonly complete: boolean;
  /** Absent where the store was already as it should be, or the run was stopped. */
  readonly renewal?: Renewal;
}

/**
 * Renews the store at `options.out`, which holds all of `options.files` in one state or another: images that changed are
 * encoded into a store beside it, a second one is made of these and of the latents that stay, and takes its place at once.
 *
 * @throws UserError where nothing would be left, or another process writes to the store
 */
export async function renewStore(
  options: EncodeFolderOptions,
  changes: SourceChanges,
  { handled }: Pick<Appended, 'handled'>,
): Promise<Renewed> {
  const lock = await lockFolder(options.out);
  try {
    return await renewLocked(options, changes, handled.size, lock);
  } finally {
    await lock.release();
  }
}

async function renewLocked(
  options: EncodeFolderOptions,
  changes: SourceChanges,
  added: number,
  lock: FolderLock,
): Promise<Renewed> {
  const { out, files, signal, update = false, prune = false } = options;
  const draft = draftFolder(out);
  await using store = await openLatents(out);
  const { manifest } = store;
  const skippedBefore = await readSkipped(out);
  const isHere = new Set(files.map(({ relativePath }) => relativePath));
  const others = new Set([...changes.changed, ...changes.relabelled]);
  const isAnew = isOfOtherBatches(options, manifest.images + skippedBefore.length - added);
  const anew = new Set([...(update ? others : []), ...(isAnew ? [...isHere].filter((path) => !others.has(path)) : [])]);
  const dropped = new Set(prune ? changes.gone : []);
  const stays = prune || changes.gone.length === 0;
  const fresh = options.classes ?? labelsOf(files);
  // What is gone and stays has no place in a fresh order of classes.
  const classes = stays ? fresh : joinedClasses(out, manifest.classes, fresh);
  const kept = await keptImages(store, (path) => !anew.has(path) && !dropped.has(path));
  const staleSkips = prune && skippedBefore.some(({ path }) => !isHere.has(path));
  const isChanged = anew.size + dropped.size + (update ? changes.retold.length : 0) > 0 || staleSkips;
  if (!isChanged && isInOrder(kept) && isSame(classes, manifest.classes) && hasFullShards(store)) {
    return { updated: 0, skipped: skippedBefore, complete: true };
  }

  const encoded = join(draft, 'encoded');
  const renewed = await encodeAnew(
    options,
    encoded,
    files.filter(({ relativePath }) => anew.has(relativePath)),
  );
  if (!renewed.complete) return { updated: 0, skipped: skippedBefore, complete: false };
  await using fromAnew = anew.size > 0 ? await openLatents(encoded) : undefined;
  const wanted = (path: string) => anew.has(path);
  const places = [...kept, ...(fromAnew ? await keptImages(fromAnew, wanted) : [])].sort(inStoreOrder);
  const skipped = [
    ...skippedBefore.filter(({ path }) => !prune || isHere.has(path)),
    ...renewed.skipped.filter(({ path }) => wanted(path)),
  ];
  if (places.length === 0) {
    await rm(draft, { recursive: true, force: true });
    throw nothingReadable(files.length, skipped[0]);
  }
  const retold = new Map(update ? await recordsOf(files, new Set(changes.retold)) : []);
  const whole = join(draft, 'store');
  await rm(whole, { recursive: true, force: true });
  const { beginning } = howToEncode(options);
  const writer = await openWriter(whole, { ...beginning, classes, shardBytes: manifest.shardBytes });
  try {
    const complete = await copyLatents(places, retold, writer, { skipped, signal });
    if (!complete) return { updated: 0, skipped: skippedBefore, complete: false };
    await writer.finish();
  } finally {
    await writer.close();
  }
  const renumbered = manifest.classes.some((name, number) => classes[number] !== name);
  await exchangeStore(out, whole, lock.assertHeld);
  const unread = new Set(renewed.skipped.map(({ path }) => path));
  const updated = update ? [...others].filter((path) => !unread.has(path)).length : 0;
  return { updated, skipped, complete: true, renewal: { updated, pruned: dropped.size, renumbered } };
}

/** Whether a fresh encode would take another number of images at once than was taken before: the last bit may depend on that. */
function isOfOtherBatches({ batch, files, imagesOfAllParts }: EncodeFolderOptions, imagesBefore: number): boolean {
  return imagesOfAllParts === undefined && Math.min(batch, files.length) !== Math.min(batch, imagesBefore);
}

/** Images of the store whose path is wanted, in its order. */
async function keptImages(store: LatentStore, isWanted: (path: string) => boolean): Promise<StoredLatentPlace[]> {
  const places: StoredLatentPlace[] = [];
  const shapes = store.manifest.latent.buckets?.map(({ shape }) => shape.join()) ?? [];
  let index = 0;
  for await (const { shard, images } of store.shards()) {
    const bucket = shapes.indexOf(String(shard.shape?.join()));
    for (const { path } of images) {
      if (isWanted(path)) places.push({ path, bucket, store, index });
      index++;
    }
  }
  return places;
}

/** Into a store of their own, where an update that was stopped goes on, unless its images changed once more. */
async function encodeAnew(options: EncodeFolderOptions, out: string, files: readonly ImageFile[]) {
  if (files.length === 0) return { skipped: [], complete: true };
  if (await hasManifest(out)) {
    const changes = await changesOf(out, files);
    if (changes && changes.changed.length + changes.relabelled.length + changes.retold.length > 0) {
      await rm(out, { recursive: true, force: true });
    }
  }
  const { imagesOfAllParts = options.files.length, classes = labelsOf(options.files) } = options;
  return appendImages({ ...options, out, files, classes, imagesOfAllParts, retrySkipped: true });
}

/** What is to be known of images whose latents stay. */
async function recordsOf(files: readonly ImageFile[], paths: ReadonlySet<string>) {
  const told: [string, Pick<StoredImage, 'key' | 'text'>][] = [];
  for (const file of files) {
    if (!paths.has(file.relativePath)) continue;
    const text = await storedTextOf(file);
    told.push([file.relativePath, { ...(file.key !== undefined && { key: file.key }), ...(text && { text }) }]);
  }
  return told;
}

const isSame = (a: readonly string[], b: readonly string[]) => JSON.stringify(a) === JSON.stringify(b);

const inStoreOrder = (a: StoredLatentPlace, b: StoredLatentPlace) => a.bucket - b.bucket || (a.path < b.path ? -1 : 1);

const isInOrder = (places: readonly StoredLatentPlace[]) =>
  places.every((place, index) => index === 0 || inStoreOrder(places[index - 1] as StoredLatentPlace, place) < 0);

/** Whether runs that appended images have left no shard that a single run would have filled further. */
function hasFullShards({ manifest }: LatentStore): boolean {
  const { latent, shards } = manifest;
  return shards.slice(0, -1).every(({ images, shape }, index) => {
    const own = commonShape(latentOfShard(latent, { shape }).shape);
    const isLastOfShape = shape?.join() !== shards[index + 1]?.shape?.join();
    return own === undefined || isLastOfShape || images === imagesPerShardOf(manifest, own);
  });
}
