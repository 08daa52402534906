/** Shortcuts without weights between layers of different widths: means of groups of channels, and copies. */
import * as tf from '@tensorflow/tfjs-core';

/** The means of neighbouring channels, so that `channels` are left. */
export function channelMeans(x: tf.Tensor4D, channels: number): tf.Tensor4D {
  const [batch, height, width, all] = x.shape;
  return tf.mean(tf.reshape(x, [batch, height, width, channels, all / channels]), 4);
}

/** Every channel as often one after the other as makes `channels`. */
export function channelCopies(x: tf.Tensor4D, channels: number): tf.Tensor4D {
  const [batch, height, width, own] = x.shape;
  const copies = tf.tile(tf.reshape(x, [x.size, 1]), [1, channels / own]); // tfjs has its gradient for few axes alone
  return tf.reshape(copies, [batch, height, width, channels]);
}
