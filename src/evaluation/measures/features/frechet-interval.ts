/** How sure a Fréchet distance is: what it would vary over, had other images been drawn. */
import { Matrix } from 'ml-matrix';
import { type BootstrapOptions, bootstrapInterval, type Interval } from '../bootstrap.js';
import {
  centeredRows,
  crossEigen,
  type FeatureRows,
  frechetDistance,
  momentsOf,
  type RootedMoments,
  rooted,
} from './frechet.js';

type Options = Pick<BootstrapOptions, 'confidence' | 'seed'>;

/** A set of features with all that distances from it need; making one costs an eigendecomposition. */
export interface FeatureSet extends FeatureRows, RootedMoments {}

export const featureSet = (rows: FeatureRows): FeatureSet => ({ ...rows, ...rooted(momentsOf(rows)) });

/** Of the influences; a resample is a sum over images. */
const resamples = 1000;

/**
 * The Fréchet distance of two sets of features of the same images, with an interval over images; pairs stay together. Few
 * images make the distance itself too large (Chong & Forsyth, arXiv 1911.07023), which no interval mends.
 *
 * The distance is linearised in the images, whose influences are drawn anew (see `influencesOf`): decomposing the covariances
 * of every resample instead would take minutes. Between sets that do not differ the linear part vanishes (Rippl, Munk & Sturm,
 * arXiv 1507.04090, section 2.2), and the interval is too narrow.
 */
export function frechetInterval(first: FeatureRows, second: FeatureRows, options: Options): Interval {
  const sets = [featureSet(first), featureSet(second)] as const;
  const [ofFirst, ofSecond] = [influencesOf(sets[0], sets[1]), influencesOf(sets[1], sets[0])];
  const { low, high, count } = spread(
    ofFirst.map((influence, image) => influence + ofSecond[image]!),
    options,
  );
  return about(frechetDistance(sets[0], sets[1]), low, high, count);
}

/** As `frechetInterval`, of two sets of different images, each drawn anew by itself: their spreads add as variances do. */
export function frechetIntervalOfSets(first: FeatureSet, second: FeatureSet, options: Options): Interval {
  const [ofFirst, ofSecond] = [
    spread(influencesOf(first, second), options),
    spread(influencesOf(second, first), options),
  ];
  const low = -Math.hypot(ofFirst.low, ofSecond.low);
  const high = Math.hypot(ofFirst.high, ofSecond.high);
  return about(frechetDistance(first, second), low, high, ofFirst.count);
}

/**
 * How much each image of a set moves the distance to another, in the mean of which they take part: the influence function
 * 2 (m₁ - m₂)ᵀ x + xᵀ (I - T) x - Tr((I - T) C₁) of an image x from the mean, where T = C₁^-½ (C₁^½ C₂ C₁^½)^½ C₁^-½
 * transports the one Gaussian to the other; I - T is the distance's derivative by C₁ (Rippl, Munk & Sturm, arXiv 1507.04090,
 * theorem 2.3).
 */
export function influencesOf(set: FeatureSet, other: RootedMoments): number[] {
  const x = centeredRows(set, set.mean);
  const { vectors, values } = crossEigen(set, other);
  const roots = Matrix.diag(values.map((value) => value ** 0.25));
  const transported = x.mmul(set.inverseRoot).mmul(vectors).mmul(roots); // its rows' squares are xᵀ T x
  const shift = set.mean.map((value, at) => 2 * (value - other.mean[at]!));
  const raw = Array.from({ length: x.rows }, (_, image) => {
    let sum = 0;
    for (let at = 0; at < x.columns; at++) {
      const value = x.get(image, at);
      sum += value * (shift[at]! + value) - transported.get(image, at) ** 2;
    }
    return sum;
  });
  const mean = raw.reduce((sum, value) => sum + value, 0) / raw.length;
  return raw.map((value) => value - mean);
}

const spread = (influences: readonly number[], options: Options) =>
  bootstrapInterval(influences, { resamples, ...options });

const about = (mean: number, low: number, high: number, count: number): Interval => ({
  mean,
  low: Math.max(0, mean + low),
  high: mean + high,
  count,
});
