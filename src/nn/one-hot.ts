/** Whole numbers as rows with a single one. */
import * as tf from '@tensorflow/tfjs-core';

/** int32 [N] in [0, size) -> float32 [N, size]: its product with a table looks rows up, and has a gradient everywhere. */
export function oneHot(indices: tf.Tensor1D, size: number): tf.Tensor2D {
  return tf.tidy(() => {
    const isMember = tf.equal(tf.expandDims(indices, 1), tf.range(0, size, 1, 'int32')); // [N, size]
    return tf.cast(isMember, 'float32') as tf.Tensor2D;
  });
}
