/** Float32 latents as the package computes them, and the bytes of them that a store keeps. */
import type { LatentDtype } from '../../config.js';
import { formatOf } from '../../interop/safetensors/dtypes.js';
import { type ChannelsFirst, sizeOf, toChannelsFirst } from './layout.js';
import { latentDtypes } from './manifest.js';

/** How one image's latent is stored. */
export interface RowFormat {
  readonly shape: ChannelsFirst;
  readonly dtype: LatentDtype;
}

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
  const kept = toFloat32 === undefined ? rows : toFloat32(rounded);
  const sound = Array.from({ length: images }, (_, image) => {
    return kept.subarray(image * rowSize, (image + 1) * rowSize).every((value) => Number.isFinite(value));
  });
  const bytes = new Uint8Array(rounded.buffer, rounded.byteOffset, rounded.byteLength);
  return { bytes, rowBytes: rowBytesOf(row), sound };
}

/** Whether each of the first `images` rows of `logvar` [B, h, w, Z] has a variance that is a finite float32. */
export function soundVariances(row: RowFormat, logvar: Float32Array, images: number): boolean[] {
  const rowSize = sizeOf(row.shape);
  return Array.from({ length: images }, (_, image) => {
    return logvar.subarray(image * rowSize, (image + 1) * rowSize).every((value) => value <= largestLogvar);
  });
}
