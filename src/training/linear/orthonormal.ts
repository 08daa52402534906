/** Bases of subspaces of more numbers per image than a square matrix could be kept for. */
import * as tf from '@tensorflow/tfjs-core';
import { EigenvalueDecomposition, Matrix } from 'ml-matrix';

/** Of the largest squared length: what is below it is rounding in float32, not a direction. */
const rankTolerance = 1e-7;

/**
 * Columns that span what those of [M, W] span, of length 1 and at right angles. Disposes of `columns`.
 *
 * @param shortest squared length below which a direction does not count, instead of a share of the longest
 */
export async function orthonormal(columns: tf.Tensor, shortest?: number): Promise<tf.Tensor2D> {
  const gram = await matrixOf(
    tf.tidy(() => tf.matMul(columns, columns, true) as tf.Tensor2D),
    true,
  );
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(gram, { assumeSymmetric: true });
  const least = shortest ?? Math.max(...realEigenvalues) * rankTolerance;
  const kept = realEigenvalues.flatMap((value, index) => (value > least ? [index] : []));
  const scaled = eigenvectorMatrix.subMatrixColumn(kept);
  scaled.divRowVector(kept.map((index) => Math.sqrt(realEigenvalues[index]!)));
  const result = tf.tidy(() => tf.matMul(columns, tensorOf(scaled)) as tf.Tensor2D);
  columns.dispose();
  return result;
}

export async function matrixOf(tensor: tf.Tensor2D, disposed = false): Promise<Matrix> {
  const [rows, columns] = tensor.shape;
  const values = await tensor.data<'float32'>();
  if (disposed) tensor.dispose();
  return Matrix.from1DArray(rows, columns, Array.from(values));
}

export function tensorOf(matrix: Matrix): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(matrix.to1DArray()), [matrix.rows, matrix.columns]);
}
