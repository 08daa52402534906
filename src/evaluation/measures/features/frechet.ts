/** How far apart two sets of feature vectors are, each seen as a Gaussian. */
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { UserError } from '../../../errors.js';

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
 * Mean and unbiased covariance of the rows.
 *
 * @throws UserError for fewer than two rows, which have no covariance
 */
export function momentsOf({ values, features }: FeatureRows): Moments {
  const count = values.length / features;
  if (count < 2) throw new UserError(`A Fréchet distance got ${count} image, wanted at least two: pass more images.`);
  const mean = new Float64Array(features);
  for (const [at, value] of values.entries()) mean[at % features]! += value / count;
  const centered = centeredRows({ values, features }, mean);
  return {
    mean,
    covariance: centered
      .transpose()
      .mmul(centered)
      .div(count - 1),
  };
}

/** The rows without their mean, [images, D]. */
export function centeredRows({ values, features }: FeatureRows, mean: Float64Array): Matrix {
  const flat = Float64Array.from(values, (value, at) => value - mean[at % features]!);
  return Matrix.from1DArray(values.length / features, features, flat);
}

/** A Gaussian with the square root of its covariance, which every distance from it needs. */
export interface RootedMoments extends Moments {
  readonly root: Matrix;
  /** Its pseudoinverse: directions in which the set does not vary stay out. */
  readonly inverseRoot: Matrix;
}

/** Less than this share of the largest variance is rounding. */
const leastVarianceShare = 1e-10;

export function rooted(moments: Moments): RootedMoments {
  const { vectors, values } = eigen(moments.covariance);
  const floor = Math.max(...values) * leastVarianceShare;
  const spread = (scale: (value: number) => number) =>
    vectors.mmul(Matrix.diag(values.map(scale))).mmul(vectors.transpose());
  return {
    ...moments,
    root: spread((value) => Math.sqrt(Math.max(0, value))),
    inverseRoot: spread((value) => (value > floor ? 1 / Math.sqrt(value) : 0)),
  };
}

/**
 * ‖m₁ - m₂‖² + Tr(C₁ + C₂ - 2 (C₁ C₂)^½), the squared Wasserstein-2 distance of two Gaussians (Fréchet 1957; Heusel et al.,
 * arXiv 1706.08500, eq. 6). The trace of (C₁ C₂)^½ is taken as that of (C₁^½ C₂ C₁^½)^½, whose matrix is symmetric: no
 * imaginary part has to be dropped, and singular covariances need no offset.
 */
export function frechetDistance(first: RootedMoments, second: Moments): number {
  const { mean, covariance } = first;
  const shift = mean.reduce((sum, value, at) => sum + (value - second.mean[at]!) ** 2, 0);
  const trace = crossEigen(first, second).values.reduce((sum, value) => sum + Math.sqrt(value), 0);
  return Math.max(0, shift + covariance.trace() + second.covariance.trace() - 2 * trace);
}

/** Of C₁^½ C₂ C₁^½; no value is negative. */
export function crossEigen({ root }: RootedMoments, { covariance }: Moments): Eigen {
  const product = root.mmul(covariance).mmul(root);
  const { vectors, values } = eigen(Matrix.add(product, product.transpose()).div(2));
  return { vectors, values: values.map((value) => Math.max(0, value)) };
}

export interface Eigen {
  /** [D, D], a vector in each column. */
  readonly vectors: Matrix;
  readonly values: readonly number[];
}

function eigen(symmetric: Matrix): Eigen {
  const { eigenvectorMatrix, realEigenvalues } = new EigenvalueDecomposition(symmetric, { assumeSymmetric: true });
  return { vectors: eigenvectorMatrix, values: realEigenvalues };
}
