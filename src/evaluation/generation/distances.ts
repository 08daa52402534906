/** Euclidean distances between feature vectors, all of one set to all of another, on the engine. */
import * as tf from '@tensorflow/tfjs-core';
import type { FeatureRows } from '../measures/features/frechet.js';

/** Rows that are computed at once; every block is as large, so that one compiled graph serves all. */
const blockRows = 256;

export const rowCount = ({ values, features }: FeatureRows): number => values.length / features;

/**
 * Distances of each row of `of` to all of `among`, row after row. Squares come from |a|² + |b|² - 2ab, of vectors less the mean of
 * `among`: a distance far below their lengths is known to 1e-3 of those.
 */
export async function* distancesTo(of: FeatureRows, among: FeatureRows): AsyncGenerator<Float32Array, void, void> {
  const { features } = among;
  const mean = meanOf(among);
  const others = tf.tensor2d(less(among, mean, 0, rowCount(among)), [rowCount(among), features]);
  const squares = tf.tidy(() => tf.sum(tf.square(others), 1));
  try {
    for (let first = 0; first < rowCount(of); first += blockRows) {
      const block = tf.tidy(() => {
        const rows = tf.tensor2d(less(of, mean, first, blockRows), [blockRows, features]);
        const products = tf.matMul(rows, others, false, true); // [block, among]
        const sums = tf.add(tf.sum(tf.square(rows), 1, true), squares);
        return tf.sqrt(tf.relu(tf.sub(sums, tf.mul(2, products))));
      });
      const values = await block.data<'float32'>();
      block.dispose();
      const count = rowCount(among);
      for (let row = 0; row < Math.min(blockRows, rowCount(of) - first); row++) {
        yield values.subarray(row * count, (row + 1) * count);
      }
    }
  } finally {
    tf.dispose([others, squares]);
  }
}

function meanOf({ values, features }: FeatureRows): Float64Array {
  const mean = new Float64Array(features);
  for (let at = 0; at < values.length; at++)
    mean[at % features]! += (values[at] as number) * (features / values.length);
  return mean;
}

/** `count` rows from `first` on, less the mean; zeros where there are no more. */
function less({ values, features }: FeatureRows, mean: Float64Array, first: number, count: number): Float32Array {
  const start = first * features;
  return Float32Array.from({ length: count * features }, (_, at) => {
    return start + at < values.length ? (values[start + at] as number) - (mean[at % features] as number) : 0;
  });
}
