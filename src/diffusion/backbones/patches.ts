/** A latent as a sequence of square patches, and where each of them is. */
import * as tf from '@tensorflow/tfjs-core';

/** [B, h, w, Z] -> [B, h/p · w/p, p·p·Z], row by row. */
export function toPatches(latents: tf.Tensor4D, patch: number): tf.Tensor3D {
  const [batch, height, width, channels] = latents.shape;
  const [rows, columns] = [height / patch, width / patch];
  if (patch === 1) return tf.reshape(latents, [batch, rows * columns, channels]);
  const apart = tf.reshape(latents, [batch * rows, patch, columns, patch * channels]);
  const together = tf.transpose(apart, [0, 2, 1, 3]); // [B·h/p, w/p, p, p·Z]
  return tf.reshape(together, [batch, rows * columns, patch * patch * channels]);
}

/** The other way round: any shape of as many elements -> `shape`, [B, h, w, Z]. */
export function fromPatches(
  patches: tf.Tensor,
  shape: readonly [number, number, number, number],
  patch: number,
): tf.Tensor4D {
  const [batch, height, width, channels] = shape;
  const [rows, columns] = [height / patch, width / patch];
  if (patch === 1) return tf.reshape(patches, [...shape]);
  const apart = tf.reshape(patches, [batch * rows, columns, patch, patch * channels]);
  return tf.reshape(tf.transpose(apart, [0, 2, 1, 3]), [...shape]);
}

/**
 * Sines and cosines of both coordinates, a quarter of the features each (He et al., arXiv 2111.06377, as DiT has it): the first
 * half tells the column, the second the row.
 *
 * @returns [1, rows · columns, features]
 */
export function positionEmbedding([rows, columns]: readonly [number, number], features: number): tf.Tensor3D {
  const quarter = features / 4;
  const values = new Float32Array(rows * columns * features);
  for (let position = 0, at = 0; position < rows * columns; position++) {
    for (const coordinate of [position % columns, Math.floor(position / columns)]) {
      for (const wave of [Math.sin, Math.cos]) {
        for (let index = 0; index < quarter; index++) values[at++] = wave(coordinate * 10_000 ** (-index / quarter));
      }
    }
  }
  return tf.tensor3d(values, [1, rows * columns, features]);
}
