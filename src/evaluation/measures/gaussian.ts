import type { Plane } from './pixel-image.js';

/** Half a Gaussian kernel: the weight at distance 0, 1, … radius px; the whole kernel sums to 1. */
export function gaussianHalfKernel(sigmaPx: number, radius = Math.ceil(4 * sigmaPx)): Float64Array {
  const weights = Float64Array.from({ length: radius + 1 }, (_, distance) =>
    Math.exp(-0.5 * (distance / sigmaPx) ** 2),
  );
  const total = weights.reduce((sum, weight, distance) => sum + (distance === 0 ? weight : 2 * weight), 0);
  return weights.map((weight) => weight / total);
}

/** Blurs with a Gaussian of `sigmaPx`; the picture is mirrored at its borders, border pixels included. */
export function gaussianBlur(plane: Plane, sigmaPx: number): Plane {
  return sigmaPx > 0 ? separableFilter(plane, gaussianHalfKernel(sigmaPx)) : plane;
}

/** Filters rows, then columns, with a symmetric kernel given by its half. */
export function separableFilter({ values, width, height }: Plane, halfKernel: Float64Array): Plane {
  const rowsFiltered = new Float64Array(values.length);
  filterLines(values, rowsFiltered, halfKernel, { lines: height, length: width, lineStride: width, step: 1 });
  const filtered = new Float64Array(values.length);
  filterLines(rowsFiltered, filtered, halfKernel, { lines: width, length: height, lineStride: 1, step: width });
  return { values: filtered, width, height };
}

interface LineLayout {
  readonly lines: number;
  readonly length: number;
  readonly lineStride: number;
  readonly step: number;
}

function filterLines(from: Float64Array, to: Float64Array, halfKernel: Float64Array, layout: LineLayout): void {
  const { lines, length, lineStride, step } = layout;
  const radius = halfKernel.length - 1;
  const padded = new Float64Array(length + 2 * radius);
  const source = Int32Array.from(padded, (_, at) => mirroredIndex(at - radius, length) * step);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStride;
    for (let at = 0; at < padded.length; at++) padded[at] = from[start + source[at]!]!;
    for (let at = 0; at < length; at++) {
      const center = at + radius;
      let sum = halfKernel[0]! * padded[center]!;
      for (let distance = 1; distance <= radius; distance++) {
        sum += halfKernel[distance]! * (padded[center - distance]! + padded[center + distance]!);
      }
      to[start + at * step] = sum;
    }
  }
}

/** Where index `at` of … c b a | a b c | c b a … lies in a line of `length`. */
function mirroredIndex(at: number, length: number): number {
  const phase = ((at % (2 * length)) + 2 * length) % (2 * length);
  return phase < length ? phase : 2 * length - 1 - phase;
}
