/** How good generated pictures are, and how many kinds of the real ones there are among them. */
import { UserError } from '../../errors.js';
import { bootstrapInterval, defaultConfidence, type Interval } from '../measures/bootstrap.js';
import type { FeatureRows } from '../measures/features/frechet.js';
import { distanceOf, rowCount } from './neighbours.js';

/** How good generated pictures are, and how many kinds of the real ones there are among them (arXiv 1904.06991). */
export interface PrecisionRecall {
  /** Share of the generated pictures that lie among the real ones. */
  readonly precision: Interval;
  /** Share of the real pictures that lie among the generated ones. */
  readonly recall: Interval;
}

/** Neighbours that decide how far a picture's surroundings reach, as in the paper. */
const neighbours = 3;

/**
 * Precision and recall of Kynkäänniemi et al. (arXiv 1904.06991, eq. 1 and 2): a picture lies among others if it is no farther
 * from one of them than that one is from its third neighbour. Intervals are over the pictures that are counted.
 *
 * @throws UserError for sets too small to have third neighbours
 */
export function precisionRecall(real: FeatureRows, generated: FeatureRows, seed: number): PrecisionRecall {
  const share = (members: readonly number[]) =>
    bootstrapInterval(members, { resamples: 1000, confidence: defaultConfidence, seed });
  return { precision: share(membersOf(real, generated)), recall: share(membersOf(generated, real)) };
}

/** 1 for each of `pictures` that lies among the others, else 0. */
export function membersOf(others: FeatureRows, pictures: FeatureRows, k = neighbours): number[] {
  if (rowCount(others) <= k) {
    throw new UserError(`Precision and recall got ${rowCount(others)} pictures, wanted more than ${k}: draw more.`);
  }
  const radii = Array.from({ length: rowCount(others) }, (_, row) => kthDistance(others, row, k));
  return Array.from({ length: rowCount(pictures) }, (_, row) => {
    const isMember = radii.some((radius, other) => distanceOf(pictures, row, others, other) <= radius);
    return isMember ? 1 : 0;
  });
}

function kthDistance(rows: FeatureRows, row: number, k: number): number {
  const distances = Float64Array.from({ length: rowCount(rows) }, (_, other) => distanceOf(rows, row, rows, other));
  // The nearest is the row itself.
  return distances.sort()[k] as number;
}
