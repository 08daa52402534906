/** The two edges where pictures are uint8: everything between computes with float32 in [-1, 1]. */

import type { CropBox, Picture } from '../framing/crop.js';

/** x / 127.5 - 1 for every byte x. */
const unitRange = Float32Array.from({ length: 256 }, (_, byte) => byte / 127.5 - 1);

/** Writes `pixels` as x / 127.5 - 1, in [-1, 1], into `out` from `offset` on. */
export function toUnitRange(pixels: Uint8Array, out: Float32Array, offset: number): void {
  for (let index = 0; index < pixels.length; index++) {
    out[offset + index] = unitRange[pixels[index] as number] as number;
  }
}

/** `toUnitRange` for the pixels inside `box`, row after row. */
export function squareToUnitRange(
  { pixels, width, channels }: Picture,
  { left, top, side }: CropBox,
  out: Float32Array,
  offset: number,
): void {
  for (let row = 0; row < side; row++) {
    const start = ((top + row) * width + left) * channels;
    toUnitRange(pixels.subarray(start, start + side * channels), out, offset + row * side * channels);
  }
}

/** The way back: values beyond [-1, 1] are clamped, halves are rounded away from zero, NaN becomes 0. */
export function toBytes(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(values.length);
  for (let index = 0; index < values.length; index++) {
    bytes[index] = Math.min(255, Math.max(0, ((values[index] as number) + 1) * 127.5)) + 0.5;
  }
  return bytes;
}
