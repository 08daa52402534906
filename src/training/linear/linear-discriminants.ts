/** Directions that tell classes apart, of more numbers per image than a matrix of covariances could be kept for. */
import * as tf from '@tensorflow/tfjs-core';
import { CholeskyDecomposition, EigenvalueDecomposition, Matrix, solve } from 'ml-matrix';
import { UserError } from '../../errors.js';
import { matrixOf, orthonormal, tensorOf } from './orthonormal.js';
import { type Scatter, scatterOf } from './scatter.js';

export interface LinearDiscriminants {
  /** [D]. */
  readonly mean: tf.Tensor1D;
  /** [D, K], the one that tells classes apart best first; along each the shrunk variance within classes is 1. */
  readonly directions: tf.Tensor2D;
  /** Shrunk variance between classes over that within, of the K directions. */
  readonly ratios: readonly number[];
  readonly shrinkage: number;
}

/** Both covariances are moved by `shrinkage` towards a multiple of the identity; see `linearDiscriminants`. */
interface Shrunk {
  readonly shrinkage: number;
  /** What stands on the diagonals of the shrunk variances within and between classes besides. */
  readonly withinRidge: number;
  readonly betweenRidge: number;
}

/** Each brings the directions nearer by a factor of ten and more. */
const mostRounds = 6;
/** Relative change of a ratio, the square of the change of a direction, after which none is worth another round. */
const settled = 1e-6;

/**
 * The first `count` linear discriminants of the rows of [N, D] (Fisher 1936; Rao 1948): S_b v = λ S_w v for the largest λ,
 * with S = (1 - shrinkage) · covariance + shrinkage · trace / D · I both of the classes' deviations (S_w) and of all (S_t),
 * and S_b = S_t - S_w. Shrinkage makes S_w regular where there are fewer images than pixels (Friedman 1989). The same as
 * scikit-learn's `LinearDiscriminantAnalysis(solver="eigen")` of that shrinkage, but for signs and the origin.
 *
 * An eigenvector of λ is (W + s I)⁻¹ times a mix of the classes' means, where s depends on λ alone: each round adds such
 * columns to a basis, for the λ that fits least, and solves the problem within it (a rational Krylov method, Ruhe 1984).
 * The caller disposes of mean and directions.
 *
 * @param labels the class of each row
 * @param shrinkage in (0, 1]; without it Ledoit and Wolf's estimate for the deviations from the classes' means
 * @throws UserError where the classes have no `count` directions
 */
export async function linearDiscriminants(
  rows: tf.Tensor2D,
  labels: readonly string[],
  count: number,
  shrinkage?: number,
): Promise<LinearDiscriminants> {
  const names = [...new Set(labels)];
  const classes = labels.map((label) => names.indexOf(label));
  const most = Math.min(names.length - 1, rows.shape[1]);
  if (count > most) {
    throw new UserError(
      `Got ${labels.length} images of ${names.length} classes, which ${most} directions tell apart, wanted ${count}: ` +
        'ask for fewer --latent-floats, or pass more classes.',
    );
  }
  const scatter = await scatterOf(rows, classes, names.length);
  const used = shrinkage ?? scatter.estimatedShrinkage;
  assertRegular(scatter, used, names.length);
  const perDimension = used / scatter.dimensions;
  const shrunk: Shrunk = {
    shrinkage: used,
    withinRidge: perDimension * scatter.traceWithin,
    betweenRidge: perDimension * scatter.traceBetween,
  };
  const { directions, ratios } = await solvePencil(scatter, shrunk, count);
  const mean = tf.clone(scatter.mean);
  scatter.dispose();
  return { mean, directions: await withSigns(directions), ratios, shrinkage: used };
}

function assertRegular({ traceWithin, traceBetween, images }: Scatter, shrinkage: number, classes: number): void {
  if (traceWithin > 0 && traceBetween > 0 && shrinkage > 0) return;
  const found =
    traceBetween > 0
      ? `${images} images of ${classes} classes that do not differ within their classes`
      : 'classes of the same mean';
  throw new UserError(`Got ${found}: nothing can be told apart by how they differ. Pass more images of each class.`);
}

interface Ritz {
  readonly directions: tf.Tensor2D;
  readonly ratios: readonly number[];
}

async function solvePencil(scatter: Scatter, shrunk: Shrunk, count: number): Promise<Ritz> {
  const { shrinkage, withinRidge, betweenRidge } = shrunk;
  // S_w is a multiple of W plus this much of the identity; at a shrinkage of 1 nothing is left of W.
  const fullRidge = withinRidge / Math.max(1 - shrinkage, 1e-9);
  // No direction outside the span of the images has another ratio than this.
  const leastRatio = betweenRidge / withinRidge;
  let basis = await orthonormal(await scatter.solve(scatter.between, fullRidge));
  let best = await within(basis, scatter, shrunk, count);
  for (let round = 1; round < mostRounds; round++) {
    const worst = await worstFit(best, scatter, shrunk);
    const ridge = fullRidge * Math.max(1 - leastRatio / worst, 0.02);
    const grown = await extended(basis, await scatter.solve(scatter.between, ridge));
    if (grown === undefined) break;
    basis.dispose();
    basis = grown;
    const next = await within(basis, scatter, shrunk, count);
    const change = Math.max(...next.ratios.map((ratio, index) => Math.abs(ratio / best.ratios[index]! - 1)));
    best.directions.dispose();
    best = next;
    if (change < settled) break;
  }
  basis.dispose();
  return best;
}

/** The problem in the coordinates of an orthonormal basis [D, M], in float64. */
async function within(
  basis: tf.Tensor2D,
  { within: rows, between, images }: Scatter,
  { shrinkage, withinRidge, betweenRidge }: Shrunk,
  count: number,
): Promise<Ritz> {
  const deviations = await matrixOf(tf.matMul(rows, basis) as tf.Tensor2D, true); // [N, M]
  const means = await matrixOf(tf.matMul(basis, between, true) as tf.Tensor2D, true); // [M, K]
  const shrink = (covariance: Matrix, ridge: number) =>
    covariance.mul(1 - shrinkage).add(Matrix.eye(covariance.rows).mul(ridge));
  const withinClasses = shrink(deviations.transpose().mmul(deviations).div(images), withinRidge);
  const betweenClasses = shrink(means.mmul(means.transpose()), betweenRidge);
  const factor = new CholeskyDecomposition(withinClasses).lowerTriangularMatrix;
  const whitened = solve(factor, solve(factor, betweenClasses).transpose());
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(whitened, { assumeSymmetric: true });
  const order = realEigenvalues.map((_, index) => index).sort((a, b) => realEigenvalues[b]! - realEigenvalues[a]!);
  const first = order.slice(0, count);
  const coordinates = solve(factor.transpose(), eigenvectorMatrix.subMatrixColumn(first));
  const directions = tf.tidy(() => tf.matMul(basis, tensorOf(coordinates)) as tf.Tensor2D);
  return { directions, ratios: first.map((index) => realEigenvalues[index]!) };
}

/** The ratio whose direction is farthest from being an eigenvector: |S_b v / λ - S_w v| of each. */
async function worstFit({ directions, ratios }: Ritz, scatter: Scatter, shrunk: Shrunk): Promise<number> {
  const { within: rows, between, images } = scatter;
  const { shrinkage, withinRidge, betweenRidge } = shrunk;
  const lengths = tf.tidy(() => {
    const mixed = tf.matMul(between, tf.matMul(between, directions, true)); // B v
    const spread = tf.div(tf.matMul(rows, tf.matMul(rows, directions), true), images); // W v
    const sb = tf.add(tf.mul(mixed, 1 - shrinkage), tf.mul(directions, betweenRidge));
    const sw = tf.add(tf.mul(spread, 1 - shrinkage), tf.mul(directions, withinRidge));
    return tf.norm(tf.sub(tf.div(sb, tf.tensor1d([...ratios])), sw), 2, 0);
  });
  const values = await lengths.data<'float32'>();
  lengths.dispose();
  return ratios[values.indexOf(Math.max(...values))]!;
}

/** Squared length of a unit column's part outside the basis: what is less is rounding. */
const leastNew = 1e-8;

/** The basis with what of `columns` lies outside it; undefined where nothing does. Disposes of `columns`. */
async function extended(basis: tf.Tensor2D, columns: tf.Tensor2D): Promise<tf.Tensor2D | undefined> {
  let added = await orthonormal(columns);
  // Twice, since rounding is large beside a small remainder.
  for (const shortest of [leastNew, 0.5]) {
    const outside = tf.tidy(() => tf.sub(added, tf.matMul(basis, tf.matMul(basis, added, true))));
    added.dispose();
    added = await orthonormal(outside, shortest);
    if (added.shape[1] === 0) return undefined;
  }
  const joined = tf.concat([basis, added], 1);
  added.dispose();
  return joined;
}

/** Turned so that the largest element of each is positive. Disposes of `directions`. */
async function withSigns(directions: tf.Tensor2D): Promise<tf.Tensor2D> {
  const [dimensions, count] = directions.shape;
  const values = await directions.data<'float32'>();
  directions.dispose();
  const largest = new Float32Array(count);
  for (const [at, value] of values.entries()) {
    if (Math.abs(value) > Math.abs(largest[at % count]!)) largest[at % count] = value;
  }
  return tf.tensor2d(
    values.map((value, at) => value * Math.sign(largest[at % count]!)),
    [dimensions, count],
  );
}
