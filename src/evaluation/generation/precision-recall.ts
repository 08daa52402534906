/** How good generated pictures are, and how many kinds of the real ones there are among them. */
import { UserError } from '../../errors.js';
import { bootstrapInterval, defaultConfidence, type Interval } from '../measures/bootstrap.js';
import type { FeatureRows } from '../measures/features/frechet.js';
import { distancesTo, rowCount } from './distances.js';

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
export async function precisionRecall(
  real: FeatureRows,
  generated: FeatureRows,
  seed: number,
): Promise<PrecisionRecall> {
  const share = (members: readonly number[]) =>
    bootstrapInterval(members, { resamples: 1000, confidence: defaultConfidence, seed });
  return { precision: share(await membersOf(real, generated)), recall: share(await membersOf(generated, real)) };
}

/** 1 for each of `pictures` that lies among the others, else 0. */
export async function membersOf(others: FeatureRows, pictures: FeatureRows, k = neighbours): Promise<number[]> {
  if (rowCount(others) <= k) {
    throw new UserError(`Precision and recall got ${rowCount(others)} pictures, wanted more than ${k}: draw more.`);
  }
  const radii: number[] = [];
  // The nearest is the row itself.
  for await (const distances of distancesTo(others, others)) radii.push(distances.toSorted()[k] as number);
  const members: number[] = [];
  for await (const distances of distancesTo(pictures, others)) {
    members.push(distances.some((distance, other) => distance <= (radii[other] as number)) ? 1 : 0);
  }
  return members;
}
