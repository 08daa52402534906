/** What a hand may do to a latent before it is decoded. */
import { normals } from '../../random.js';
import type { LatentEdits, SwappedHalf } from './edits.js';
import { type LatentView, type PlaneStatistics, planeStatistics } from './view.js';

/**
 * Swaps, scales and shifts, quantises, then adds noise. Units are those of the latent as it came from the encoder.
 *
 * @param values [planes, height, width]; left alone
 * @param statistics of the latent as it was encoded
 * @param other the latent of a second picture, of the same shape
 */
export function editLatent(
  values: Float32Array,
  view: LatentView,
  statistics: readonly PlaneStatistics[],
  edits: LatentEdits,
  other?: Float32Array,
): Float32Array<ArrayBuffer> {
  const area = view.height * view.width;
  const edited = Float32Array.from(values);
  if (other && edits.swap !== 'none') swapHalf(edited, view, edits.swap, other);
  edited.forEach((value, at) => {
    const { mean, std } = statistics[Math.floor(at / area)]!;
    edited[at] = mean + (value - mean) * edits.scale + edits.shift * std;
  });
  if (edits.bits !== null) quantise(edited, view, edits.bits);
  if (edits.noise > 0) {
    const draws = normals(edited.length, 'latent noise', edits.noiseSeed);
    edited.forEach((value, at) => {
      edited[at] = value + edits.noise * statistics[Math.floor(at / area)]!.std * draws[at]!;
    });
  }
  return edited;
}

function swapHalf(values: Float32Array, view: LatentView, half: SwappedHalf, other: Float32Array): void {
  const { planes, height, width } = view;
  const isSwapped: Record<SwappedHalf, (row: number, column: number) => boolean> = {
    none: () => false,
    left: (_, column) => column < width / 2,
    right: (_, column) => column >= width / 2,
    top: (row) => row < height / 2,
    bottom: (row) => row >= height / 2,
  };
  for (let at = 0; at < planes * height * width; at++) {
    const place = at % (height * width);
    if (isSwapped[half](Math.floor(place / width), place % width)) values[at] = other[at]!;
  }
}

/** Uniform levels from each plane's least to its greatest value, both included. */
function quantise(values: Float32Array, view: LatentView, bits: number): void {
  const area = view.height * view.width;
  const steps = 2 ** bits - 1;
  for (const [plane, { least, greatest }] of planeStatistics(values, view).entries()) {
    if (greatest === least) continue;
    for (let at = plane * area; at < (plane + 1) * area; at++) {
      const level = Math.round(((values[at]! - least) / (greatest - least)) * steps);
      values[at] = least + (level / steps) * (greatest - least);
    }
  }
}
