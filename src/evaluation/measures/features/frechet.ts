/** How far apart two sets of feature vectors are, each seen as a Gaussian. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { UserError } from '../../../errors.js';
import { type RandomStream, randomStream } from '../../../random.js';
import { type BootstrapOptions, type Interval, quantile } from '../bootstrap.js';

/** One feature vector per image, row by row. */
export interface FeatureRows {
  readonly values: Float32Array | Float64Array;
  /** Features per image. */
  readonly features: number;
}

/** Mean [D] and covariance [D, D] of a set of vectors. */
export interface Moments {
  readonly mean: Float64Array;
  readonly covariance: Matrix;
}

/**
 * Mean and unbiased covariance of the rows at `chosen` (every row unless told otherwise; a row may come up repeatedly).
 *
 * @throws UserError for fewer than two rows, which have no covariance
 */
export function momentsOf({ values, features }: FeatureRows, chosen?: Uint32Array): Moments {
  const rows = chosen ?? Uint32Array.from({ length: values.length / features }, (_, row) => row);
  const count = rows.length;
  if (count < 2) throw new UserError(`A Fréchet distance got ${count} image, wanted at least two: pass more images.`);
  const mean = new Float64Array(features);
  for (const row of rows) {
    for (let at = 0; at < features; at++) mean[at]! += values[row * features + at]! / count;
  }
  const centered = Matrix.zeros(count, features);
  for (const [to, row] of rows.entries()) {
    for (let at = 0; at < features; at++) centered.set(to, at, values[row * features + at]! - mean[at]!);
  }
  return {
    mean,
    covariance: centered
      .transpose()
      .mmul(centered)
      .div(count - 1),
  };
}

/** A Gaussian with the square root of its covariance, which every distance from it needs. */
export interface RootedMoments extends Moments {
  readonly root: Matrix;
}

export function rooted(moments: Moments): RootedMoments {
  const { eigenvectorMatrix: vectors, realEigenvalues } = eigen(moments.covariance);
  const roots = Matrix.diag(realEigenvalues.map((value) => Math.sqrt(Math.max(0, value))));
  return { ...moments, root: vectors.mmul(roots).mmul(vectors.transpose()) };
}

/**
 * ‖m₁ - m₂‖² + Tr(C₁ + C₂ - 2 (C₁ C₂)^½), the squared Wasserstein-2 distance of two Gaussians (Fréchet 1957; Heusel et al.,
 * arXiv 1706.08500, eq. 6). The trace of (C₁ C₂)^½ is taken as that of (C₁^½ C₂ C₁^½)^½, whose matrix is symmetric: no
 * imaginary part has to be dropped, and singular covariances need no offset.
 */
export function frechetDistance(first: RootedMoments, second: Moments): number {
  const { mean, covariance, root } = first;
  const shift = mean.reduce((sum, value, at) => sum + (value - second.mean[at]!) ** 2, 0);
  const product = root.mmul(second.covariance).mmul(root);
  const symmetric = Matrix.add(product, product.transpose()).div(2);
  const trace = eigen(symmetric).realEigenvalues.reduce((sum, value) => sum + Math.sqrt(Math.max(0, value)), 0);
  return Math.max(0, shift + covariance.trace() + second.covariance.trace() - 2 * trace);
}

function eigen(symmetric: Matrix): EigenvalueDecomposition {
  return new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
}

/** Each resample costs two eigendecompositions. */
export const frechetResamples = 100;

/**
 * The Fréchet distance of two sets of features of the same images, with an interval over images drawn anew (pairs stay
 * together). Few images make the distance too large, and resamples of few distinct ones larger still (Chong & Forsyth,
 * arXiv 1911.07023): the interval is the spread of the resamples about their own mean, laid about the distance.
 */
export function frechetInterval(
  first: FeatureRows,
  second: FeatureRows,
  options: Pick<BootstrapOptions, 'confidence' | 'seed'>,
): Interval {
  const count = first.values.length / first.features;
  return resampledDistance(first, second, options, (random) => {
    const chosen = drawRows(count, random);
    return [chosen, chosen];
  });
}

/** As `frechetInterval`, of two sets of different images, each drawn anew by itself. */
export function frechetIntervalOfSets(
  first: FeatureRows,
  second: FeatureRows,
  options: Pick<BootstrapOptions, 'confidence' | 'seed'>,
): Interval {
  const [a, b] = [first, second].map(({ values, features }) => values.length / features) as [number, number];
  return resampledDistance(first, second, options, (random) => [drawRows(a, random), drawRows(b, random)]);
}

const drawRows = (count: number, random: RandomStream) =>
  Uint32Array.from({ length: count }, () => random.integer(count));

function resampledDistance(
  first: FeatureRows,
  second: FeatureRows,
  { confidence, seed }: Pick<BootstrapOptions, 'confidence' | 'seed'>,
  draw: (random: RandomStream) => readonly [Uint32Array, Uint32Array],
): Interval {
  const count = first.values.length / first.features;
  const mean = frechetDistance(rooted(momentsOf(first)), momentsOf(second));
  const random = randomStream('frechet bootstrap', seed, count);
  const resampled = Float64Array.from({ length: frechetResamples }, () => {
    const [ofFirst, ofSecond] = draw(random);
    return frechetDistance(rooted(momentsOf(first, ofFirst)), momentsOf(second, ofSecond));
  }).sort();
  const center = resampled.reduce((sum, value) => sum + value, 0) / frechetResamples;
  const tail = (1 - confidence) / 2;
  const low = Math.max(0, mean + quantile(resampled, tail) - center);
  return { mean, low, high: mean + quantile(resampled, 1 - tail) - center, count };
}
