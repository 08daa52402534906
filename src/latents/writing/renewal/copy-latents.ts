/** Latents that are stored already, on their way into another store: not a bit of them changes. */

import { type ChannelsFirst, toChannelsLast } from '../../../channel-axes.js';
import type { SkippedImage } from '../../../data/skipped.js';
import { commonShape, joinedArrays } from '../../format/layout.js';
import { type LatentDescription, latentOfShard, type ShardRecord } from '../../format/manifest.js';
import { readCodeTexts } from '../../format/shards/codes.js';
import { latentTensorsOf, readLatentTensor, type StoredImage } from '../../format/shards/shard.js';
import type { LatentStore } from '../../reading/store.js';
import type { PosteriorValues, StoreWriter } from '../store/writer.js';

export interface StoredLatentPlace {
  readonly path: string;
  /** Position of its bucket, where there are buckets: images are stored in the order of these, in each of their paths. */
  readonly bucket: number;
  readonly store: LatentStore;
  /** In the store. */
  readonly index: number;
}

interface CopyOptions {
  /** What the new store lists as skipped. */
  readonly skipped: readonly SkippedImage[];
  readonly signal?: AbortSignal | undefined;
}

/** How many images are written at once; one where every latent is a tensor of its own. */
const mostImagesOf = ({ shape, buckets }: LatentDescription) => (commonShape(shape) === undefined && !buckets ? 1 : 64);

/**
 * Appends the images at `places` in this order.
 *
 * @param retold what is to be known of an image, by its path, where that is something else than what its store says
 * @returns false if the signal stopped it
 */
export async function copyLatents(
  places: readonly StoredLatentPlace[],
  retold: ReadonlyMap<string, Pick<StoredImage, 'key' | 'text'>>,
  writer: StoreWriter,
  { skipped, signal }: CopyOptions,
): Promise<boolean> {
  let batch: CopiedLatent[] = [];
  const mostImages = mostImagesOf(writer.manifest().latent);
  let most = mostImages;
  await writer.append({ images: [], skipped, shape: [1, 1, 1], posteriors: [] });
  for (const place of places) {
    if (signal?.aborted) return false;
    const latent = await readCopy(place, retold.get(place.path));
    if (batch.length > 0 && (batch.length === most || latent.shape.join() !== batch[0]?.shape.join())) await flush();
    if (batch.length === 0) most = Math.min(mostImages, writer.room(latent.shape));
    batch.push(latent);
  }
  await flush();
  return true;

  async function flush(): Promise<void> {
    const [first] = batch;
    if (first === undefined) return;
    const posteriors = first.posteriors.map((_, half) => {
      const rows = batch.map(({ posteriors: halves }) => halves[half] as PosteriorValues);
      return {
        mean: joinedArrays(rows.map(({ mean }) => mean)),
        logvar: joinedArrays(rows.map(({ logvar }) => logvar)),
      };
    });
    const images = batch.map(({ image }) => image);
    batch = [];
    await writer.append({ images, skipped: [], shape: first.shape, posteriors });
  }
}

interface CopiedLatent {
  readonly image: StoredImage;
  readonly shape: ChannelsFirst;
  readonly posteriors: readonly PosteriorValues[];
}

async function readCopy(
  { store, index }: StoredLatentPlace,
  told: Pick<StoredImage, 'key' | 'text'> | undefined,
): Promise<CopiedLatent> {
  const { latent } = store.manifest;
  const { record } = await store.get(index);
  const { key, latentSha256: _, ...known } = record;
  const text = await store.text(index);
  const before = { ...(key !== undefined && { key }), ...(Object.keys(text).length > 0 && { text }) };
  const { shard, row } = store.place(index);
  const own = latentOfShard(latent, store.manifest.shards[shard] as ShardRecord);
  return store.useShard(shard, async (file) => {
    const tensors = [];
    for (const tensor of latentTensorsOf(latent)) tensors.push(await readLatentTensor(file, own, tensor, row));
    const shape = (tensors[0] as (typeof tensors)[number]).shape;
    const values = tensors.map((tensor) => toChannelsLast(tensor.values, shape));
    const posteriors = [];
    for (let at = 0; at < values.length; at += 2) {
      posteriors.push({ mean: values[at] as Float32Array, logvar: values[at + 1] as Float32Array });
    }
    const codes = latent.codes !== undefined && { codes: await readCodeTexts(file, latent, row) };
    return { image: { ...known, ...codes, ...(told ?? before) }, shape, posteriors };
  });
}
