/** Operations that tfjs lacks or that an engine can do much better as one kernel than as a chain of tfjs ops. */
import * as tf from '@tensorflow/tfjs';

/**
 * Group normalisation (Wu & He, arXiv 1803.08494, eq. 1 and 7).
 *
 * @param x [B, H, W, C]
 * @param scale [C]
 * @param offset [C]
 * @param groups divides C
 */
export function groupNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  groups: number,
  epsilon = 1e-6,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const grouped = tf.reshape(x, [batch, height * width, groups, channels / groups]); // [B, HW, G, C/G]
    const { mean, variance } = tf.moments(grouped, [1, 3], true); // [B, 1, G, 1]
    const normalized = tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, epsilon)));
    return tf.add(tf.mul(tf.reshape(normalized, x.shape), scale), offset) as tf.Tensor4D; // [B, H, W, C]
  });
}

/** x * sigmoid(x), also called swish (Hendrycks & Gimpel, arXiv 1606.08415; Ramachandran et al., arXiv 1710.05941). */
export function silu<T extends tf.Tensor>(x: T): T {
  return tf.tidy(() => tf.mul(x, tf.sigmoid(x)) as T);
}
