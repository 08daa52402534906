/**
 * Appends latents to a store so that a crash at any moment loses nothing: batches go to a journal, full journals become
 * shards, and the manifest, replaced last, decides what counts.
 */
import type { ChannelsFirst } from '../../../channel-axes.js';
import type { SkippedImage } from '../../../data/skipped.js';
import { sha256Of } from '../../../digest.js';
import type { Manifest } from '../../format/manifest.js';
import { codesToText } from '../../format/shards/codes.js';
import { packRows, soundVariances } from '../../format/shards/packing.js';
import { latentTensorsOf, type StoredImage } from '../../format/shards/shard.js';
import { finishExchange } from '../renewal/exchange.js';
import { type Journal, openJournal, removeJournal } from './journal.js';
import { beginStore, imagesPerShardOf, type StoreBeginning } from './ledger.js';
import { openPlace, type WritingPlace } from './place.js';

/** Posteriors of a batch, each [B, h, w, Z]. */
export interface PosteriorValues {
  readonly mean: Float32Array;
  readonly logvar: Float32Array;
  /** The numbers of the vectors in a codebook, [B, h, w], where the encoder has one. */
  readonly codes?: Int32Array | undefined;
}

/** One batch on its way into the store. */
export interface BatchToStore {
  readonly images: readonly StoredImage[];
  /** Images that were met on the way and could not be read. */
  readonly skipped: readonly SkippedImage[];
  /** [Z, h, w] of each image's latent. */
  readonly shape: ChannelsFirst;
  /** Of the images, then of the mirrored ones, if the store has them; rows beyond `images` are ignored. */
  readonly posteriors: readonly PosteriorValues[];
}

export interface StoreWriter {
  /** What is committed so far. */
  manifest(): Manifest;
  /** Whether the image is stored, or was skipped and is not to be tried again. */
  isDone(path: string): boolean;
  /** How many images of a shape the shard that is being filled can still take, batches that are on their way counted. */
  room(shape: ChannelsFirst): number;
  /** Stores a batch that fits into the shard, one at a time, and resolves to how many images were stored. */
  append(batch: BatchToStore): Promise<number>;
  /** Commits everything. Without it, the journal keeps what is not in a shard yet. */
  finish(): Promise<void>;
  skipped(): SkippedImage[];
  /** Lets other writers in. */
  close(): Promise<void>;
}

/**
 * Opens a store for appending, creating it where there is none.
 *
 * @throws UserError where another writer is at work, or the store was begun with something else
 */
export async function openWriter(store: string, beginning: StoreBeginning): Promise<StoreWriter> {
  const place = await openPlace(store);
  try {
    return await openLocked(place, beginning);
  } catch (error) {
    await place.release();
    throw error;
  }
}

async function openLocked(place: WritingPlace, beginning: StoreBeginning): Promise<StoreWriter> {
  const { work } = place;
  const { latent } = beginning;
  await finishExchange(place.store, place.assertHeld);
  const ledger = await beginStore(place, beginning);
  const layout = { tensors: latentTensorsOf(latent), dtype: latent.dtype };
  let journal = await nextJournal();

  async function nextJournal(): Promise<Journal> {
    const opened = await openJournal(work, ledger.manifest().shards.length, layout);
    for (const { images, skipped } of opened.batches) ledger.note(images, skipped);
    return opened;
  }

  const journaledImages = () => journal.batches.flatMap(({ images }) => images);
  const { shardBytes } = ledger.manifest();
  const imagesPerShard = (shape: ChannelsFirst) => imagesPerShardOf({ latent, shardBytes }, shape);
  let [filled, filledBytes] = [journaledImages().length, journal.sizeBytes()];
  /** Of what the shard holds, where a shard holds one shape. */
  let filledShape = journal.batches.find(({ images }) => images.length > 0)?.shape as ChannelsFirst | undefined;
  const isOther = (shape: ChannelsFirst) => latent.buckets !== undefined && shape.join() !== filledShape?.join();

  async function commit(): Promise<void> {
    const number = ledger.manifest().shards.length;
    if (journaledImages().length > 0) {
      await journal.assertIntact();
      await ledger.addShard({ number, parts: journal.parts() });
    }
    await journal.close();
    await place.assertHeld();
    await removeJournal(work, number);
    journal = await nextJournal();
  }

  if (filledShape && filled >= imagesPerShard(filledShape)) {
    [filled, filledBytes] = [0, 0];
    await commit();
  }
  return {
    manifest: ledger.manifest,
    isDone: ledger.isDone,
    room: (shape) => imagesPerShard(shape) - (isOther(shape) ? 0 : filled),
    async append(batch) {
      const { images, skipped, payload } = packBatch(latent, batch);
      // Known before anything is written, so that the next batch can be gathered meanwhile.
      const isTooMuch = filledBytes + payload.length > shardBytes || (images.length > 0 && isOther(batch.shape));
      const overflows = filled > 0 && isTooMuch;
      if (overflows) [filled, filledBytes] = [0, 0];
      filled += images.length;
      filledBytes += payload.length;
      if (images.length > 0) filledShape = batch.shape;
      const isFull = images.length > 0 && filled === imagesPerShard(batch.shape);
      if (isFull) [filled, filledBytes] = [0, 0];
      await ledger.reopen();
      if (overflows) await commit();
      await place.assertHeld();
      await journal.append({ images, skipped, shape: [...batch.shape] }, payload);
      ledger.note(images, skipped);
      if (isFull) await commit();
      return images.length;
    },
    async finish() {
      await commit();
      await ledger.complete();
      await journal.close();
      await place.assertHeld();
      await removeJournal(work, ledger.manifest().shards.length);
    },
    skipped: ledger.skipped,
    async close() {
      await journal.close();
      await place.release();
    },
  };
}

/** Rounds a batch to the store's dtype and leaves out the images for which that makes no finite numbers. */
function packBatch(
  { dtype, codes: codebookSize }: StoreBeginning['latent'],
  { images, skipped, shape, posteriors }: BatchToStore,
) {
  const row = { shape, dtype };
  const tensors = posteriors.flatMap(({ mean, logvar }) => [mean, logvar]);
  const packed = tensors.map((values) => packRows(row, values, images.length));
  const checks = [
    ...packed.map(({ sound }) => sound),
    ...posteriors.map(({ logvar }) => soundVariances(row, logvar, images.length)),
  ];
  const isSound = (index: number) => checks.every((sound) => sound[index]);
  const rowsOf = (index: number) =>
    packed.map(({ bytes, rowBytes }) => bytes.subarray(index * rowBytes, (index + 1) * rowBytes));
  const area = shape[1] * shape[2];
  const codesOf = (index: number) =>
    posteriors.map(({ codes = new Int32Array() }) => codes.subarray(index * area, (index + 1) * area));
  // Latents that are copied from another store have theirs in the record.
  const hasCodes = codebookSize !== undefined && posteriors.every(({ codes }) => codes !== undefined);
  const textsOf = (index: number) => hasCodes && { codes: codesOf(index).map(codesToText) };
  const reason = `the encoder's answer is not finite in ${dtype}`;
  const refused = images.filter((_, index) => !isSound(index)).map(({ path }) => ({ path, reason }));
  const kept = images.flatMap((record, index) =>
    isSound(index) ? [{ record: { ...record, ...textsOf(index) }, rows: rowsOf(index) }] : [],
  );
  return {
    images: kept.map(({ record, rows }) => ({ ...record, latentSha256: sha256Of(Buffer.concat(rows)) })),
    skipped: [...skipped, ...refused],
    payload: Buffer.concat(packed.flatMap((_, tensor) => kept.map(({ rows }) => rows[tensor] as Uint8Array))),
  };
}
