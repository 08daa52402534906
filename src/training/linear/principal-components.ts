/** Principal components of more numbers per image than a matrix of covariances could be kept for. */
import * as tf from '@tensorflow/tfjs-core';
import { PCA } from 'ml-pca';
import { UserError } from '../../errors.js';
import { normals } from '../../random.js';
import { matrixOf, orthonormal } from './orthonormal.js';

export interface PrincipalComponents {
  /** [D]. */
  readonly mean: tf.Tensor1D;
  /** [D, K], orthonormal columns, the direction of the largest variance first. */
  readonly directions: tf.Tensor2D;
  /** Of the K directions, over N - 1. */
  readonly variances: readonly number[];
}

/** More directions than wanted are followed, so that the wanted ones settle fast. */
const extraDirections = 64;

/** Each shrinks the part of a wrong direction by the ratio of its variance to the wanted one's. */
const iterations = 8;

/**
 * The first `count` principal components of the rows of [N, D], by subspace iteration (Halko, Martinsson & Tropp, arXiv
 * 0909.4061, algorithm 4.4) and a small PCA within the subspace. Exact where N or D is at most `count` + 64.
 * The caller disposes of mean and directions.
 */
export async function principalComponents(
  rows: tf.Tensor2D,
  count: number,
  seed: number,
): Promise<PrincipalComponents> {
  const [images, dimensions] = rows.shape;
  const width = Math.min(images, dimensions, count + extraDirections);
  const mean = tf.tidy(() => tf.mean(rows, 0) as tf.Tensor1D);
  const centred = tf.tidy(() => tf.sub(rows, mean) as tf.Tensor2D);
  const largest = tf.tidy(() => tf.max(tf.abs(centred)));
  const [difference = 0] = await largest.data<'float32'>();
  largest.dispose();
  if (difference === 0) {
    throw new UserError(
      `Got ${images} images that are all the same, wanted ${count} components of how they differ: pass others.`,
    );
  }
  let subspace = tf.tensor2d(normals(dimensions * width, 'principal components', seed), [dimensions, width]);
  for (let iteration = 0; iteration < iterations; iteration++) {
    const scores = await orthonormal(tf.matMul(centred, subspace)); // [N, W]
    subspace.dispose();
    subspace = await orthonormal(tf.matMul(centred, scores, true)); // [D, W]
    scores.dispose();
  }
  if (subspace.shape[1] < count) {
    throw new UserError(
      `Got ${images} images that differ in ${subspace.shape[1]} directions, wanted ${count} components: ` +
        'pass more images or ask for fewer latent floats.',
    );
  }
  const scores = tf.matMul(centred, subspace) as tf.Tensor2D; // [N, W]
  const pca = new PCA(await matrixOf(scores), { method: 'covarianceMatrix', center: true, scale: false });
  const turned = pca
    .getEigenvectors()
    .subMatrix(0, subspace.shape[1] - 1, 0, count - 1)
    .to2DArray();
  const directions = tf.tidy(() => tf.matMul(subspace, tf.tensor2d(turned)) as tf.Tensor2D); // [D, K]
  tf.dispose([centred, subspace, scores]);
  return { mean, directions, variances: pca.getEigenvalues().slice(0, count) };
}
