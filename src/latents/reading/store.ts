/** Reading a store of latents: any image at any time, with bounded memory. */
import { type ChannelsFirst, toChannelsLast } from '../../channel-axes.js';
import { UserError } from '../../errors.js';
import { counted } from '../../quantities.js';
import { storageOf } from '../../storage/storage-of.js';
import { commonShape } from '../format/layout.js';
import { latentOfShard, type Manifest, readManifest, type ShardRecord } from '../format/manifest.js';
import {
  assertShardFiles,
  type ImageRecord,
  type LatentTensor,
  openShard,
  readLatentTensor,
  readShardIndex,
} from '../format/shards/shard.js';
import { readTexts, type StoredText } from '../format/shards/texts.js';
import { type LatentBatchOptions, latentBatches } from './epochs/batches.js';
import { gatheringOf } from './epochs/gathering.js';
import type { LatentBatch, RowPlace, RowSource } from './rows.js';
import { createShardPool } from './shard-pool.js';

/** An image's posterior as the store has it. */
export interface StoredLatent {
  /** Path of the image, relative to the folder that was encoded. */
  readonly path: string;
  /** Position of the class in the manifest's `classes`, or -1. */
  readonly label: number;
  readonly record: ImageRecord;
  /** Raw, not scaled: [h, w, Z]. */
  readonly mean: Float32Array;
  /** [h, w, Z] */
  readonly logvar: Float32Array;
  /** [h, w, Z] */
  readonly shape: readonly [number, number, number];
  /** Which entries of a codebook the latent is made of, [h, w]; only where the store says so. */
  readonly codes?: Int32Array | undefined;
}

/** An open store: any image at any time, with bounded memory. */
export interface LatentStore extends RowSource, AsyncDisposable {
  /** @throws RangeError where there is no such image */
  get(index: number): Promise<StoredLatent>;
  /** Caption and metadata of an image; neither is read before somebody asks. */
  text(index: number): Promise<StoredText>;
  /** What is known of each image, in order, without its latents. */
  records(): AsyncGenerator<ImageRecord, void, void>;
  /** The same, shard by shard. */
  shards(): AsyncGenerator<ShardRecords, void, void>;
  /** Batches of an epoch as plain arrays; the same options make the same batches. */
  batches(options: LatentBatchOptions): AsyncGenerator<LatentBatch, void, void>;
  close(): Promise<void>;
}

/** A shard with what is known of its images. */
export interface ShardRecords {
  readonly shard: ShardRecord;
  /** In the order of its rows. */
  readonly images: readonly ImageRecord[];
}

/** How a store is opened. */
export interface OpenOptions {
  /** Read a store whose images are not all encoded yet. */
  readonly allowIncomplete?: boolean;
}

/**
 * Opens a store that `encodeFolder` wrote.
 *
 * @throws UserError where there is none, or it is damaged or unfinished
 */
export async function openLatents(path: string, { allowIncomplete = false }: OpenOptions = {}): Promise<LatentStore> {
  const manifest = await readManifest(path);
  if (!manifest.complete && !allowIncomplete) {
    throw new UserError(
      `${path} is not finished (${counted(manifest.images, 'image')} so far): run the same encode again.`,
    );
  }
  const { shards, images, latent } = manifest;
  const storage = await storageOf(path);
  const sizeOf = storage.sizesBelow(path);
  for (const shard of shards) await assertShardFiles(path, latent, shard, sizeOf);
  const firstOf = firstImages(manifest);
  const pool = createShardPool((number) => openShard(path, manifest, shards[number]!), storage.randomReading.openFiles);
  const textsOf = rememberLast((number) => readTexts(path, shards[number]!));
  const indexOf = rememberLast((number) => readShardIndex(path, shards[number]!));

  function place(index: number): RowPlace {
    if (!Number.isInteger(index) || index < 0 || index >= images) {
      throw new RangeError(`Image ${index} of a store of ${images}`);
    }
    const shard = lastNotAbove(firstOf, index);
    return { shard, row: index - firstOf[shard]! };
  }

  const store: LatentStore = {
    path,
    manifest,
    length: images,
    get shape() {
      const shape = commonShape(latent.shape);
      if (shape !== undefined) return lastAxisChannels(shape);
      if (latent.buckets === undefined) throw ownSizes(path);
      const shapes = new Set(shards.map((shard) => shard.shape!.join('×')));
      if (shapes.size === 1) return lastAxisChannels(shards[0]!.shape!);
      throw new UserError(
        `${path} holds latents of ${shapes.size} shapes (buckets), wanted one: encode without --buckets, or read its batches, ` +
          'which have one shape each.',
      );
    },
    shapeOf(index) {
      const shape = commonShape(latentOfShard(latent, shards[place(index).shard]!).shape);
      if (shape === undefined) throw ownSizes(path);
      return lastAxisChannels(shape);
    },
    gathering: gatheringOf(manifest, storage.randomReading),
    place,
    useShard: pool.use,
    async get(index) {
      const { shard, row } = place(index);
      const record = (await indexOf(shard)).images[row]!;
      return pool.use(shard, async (file) => {
        const own = latentOfShard(latent, shards[shard]!);
        const read = (tensor: LatentTensor) => readLatentTensor(file, own, tensor, row);
        const [mean, logvar, label] = [await read('mean'), await read('logvar'), await file.readSlice('label', row, 1)];
        const codes = latent.codes && ((await file.readSlice('codes', row, 1)) as Int32Array);
        return {
          path: record.path,
          record,
          label: Number(label[0]),
          mean: toChannelsLast(mean.values, mean.shape),
          logvar: toChannelsLast(logvar.values, mean.shape),
          shape: lastAxisChannels(mean.shape),
          ...(codes && { codes }),
        };
      });
    },
    async text(index) {
      const { shard, row } = place(index);
      return (await textsOf(shard))[row]!;
    },
    async *records() {
      for await (const { images } of store.shards()) yield* images;
    },
    async *shards() {
      for (const shard of shards) yield { shard, images: (await readShardIndex(path, shard)).images };
    },
    batches: (options) => latentBatches(store, options),
    close: pool.close,
    [Symbol.asyncDispose]: pool.close,
  };
  return store;
}

const ownSizes = (path: string) =>
  new UserError(
    `${path} holds pictures of their own sizes, so that its latents have no common shape: read them one by one, ` +
      'convert them to webdataset or npy, or encode without --tile.',
  );

const lastAxisChannels = ([channels, height, width]: ChannelsFirst) => [height, width, channels] as const;

/** Index of the first image of each shard. */
function firstImages({ shards }: Manifest): number[] {
  let next = 0;
  return shards.map(({ images }) => {
    const first = next;
    next += images;
    return first;
  });
}

/** Position of the last of the ascending `numbers` that is at most `limit`, where the first is. */
function lastNotAbove(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (numbers[middle]! <= limit) low = middle;
    else high = middle;
  }
  return low;
}

/** Computes again only when the key changes. */
function rememberLast<Value>(compute: (key: number) => Promise<Value>): (key: number) => Promise<Value> {
  let last: { key: number; value: Promise<Value> } | undefined;
  return (key) => {
    if (last?.key !== key) last = { key, value: compute(key) };
    return last.value;
  };
}
