/** A store's images in the shape that other programs expect: float32, or codes of int32, channels first. */

import { type ChannelsFirst, toChannelsFirst } from '../../channel-axes.js';
import { type RowValues, scaleInPlace } from '../../config/config.js';
import { UserError } from '../../errors.js';
import { sizeOf } from '../format/layout.js';
import type { ImageRecord } from '../format/shards/shard.js';
import { drawLatent } from '../reading/rows.js';
import type { LatentStore } from '../reading/store.js';

/** What of a latent other formats get. */
export interface ConvertedRowOptions {
  /** Mean and logvar one after the other ([2Z, h, w]); the mean alone, or one draw that `seed` decides ([Z, h, w]); codes ([1, h, w]). */
  readonly values: RowValues;
  /** (latent - shift) * factor instead of raw latents; not for moments. */
  readonly scaled: boolean;
  /** Of the draws. */
  readonly seed: number;
}

export interface Row {
  readonly index: number;
  readonly record: ImageRecord;
  readonly label: number;
  /** Of `shape`. */
  readonly values: Float32Array | Int32Array;
  /** [C, h, w] */
  readonly shape: ChannelsFirst;
}

/** [C, h, w] of rows made of latents of [h, w, Z]. */
export function rowShape(latent: readonly [number, number, number], { values }: ConvertedRowOptions): ChannelsFirst {
  const [height, width, channels] = latent;
  if (values === 'codes') return [1, height, width];
  return [values === 'moments' ? 2 * channels : channels, height, width];
}

/** @throws UserError where `options` contradict each other or the store has no scale */
export function assertRowOptions({ manifest, path }: LatentStore, { values, scaled }: ConvertedRowOptions): void {
  if (scaled && (values === 'moments' || values === 'codes')) {
    throw new UserError(`Got ${values} to be scaled, wanted mean or sample: ${values} are always raw.`);
  }
  if (values === 'codes' && manifest.latent.codes === undefined) {
    throw new UserError(
      `${path} has no codes, which encode stores of a vq model without --tile: convert other --values, or encode with one.`,
    );
  }
  if (scaled && manifest.scaling === null) throw new UserError(`${path} is empty, so that it has no scale to apply.`);
}

/** Image `index` of the store. */
export async function readRow(store: LatentStore, index: number, options: ConvertedRowOptions): Promise<Row> {
  const { mean, logvar, record, label, codes, shape: latentShape } = await store.get(index);
  const [height, width, channels] = latentShape;
  const latentChannelsFirst: ChannelsFirst = [channels, height, width];
  const shape = rowShape(latentShape, options);
  if (options.values === 'codes' && codes) return { index, record, label, values: codes, shape };
  if (options.values === 'moments') {
    const values = new Float32Array(sizeOf(shape)); // [2Z, h, w]
    values.set(toChannelsFirst(mean, latentChannelsFirst));
    values.set(toChannelsFirst(logvar, latentChannelsFirst), mean.length);
    return { index, record, label, values, shape };
  }
  const latent = options.values === 'mean' ? mean : drawLatent(mean, logvar, 'latent', options.seed, 0, index);
  const { scaling } = store.manifest;
  const values = toChannelsFirst(latent, latentChannelsFirst); // [Z, h, w]
  if (options.scaled && scaling !== null) scaleInPlace(values, scaling, (at) => Math.floor(at / (height * width)));
  return { index, record, label, values, shape };
}
