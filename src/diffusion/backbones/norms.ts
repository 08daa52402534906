/** Normalisations over the last axis. */
import * as tf from '@tensorflow/tfjs-core';

/** (x - mean) / sqrt(variance + epsilon) over the last axis, without scale and offset (Ba et al., arXiv 1607.06450, eq. 3). */
export const layerNorm = <T extends tf.Tensor>(x: T, epsilon = 1e-6): T => normalizeRows(true, epsilon)(x) as T;

/** x / sqrt(mean of squares + epsilon) over the last axis (Zhang & Sennrich, arXiv 1910.07467, eq. 4). */
export const rmsNorm = <T extends tf.Tensor>(x: T, epsilon = 1e-6): T => normalizeRows(false, epsilon)(x) as T;

/** With y = (x - mean)/std, dx = (dy - mean(dy) - y · mean(dy · y)) / std; without a mean, its term falls away. */
const normalizeRows = (isCentered: boolean, epsilon: number) =>
  tf.customGrad((...inputs) => {
    const [x, save] = inputs as [tf.Tensor, tf.GradSaveFunc];
    const centered = isCentered ? tf.sub(x, rowMean(x)) : x;
    const inverseStd = tf.rsqrt(tf.add(rowMean(tf.square(centered)), epsilon)); // [..., 1]
    const value = tf.mul(centered, inverseStd);
    save([value, inverseStd]);
    return {
      value,
      gradFunc: (dy: tf.Tensor, [y, inverse]: tf.Tensor[]) => {
        const along = tf.mul(y as tf.Tensor, rowMean(tf.mul(dy, y as tf.Tensor)));
        const across = isCentered ? tf.sub(dy, rowMean(dy)) : dy;
        return tf.mul(tf.sub(across, along), inverse as tf.Tensor);
      },
    };
  });

const rowMean = (x: tf.Tensor): tf.Tensor => tf.mean(x, -1, true);
