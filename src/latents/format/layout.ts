/** Files hold one image's latent as [Z, h, w], the package computes with [h, w, Z]. */

/** [Z, h, w] of a latent, as in the files. */
export type ChannelsFirst = readonly [channels: number, height: number, width: number];

/** [Z, h, w] of all latents of a store; h and w are null where every picture keeps its own size. */
export type StoreShape =
  | [channels: number, height: number, width: number]
  | [channels: number, height: null, width: null];

/** The one shape of a store's or shard's latents, if they have one. */
export function commonShape([channels, height, width]: Readonly<StoreShape>): ChannelsFirst | undefined {
  return height === null || width === null ? undefined : [channels, height, width];
}

/** In words: `4×32×32`, or `4×?×?`. */
export const shapeText = (shape: Readonly<StoreShape>) => shape.map((size) => size ?? '?').join('×');

export const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** All elements one after the other. */
export function joinedArrays(arrays: readonly Float32Array[]): Float32Array {
  const [only] = arrays;
  if (only && arrays.length === 1) return only;
  const joined = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const array of arrays) {
    joined.set(array, position);
    position += array.length;
  }
  return joined;
}

/** Images one after the other, each [h, w, Z] -> [Z, h, w]. */
export function toChannelsFirst(latents: Float32Array, [channels, height, width]: ChannelsFirst): Float32Array {
  return swapInnerAxes(latents, height * width, channels);
}

/** Images one after the other, each [Z, h, w] -> [h, w, Z]. */
export function toChannelsLast(latents: Float32Array, [channels, height, width]: ChannelsFirst): Float32Array {
  return swapInnerAxes(latents, channels, height * width);
}

/** Blocks of [rows, columns] -> blocks of [columns, rows]. */
function swapInnerAxes(values: Float32Array, rows: number, columns: number): Float32Array {
  const swapped = new Float32Array(values.length);
  const size = rows * columns;
  for (let start = 0; start < values.length; start += size) {
    let to = start;
    for (let column = 0; column < columns; column++) {
      for (let row = 0; row < rows; row++) swapped[to++] = values[start + row * columns + column] as number;
    }
  }
  return swapped;
}
