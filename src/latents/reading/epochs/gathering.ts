/** Which images are fetched together where a request costs more than the bytes it brings: a piece is rows that lie together. */
import type { RandomReading } from '../../../storage/storage.js';
import { commonShape } from '../../format/layout.js';
import { latentOfShard, type Manifest } from '../../format/manifest.js';
import { rowBytesOf } from '../../format/shards/packing.js';

/** How images are fetched together. */
export interface Gathering {
  /** Rows of a piece of that shard. */
  pieceRows(shard: number): number;
  /** Images of a window; undefined where the cache holds the whole store. */
  readonly windowImages?: number | undefined;
}

/** Undefined where single rows cost no more, or pictures keep their own sizes. */
export function gatheringOf({ latent, shards, images }: Manifest, reading: RandomReading): Gathering | undefined {
  const { pieceBytes, windowBytes } = reading;
  if (pieceBytes === undefined || windowBytes === undefined) return undefined;
  if (latent.buckets === undefined && commonShape(latent.shape) === undefined) return undefined;
  const storeBytes = shards.reduce((sum, { latents }) => sum + latents.sizeBytes, 0);
  const bytesPerImage = storeBytes / Math.max(1, images);
  const rows = shards.map((shard) => {
    const { shape, dtype } = latentOfShard(latent, shard);
    const common = commonShape(shape);
    return common === undefined ? 1 : Math.max(1, Math.floor(pieceBytes / rowBytesOf({ shape: common, dtype })));
  });
  // Two windows are in use where one ends and the next begins.
  const isHeld = storeBytes <= 2 * windowBytes;
  return {
    pieceRows: (shard) => rows[shard] ?? 1,
    windowImages: isHeld ? undefined : Math.max(1, Math.floor(windowBytes / bytesPerImage)),
  };
}
