/** PyTorch's `pixel_unshuffle`, written anew for the tests: channel c of row i, column j becomes c·factor² + i·factor + j. */
import * as tf from '@tensorflow/tfjs-core';

export function pixelUnshuffleOf(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  const channels = Array.from({ length: x.shape[3] }, (_, channel) => tf.slice(x, [0, 0, 0, channel], [-1, -1, -1, 1]));
  const cells = Array.from({ length: factor ** 2 }, (_, cell) => [Math.floor(cell / factor), cell % factor] as const);
  const planes = channels.flatMap((plane) =>
    cells.map(([row, column]) => {
      return tf.stridedSlice(plane, [0, row, column, 0], x.shape.with(3, 1), [1, factor, factor, 1]) as tf.Tensor4D;
    }),
  );
  return tf.concat(planes, 3);
}
