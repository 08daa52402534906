/** Detail by direction and frequency, and how strong it is. */
import * as tf from '@tensorflow/tfjs-core';

/** Of squared strengths: a thousandth of the range [-1, 1], squared. Keeps gradients of roots and quotients finite. */
export const energyFloor = 4e-6;

/** Of mean squares of a subband: their roots, kept from zero. */
export function strengthOf(meanSquares: tf.Tensor4D): tf.Tensor4D {
  const kept: tf.Tensor4D = tf.add(meanSquares, energyFloor);
  return tf.sqrt(kept);
}

/**
 * The eight subbands of [B, H, W, C] above the coarsest, [B, H - 2, W - 2, C] each: products of the three filters of linear splines,
 * across and down. They are a tight frame: the energies of all nine add up to the image's (Ron & Shen, J. Funct. Anal. 148, 1997).
 */
export function subbands(images: tf.Tensor4D): tf.Tensor4D[] {
  const bands = splineFilters(images, 2).flatMap((band) => splineFilters(band, 1));
  return bands.slice(1);
}

/** [1, 2, 1] / 4, [-1, 0, 1] · √2 / 4 and [-1, 2, -1] / 4 along an axis: the mean, edges and lines of three neighbours. */
function splineFilters(images: tf.Tensor4D, axis: 1 | 2): [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D] {
  const size = images.shape.slice();
  size[axis] = (size[axis] as number) - 2;
  const at = (shift: number): tf.Tensor4D => {
    const begin = [0, 0, 0, 0];
    begin[axis] = shift;
    return tf.slice(images, begin, size);
  };
  const [before, middle, after] = [at(0), tf.mul(at(1), 2), at(2)];
  const sides = tf.add(before, after);
  const scaled = (x: tf.Tensor, by: number) => tf.mul(x, by) as tf.Tensor4D;
  return [
    scaled(tf.add(middle, sides), 1 / 4),
    scaled(tf.sub(after, before), Math.SQRT2 / 4),
    scaled(tf.sub(middle, sides), 1 / 4),
  ];
}
