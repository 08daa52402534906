/** Nearest neighbours among feature vectors, by Euclidean distance. */
import type { FeatureRows } from '../measures/features/frechet.js';

export interface Neighbour {
  /** Row of the other set. */
  readonly row: number;
  readonly distance: number;
}

export const rowCount = ({ values, features }: FeatureRows): number => values.length / features;

/**
 * For every row of `of`, the nearest row of `among`.
 *
 * @param exceptSelf where both are one set: the nearest other row
 */
export function nearestNeighbours(of: FeatureRows, among: FeatureRows, { exceptSelf = false } = {}): Neighbour[] {
  return Array.from({ length: rowCount(of) }, (_, row) => {
    let nearest: Neighbour = { row: -1, distance: Number.POSITIVE_INFINITY };
    for (let other = 0; other < rowCount(among); other++) {
      if (exceptSelf && other === row) continue;
      const distance = distanceOf(of, row, among, other);
      if (distance < nearest.distance) nearest = { row: other, distance };
    }
    return nearest;
  });
}

export function distanceOf(a: FeatureRows, rowA: number, b: FeatureRows, rowB: number): number {
  const { features } = a;
  let sum = 0;
  for (let at = 0; at < features; at++) {
    sum += ((a.values[rowA * features + at] as number) - (b.values[rowB * features + at] as number)) ** 2;
  }
  return Math.sqrt(sum);
}
