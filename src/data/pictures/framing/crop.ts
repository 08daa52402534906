/** Which square of a picture is used. */
import type { ImageChannels } from '../../../config/config.js';

/** The square of a picture that is used: its middle, or one anywhere. */
export type Crop =
  | { readonly kind: 'center' }
  /**
   * x and y in [0, 1): where the square lies in the range that is free to it. `side`: of the square, in px; that of the shorter
   * side where it is left out.
   */
  | { readonly kind: 'random'; readonly x: number; readonly y: number; readonly side?: number };

/** Row-major, one byte per channel: [height, width, channels]. */
export interface Picture {
  readonly pixels: Uint8Array;
  readonly channels: ImageChannels;
  readonly width: number;
  readonly height: number;
}

/** A square of a picture, in px. */
export interface CropBox {
  readonly left: number;
  readonly top: number;
  readonly side: number;
}

/** The square that `crop` means: as large as fits, unless it says how large. */
export function cropBoxOf({ width, height }: Pick<Picture, 'width' | 'height'>, crop: Crop): CropBox {
  const shorter = Math.min(width, height);
  if (crop.kind === 'center') {
    return { left: Math.floor((width - shorter) / 2), top: Math.floor((height - shorter) / 2), side: shorter };
  }
  const { x, y, side = shorter } = crop;
  return { left: Math.floor(x * (width - side + 1)), top: Math.floor(y * (height - side + 1)), side };
}

/** The pixels inside `box`, left and right swapped if `mirror`: [side, side, channels]. */
export function cutOut(
  { pixels, width, channels }: Picture,
  { left, top, side }: CropBox,
  mirror: boolean,
): Uint8Array {
  const cut = new Uint8Array(side * side * channels);
  const lineBytes = side * channels;
  for (let row = 0; row < side; row++) {
    const start = ((top + row) * width + left) * channels;
    const line = pixels.subarray(start, start + lineBytes); // [side, channels]
    if (!mirror) cut.set(line, row * lineBytes);
    else mirrorLine(line, cut.subarray(row * lineBytes, (row + 1) * lineBytes), channels);
  }
  return cut;
}

/** All pixels, left and right swapped: [height, width, channels]. */
export function mirrored({ pixels, width, channels }: Picture): Uint8Array {
  const swapped = new Uint8Array(pixels.length);
  const lineBytes = width * channels;
  for (let start = 0; start < pixels.length; start += lineBytes) {
    mirrorLine(pixels.subarray(start, start + lineBytes), swapped.subarray(start, start + lineBytes), channels);
  }
  return swapped;
}

function mirrorLine(line: Uint8Array, out: Uint8Array, channels: ImageChannels): void {
  for (let from = 0, to = line.length - channels; to >= 0; from += channels, to -= channels) {
    for (let channel = 0; channel < channels; channel++) out[to + channel] = line[from + channel] as number;
  }
}
