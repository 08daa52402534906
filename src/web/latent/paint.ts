/** A brush over the planes of a latent. */
import type { LatentView, PlaneStatistics } from './view.js';

/** A brush on the planes of a latent. */
export interface Brush {
  /** Cell in the middle. */
  readonly row: number;
  readonly column: number;
  /** Side in cells. */
  readonly side: number;
  /** The plane that is painted on; null paints on all. */
  readonly plane: number | null;
  /** What is painted: mean + `value` · std of each plane. 0 erases. */
  readonly value: number;
}

/** The latent with one dab of the brush; the part of it beyond the edge is lost. */
export function paintLatent(
  values: Float32Array,
  { planes, height, width }: LatentView,
  statistics: readonly PlaneStatistics[],
  { row, column, side, plane, value }: Brush,
): Float32Array<ArrayBuffer> {
  const painted = Float32Array.from(values);
  const [top, left] = [row - Math.floor(side / 2), column - Math.floor(side / 2)];
  for (let at = 0; at < planes; at++) {
    if (plane !== null && plane !== at) continue;
    const { mean, std } = statistics[at]!;
    for (let y = Math.max(0, top); y < Math.min(height, top + side); y++) {
      const start = (at * height + y) * width;
      painted.fill(mean + value * std, start + Math.max(0, left), start + Math.min(width, left + side));
    }
  }
  return painted;
}
