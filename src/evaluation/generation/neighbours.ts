/** Nearest neighbours among feature vectors, by Euclidean distance. */
import type { FeatureRows } from '../measures/features/frechet.js';
import { distancesTo } from './distances.js';

export interface Neighbour {
  /** Row of the other set. */
  readonly row: number;
  readonly distance: number;
}

/**
 * For every row of `of`, the nearest row of `among`.
 *
 * @param exceptSelf where both are one set: the nearest other row
 */
export async function nearestNeighbours(
  of: FeatureRows,
  among: FeatureRows,
  { exceptSelf = false } = {},
): Promise<Neighbour[]> {
  const found: Neighbour[] = [];
  for await (const distances of distancesTo(of, among)) {
    let nearest: Neighbour = { row: -1, distance: Number.POSITIVE_INFINITY };
    distances.forEach((distance, row) => {
      if (distance < nearest.distance && !(exceptSelf && row === found.length)) nearest = { row, distance };
    });
    found.push(nearest);
  }
  return found;
}
