/** Changes of a picture that its latent may follow: quarter turns, and half the size. */
import * as tf from '@tensorflow/tfjs-core';

/** Turns [B, H, W, C] with H = W by `quarters` · 90° counterclockwise, as numpy.rot90 does. */
export function turned(grid: tf.Tensor4D, quarters: number): tf.Tensor4D {
  const flipped = (x: tf.Tensor4D, axis: number) => tf.reverse(x, axis);
  const transposed = (x: tf.Tensor4D) => tf.transpose(x, [0, 2, 1, 3]);
  const turns = [
    (x: tf.Tensor4D) => x,
    (x: tf.Tensor4D) => flipped(transposed(x), 1),
    (x: tf.Tensor4D) => flipped(flipped(x, 1), 2),
    (x: tf.Tensor4D) => transposed(flipped(x, 1)),
  ];
  return (turns[((quarters % 4) + 4) % 4] as (x: tf.Tensor4D) => tf.Tensor4D)(grid);
}

/** [B, H, W, C] -> [B, H/2, W/2, C]: means of 2×2, which is bilinear interpolation at half the size. */
export const halved = (grid: tf.Tensor4D): tf.Tensor4D => tf.avgPool(grid, 2, 2, 'valid');

/** The first third of a batch turned once, the next twice, the last three times: what is turned how changes with the order. */
export function turnedInThirds(grid: tf.Tensor4D): tf.Tensor4D {
  const [batch, ...rest] = grid.shape;
  const parts = [1, 2, 3].flatMap((quarters) => {
    const [first, end] = [quarters - 1, quarters].map((third) => Math.floor((batch * third) / 3)) as [number, number];
    if (first === end) return [];
    return [turned(tf.slice(grid, [first, 0, 0, 0], [end - first, ...rest]), quarters)];
  });
  return tf.concat(parts, 0) as tf.Tensor4D;
}
