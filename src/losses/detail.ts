/** How much fine detail there is, whatever it looks like: what a squared error averages away. */
import * as tf from '@tensorflow/tfjs-core';
import { halved } from './regularizers/transformations.js';

/** Scales at which detail is measured: each sees the picture half as large as the one before. */
const levels = 2;
/** Side in px of the windows over which a level's detail is measured, and the way from one to the next. */
const window = { side: 8, stride: 4 };
/** Keeps the gradient of the root finite in windows without detail: a thousandth of the range [-1, 1], squared. */
const epsilon = 4e-6;

/** The smallest side in px of images that the distance can be taken of. */
export const smallestForDetail = (window.side + 1) * 2 ** (levels - 1);

/**
 * The mean squared difference between the local strengths of detail of images and reconstructions, a sum over levels, [B]. The
 * strength is the root of the mean squared difference of neighbours, across and down, in a window: the standard deviations of
 * derivative subbands that textures are made alike by (Heeger & Bergen, SIGGRAPH 1995; Portilla & Simoncelli, IJCV 40, 2000), here
 * in windows so that detail stays where it was. A squared error alone answers an edge that it is not sure of with a weaker one;
 * this tells it how strong the edge is.
 *
 * @param images [B, H, W, C], sides of `smallestForDetail` px and more
 */
export function detailDistances(images: tf.Tensor4D, reconstructions: tf.Tensor4D): tf.Tensor1D {
  let [original, restored] = [images, reconstructions];
  let sum: tf.Tensor1D | undefined;
  for (let level = 0; level < levels; level++) {
    if (level > 0) [original, restored] = [halved(original), halved(restored)];
    const difference = tf.squaredDifference(detailStrength(original), detailStrength(restored)); // [B, h, w, C]
    const mean = tf.mean(difference, [1, 2, 3]) as tf.Tensor1D;
    sum = sum ? (tf.add(sum, mean) as tf.Tensor1D) : mean;
  }
  return sum as tf.Tensor1D;
}

/** [B, H, W, C] -> [B, h, w, C], one position for every window. */
function detailStrength(images: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = images.shape;
  const part = (top: number, left: number): tf.Tensor4D =>
    tf.slice4d(images, [0, top, left, 0], [batch, height - 1, width - 1, channels]);
  const corner = part(0, 0);
  const energy = tf.add(tf.squaredDifference(part(0, 1), corner), tf.squaredDifference(part(1, 0), corner));
  const local = tf.avgPool(energy as tf.Tensor4D, window.side, window.stride, 'valid');
  return tf.sqrt(tf.add(local, epsilon)) as tf.Tensor4D;
}
