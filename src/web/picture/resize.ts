/**
 * Pictures in memory become as small as `decodeResized` of src/data/pictures makes files, so that a page's figures are those
 * of the commands: libvips' way of resizing, written from its documentation. Whole blocks are averaged until a factor of 2 to 4
 * is left and a Lanczos-3 filter does the rest: both down, then both across, each rounded to 8 bits. Filters stand at multiples
 * of 1/64 px.
 */
import type { PixelImage } from '../../evaluation/measures/pixel-image.js';

/** Positions within a px that libvips keeps filters for. */
const phases = 64;

/** Weights are whole multiples of 1 / 4096. */
const weightScale = 4096;

/** @param size width and height of the result in px */
export function resizePicture(picture: PixelImage, size: Pick<PixelImage, 'width' | 'height'>): PixelImage {
  const down = resizeAxis(picture.height, size.height);
  const across = resizeAxis(picture.width, size.width);
  const lowered = filterDown(filterDown(picture, down.blocks), down.kernel);
  return filterAcross(filterAcross(lowered, across.blocks), across.kernel);
}

function resizeAxis(length: number, outLength: number): { blocks: Taps | null; kernel: Taps | null } {
  const side = blockSide(length / outLength);
  const blocks = blockTaps(length, side);
  return { blocks, kernel: kernelTaps(blocks?.length ?? length, outLength, length / outLength / side) };
}

/** What makes each position of a resized line: positions of the line, and what each of them counts for. */
type Taps = readonly { readonly positions: Int32Array; readonly weights: Float64Array }[];

const blockSide = (shrink: number) => Math.max(1, Math.floor(shrink / 2));

/** Means over blocks of `side`; the last one is continued by the line's last px. */
function blockTaps(length: number, side: number): Taps | null {
  if (side === 1) return null;
  return Array.from({ length: Math.ceil(length / side) }, (_, at) => ({
    positions: Int32Array.from({ length: side }, (_, tap) => Math.min(length - 1, at * side + tap)),
    weights: new Float64Array(side).fill(1 / side),
  }));
}

/** @param shrink px of the line for one px of the result */
function kernelTaps(length: number, outLength: number, shrink: number): Taps | null {
  if (length === outLength) return null;
  const scale = Math.max(1, shrink);
  const [kernel, radius] = shrink > 1 ? ([lanczos3, Math.round(3 * shrink)] as const) : ([catmullRom, 2] as const);
  return Array.from({ length: outLength }, (_, at) => {
    const position = (at + 0.5) * shrink - 0.5;
    const base = Math.floor(position);
    const phase = Math.round((position - base) * phases) / phases;
    const taps = Array.from({ length: 2 * radius + 1 }, (_, tap) => tap - radius);
    const weights = fixedPoint(taps.map((tap) => kernel((tap - phase) / scale)));
    const positions = Int32Array.from(taps, (tap) => Math.min(length - 1, Math.max(0, base + tap)));
    return { positions, weights };
  });
}

/** Weights that sum to 1, each a multiple of 1 / `weightScale`; the largest one takes what rounding leaves. */
function fixedPoint(values: readonly number[]): Float64Array {
  const total = values.reduce((sum, value) => sum + value, 0);
  const rounded = values.map((value) => Math.round((value / total) * weightScale));
  const largest = rounded.indexOf(Math.max(...rounded));
  rounded[largest] = (rounded[largest] as number) + weightScale - rounded.reduce((sum, value) => sum + value, 0);
  return Float64Array.from(rounded, (value) => value / weightScale);
}

function lanczos3(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= 3) return 0;
  const angle = Math.PI * x;
  return (3 * Math.sin(angle) * Math.sin(angle / 3)) / angle ** 2;
}

/** The cubic convolution of Keys 1981 with a = -1/2. */
function catmullRom(x: number): number {
  const distance = Math.abs(x);
  if (distance < 1) return 1.5 * distance ** 3 - 2.5 * distance ** 2 + 1;
  return distance < 2 ? -0.5 * distance ** 3 + 2.5 * distance ** 2 - 4 * distance + 2 : 0;
}

function filterDown(picture: PixelImage, taps: Taps | null): PixelImage {
  if (!taps) return picture;
  const pixels = filterAxis(picture.pixels, { outer: 1, length: picture.height, inner: 3 * picture.width }, taps);
  return { pixels, width: picture.width, height: taps.length };
}

function filterAcross(picture: PixelImage, taps: Taps | null): PixelImage {
  if (!taps) return picture;
  const pixels = filterAxis(picture.pixels, { outer: picture.height, length: picture.width, inner: 3 }, taps);
  return { pixels, width: taps.length, height: picture.height };
}

/** Filters the middle axis of bytes [outer, length, inner]. */
function filterAxis(
  bytes: Uint8Array,
  { outer, length, inner }: { readonly outer: number; readonly length: number; readonly inner: number },
  taps: Taps,
): Uint8Array {
  const out = new Uint8ClampedArray(outer * taps.length * inner);
  const sums = new Float64Array(inner);
  for (let line = 0, to = 0; line < outer; line++) {
    for (const { positions, weights } of taps) {
      sums.fill(0.5);
      for (let tap = 0; tap < weights.length; tap++) {
        const weight = weights[tap] as number;
        const from = (line * length + (positions[tap] as number)) * inner;
        for (let at = 0; at < inner; at++) sums[at] = (sums[at] as number) + weight * (bytes[from + at] as number);
      }
      for (let at = 0; at < inner; at++, to++) out[to] = Math.floor(sums[at] as number);
    }
  }
  return new Uint8Array(out.buffer);
}
