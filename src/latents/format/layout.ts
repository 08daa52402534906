/** Shapes of the latents of a store. */
import type { ChannelsFirst } from '../../channel-axes.js';

/** [Z, h, w] of all latents of a store; h and w are null where every picture keeps its own size. */
export type StoreShape =
  | [channels: number, height: number, width: number]
  | [channels: number, height: null, width: null];

/** The one shape of a store's or shard's latents, if they have one. */
export function commonShape(shape: Readonly<StoreShape>): ChannelsFirst | undefined {
  return shape[1] === null ? undefined : shape;
}

/** In words: `4×32×32`, or `4 channels of several sizes`. */
export const shapeText = (shape: Readonly<StoreShape>) =>
  shape[1] === null ? `${shape[0]} channels of several sizes` : shape.join('×');

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
