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

/** Zeros added around an image: the same on all sides, or [[top, bottom], [left, right]]. */
export type Padding = number | readonly [readonly [number, number], readonly [number, number]];

/**
 * Two-dimensional cross-correlation plus bias.
 *
 * @param x [B, H, W, Cin]
 * @param filter [kh, kw, Cin, Cout]
 * @param bias [Cout]
 * @returns [B, (H + padding - kh) / stride + 1, …, Cout]
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D,
  stride: number,
  padding: Padding,
): tf.Tensor4D {
  return tf.tidy(() => {
    const [rows, columns] =
      typeof padding === 'number'
        ? [
            [padding, padding],
            [padding, padding],
          ]
        : padding;
    const pad: tf.backend_util.ExplicitPadding = [
      [0, 0],
      [rows?.[0] ?? 0, rows?.[1] ?? 0],
      [columns?.[0] ?? 0, columns?.[1] ?? 0],
      [0, 0],
    ];
    return tf.add(tf.conv2d(x, filter, stride, pad), bias) as tf.Tensor4D;
  });
}

/** Doubles the height and width of [B, H, W, C] by repeating every pixel. */
export function upsampleNearest2x(x: tf.Tensor4D): tf.Tensor4D {
  return tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2]);
}
