/** Float32 latents as the package computes them, and the bytes of them that a store keeps. */

import { type ChannelsFirst, toChannelsFirst } from '../../../channel-axes.js';
import type { LatentDtype } from '../../../config/config.js';
import { formatOf } from '../../../interop/safetensors/dtypes.js';
import { sizeOf } from '../layout.js';
import { latentDtypes } from '../manifest.js';

/** How one image's latent is stored. */
export interface RowFormat {
  readonly shape: ChannelsFirst;
  readonly dtype: LatentDtype;
}

const largestFloat = Number.MAX_VALUE;
/** exp(logvar) is a float32 up to here. */
const largestLogvar = 88;

export interface PackedRows {
  /** One image's latent, [Z, h, w] in the store's dtype, after the other. */
  readonly bytes: Uint8Array;
  readonly rowBytes: number;
  /** Which images' values survived the rounding as finite numbers. */
  readonly sound: readonly boolean[];
}

export function rowBytesOf({ shape, dtype }: RowFormat): number {
  return (sizeOf(shape) * formatOf(latentDtypes[dtype]).bits) / 8;
}

/** Packs the first `images` rows of `latents` [B, h, w, Z]. */
export function packRows(row: RowFormat, latents: Float32Array, images: number): PackedRows {
  const rowSize = sizeOf(row.shape);
  const rows = toChannelsFirst(latents.subarray(0, images * rowSize), row.shape); // [images, Z, h, w]
  const { fromFloat32, toFloat32 } = formatOf(latentDtypes[row.dtype]);
  const rounded = fromFloat32 === undefined ? rows : fromFloat32(rows);
  const kept = toFloat32!(rounded); // Every dtype of a store has one.
  const sound = rowsWithin(kept, rowSize, images, -largestFloat, largestFloat);
  const bytes = new Uint8Array(rounded.buffer, rounded.byteOffset, rounded.byteLength);
  return { bytes, rowBytes: rowBytesOf(row), sound };
}

/** Whether each of the first `images` rows of `logvar` [B, h, w, Z] has a variance that is a finite float32. */
export function soundVariances(row: RowFormat, logvar: Float32Array, images: number): boolean[] {
  return rowsWithin(logvar, sizeOf(row.shape), images, Number.NEGATIVE_INFINITY, largestLogvar);
}

/** Whether all values of each of the first `rows` rows lie within two bounds; not-a-number lies nowhere. */
function rowsWithin(values: Float32Array, rowSize: number, rows: number, least: number, most: number): boolean[] {
  return Array.from({ length: rows }, (_, row) => {
    for (let index = row * rowSize; index < (row + 1) * rowSize; index++) {
      const value = values[index] as number;
      if (!(value >= least && value <= most)) return false;
    }
    return true;
  });
}
