/** Whole numbers as rows with a single one. */
import * as tf from '@tensorflow/tfjs-core';

/** int32 [N] in [0, size) -> float32 [N, size]: its product with a table looks rows up, and has a gradient everywhere. */
export function oneHot(indices: tf.Tensor1D, size: number): tf.Tensor2D {
  return tf.tidy(() => {
    // As numbers: tf.range is a kernel that not every engine has.
    const numbers = tf.tensor1d(
      Int32Array.from({ length: size }, (_, index) => index),
      'int32',
    );
    return tf.cast(tf.equal(tf.expandDims(indices, 1), numbers), 'float32') as tf.Tensor2D; // [N, size]
  });
}
