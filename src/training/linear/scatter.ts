/** How the images of several classes scatter: within their classes, and the means of the classes among themselves. */
import * as tf from '@tensorflow/tfjs-core';
import { CholeskyDecomposition, Matrix } from 'ml-matrix';
import { matrixOf, tensorOf } from './orthonormal.js';

export interface Scatter {
  readonly images: number;
  readonly dimensions: number;
  /** The rows less the means of their classes, [N, D]; W = withinᵀ within / N. */
  readonly within: tf.Tensor2D;
  /** Means of the classes less that of all, times the root of their share of the images, [D, K]; B = between betweenᵀ. */
  readonly between: tf.Tensor2D;
  /** The mean of all rows, [D]. */
  readonly mean: tf.Tensor1D;
  readonly traceWithin: number;
  readonly traceBetween: number;
  /** Ledoit and Wolf's shrinkage of W. */
  readonly estimatedShrinkage: number;
  /** (W + ridge · I)⁻¹ columns, [D, M] -> [D, M]; `ridge` is positive. */
  solve(columns: tf.Tensor2D, ridge: number): Promise<tf.Tensor2D>;
  dispose(): void;
}

/** @param classes of each row of [N, D], from 0 to `classCount` - 1; each has a row */
export async function scatterOf(rows: tf.Tensor2D, classes: readonly number[], classCount: number): Promise<Scatter> {
  const [images, dimensions] = rows.shape;
  const values = await rows.data<'float32'>();
  const { means, mean, sizes } = classMeans(values, dimensions, classes, classCount);
  const deviations = values.map((value, at) => {
    return value - means[classes[Math.floor(at / dimensions)]! * dimensions + (at % dimensions)]!;
  });
  const between = new Float32Array(dimensions * classCount).map((_, at) => {
    const [dimension, index] = [Math.floor(at / classCount), at % classCount];
    return (means[index * dimensions + dimension]! - mean[dimension]!) * Math.sqrt(sizes[index]! / images);
  });
  const within = tf.tensor2d(deviations, [images, dimensions]);
  // Of the two matrices of products, the smaller one: both have the same trace and the same squares.
  const isWide = dimensions > images;
  const products = await matrixOf(tf.matMul(within, within, !isWide, isWide), true);
  const tensors = { within, between: tf.tensor2d(between, [dimensions, classCount]), mean: tf.tensor1d([...mean]) };
  return {
    images,
    dimensions,
    ...tensors,
    traceWithin: products.trace() / images,
    traceBetween: between.reduce((sum, value) => sum + value ** 2, 0),
    estimatedShrinkage: ledoitWolfShrinkage(products, deviations, images, dimensions),
    async solve(columns, ridge) {
      const ridged = Matrix.add(products, Matrix.eye(products.rows).mul(ridge * images));
      const factors = new CholeskyDecomposition(ridged);
      if (!isWide) return tensorOf(factors.solve(await matrixOf(columns)).mul(images));
      // Woodbury's identity: a system of N equations instead of D.
      const solved = factors.solve(await matrixOf(tf.matMul(within, columns) as tf.Tensor2D, true));
      return tf.tidy(() => tf.div(tf.sub(columns, tf.matMul(within, tensorOf(solved), true)), ridge) as tf.Tensor2D);
    },
    dispose: () => tf.dispose(Object.values(tensors)),
  };
}

/** In float64: what is left of a mean's rounding would be amplified by (W + ridge · I)⁻¹. */
function classMeans(values: Float32Array, dimensions: number, classes: readonly number[], classCount: number) {
  const means = new Float64Array(classCount * dimensions);
  const mean = new Float64Array(dimensions);
  const sizes = new Float64Array(classCount);
  for (const [row, index] of classes.entries()) {
    sizes[index]!++;
    for (let at = 0; at < dimensions; at++) {
      const value = values[row * dimensions + at]!;
      means[index * dimensions + at]! += value;
      mean[at]! += value / classes.length;
    }
  }
  return { means: means.map((sum, at) => sum / sizes[Math.floor(at / dimensions)]!), mean, sizes };
}

/**
 * How far a covariance is best moved towards a multiple of the identity (Ledoit & Wolf, A well-conditioned estimator for
 * large-dimensional covariance matrices, 2004, lemmas 3.2 to 3.4, as scikit-learn's `ledoit_wolf_shrinkage` has it).
 *
 * @param products of centred rows, [N, N] or [D, D]
 * @param rows [N, D]
 */
function ledoitWolfShrinkage(products: Matrix, rows: Float32Array, images: number, dimensions: number): number {
  const trace = products.trace() / images;
  const squares = products.norm('frobenius') ** 2 / images ** 2; // Of the covariance.
  const distance = squares - trace ** 2 / dimensions; // From the multiple of the identity.
  let fourthPowers = 0;
  for (let row = 0; row < images; row++) {
    const numbers = rows.subarray(row * dimensions, (row + 1) * dimensions);
    fourthPowers += numbers.reduce((sum, value) => sum + value ** 2, 0) ** 2;
  }
  const error = (fourthPowers / images - squares) / images;
  return error <= 0 ? 0 : Math.min(error, distance) / distance;
}
