/** A store's images in the shape that other programs expect: float32, channels first. */
import { UserError } from '../../errors.js';
import { drawLatent } from '../batches.js';
import { sizeOf, toChannelsFirst } from '../layout.js';
import type { ImageRecord } from '../shard.js';
import type { LatentStore } from '../store.js';

export const rowValueNames = ['moments', 'mean', 'sample'] as const;

export interface RowOptions {
  /** Mean and logvar one after the other ([2Z, h, w]), the mean alone, or one draw that `seed` decides ([Z, h, w]). */
  readonly values: (typeof rowValueNames)[number];
  /** (latent - shift) * factor instead of raw latents; not for moments. */
  readonly scaled: boolean;
  readonly seed: number;
}

export interface Row {
  readonly index: number;
  readonly record: ImageRecord;
  readonly label: number;
  readonly values: Float32Array;
}

/** [C, h, w] of the rows that `options` ask for. */
export function rowShape({ manifest }: LatentStore, { values }: RowOptions): [number, number, number] {
  const [channels, height, width] = manifest.latent.shape;
  return [values === 'moments' ? 2 * channels : channels, height, width];
}

/** @throws UserError where `options` contradict each other or the store has no scale */
export function assertRowOptions({ manifest, path }: LatentStore, { values, scaled }: RowOptions): void {
  if (scaled && values === 'moments') {
    throw new UserError('Got moments to be scaled, wanted mean or sample: moments are always raw.');
  }
  if (scaled && manifest.scaling === null) throw new UserError(`${path} is empty, so that it has no scale to apply.`);
}

/** Image `index` of the store. */
export async function readRow(store: LatentStore, index: number, options: RowOptions): Promise<Row> {
  const { mean, logvar, record, label } = await store.get(index);
  const { shape, scaling } = { shape: store.manifest.latent.shape, scaling: store.manifest.scaling };
  if (options.values === 'moments') {
    const values = new Float32Array(2 * sizeOf(shape)); // [2Z, h, w]
    values.set(toChannelsFirst(mean, shape));
    values.set(toChannelsFirst(logvar, shape), sizeOf(shape));
    return { index, record, label, values };
  }
  const latent = options.values === 'mean' ? mean : drawLatent(mean, logvar, 'latent', options.seed, 0, index);
  const { shift, factor } = options.scaled && scaling !== null ? scaling : { shift: 0, factor: 1 };
  const values = toChannelsFirst(latent, shape).map((value) => (value - shift) * factor); // [Z, h, w]
  return { index, record, label, values };
}
