/** How much fine detail there is, whatever it looks like: what a squared error averages away. */
import * as tf from '@tensorflow/tfjs-core';
import { halved } from './regularizers/transformations.js';

/** Scales at which detail is measured: each sees the picture half as large as the one before. */
const levels = 2;
/** Side in px of the windows over which a level's detail is measured, and the way from one to the next. */
const window = { side: 8, stride: 4 };
/** Steps of sub-pixel convolutions divide it: 2, 4 and 8 px. */
const gridPeriod = 8;
/** Of the strengths by phase, beside those by window: means of so many more px that they differ by much less. */
export const phaseWeight = 32;
/** Keeps the gradient of the root finite in windows without detail: a thousandth of the range [-1, 1], squared. */
const epsilon = 4e-6;

/** The smallest side in px of images that the distance can be taken of: filters take two px off the smallest level. */
export const smallestForDetail = (window.side + 2) * 2 ** (levels - 1);

/**
 * How differently strong the detail of images and reconstructions is, a sum over levels and over the subbands of each, [B]. The
 * strength is the root mean square of a subband, in a window and at a phase of a grid; differences are squared and averaged.
 *
 * Textures are made alike by such statistics (Heeger & Bergen, SIGGRAPH 1995; Portilla & Simoncelli, IJCV 40, 2000); the windows
 * keep detail where it was. A squared error alone answers an edge that it is not sure of with a weaker one; this tells it how
 * strong the edge is. Subbands and phases are each compared with themselves, so that what one lacks cannot be made good by
 * another: by a grid of pixels, the cheapest detail for a network that ends in sub-pixel convolutions.
 *
 * @param images [B, H, W, C], sides of `smallestForDetail` px and more
 */
export function detailDistances(images: tf.Tensor4D, reconstructions: tf.Tensor4D): tf.Tensor1D {
  let [original, restored] = [images, reconstructions];
  const distances: tf.Tensor1D[] = [];
  for (let level = 0; level < levels; level++) {
    if (level > 0) [original, restored] = [halved(original), halved(restored)];
    const restoredBands = subbands(restored);
    for (const [index, band] of subbands(original).entries()) {
      const [wanted, got] = [tf.square(band), tf.square(restoredBands[index] as tf.Tensor4D)];
      distances.push(between(byWindow(wanted), byWindow(got)));
      distances.push(tf.mul(phaseWeight, between(byPhase(wanted), byPhase(got))));
    }
  }
  return tf.addN(distances);
}

/** Of mean squares: the squared difference of their roots, meant over all but the images. */
const between = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D =>
  tf.mean(tf.squaredDifference(root(a), root(b)), [1, 2, 3]) as tf.Tensor1D;

const root = (meanSquare: tf.Tensor4D) => tf.sqrt(tf.add(meanSquare, epsilon));

/** [B, h, w, C] -> the means in windows. */
const byWindow = (squares: tf.Tensor4D) => tf.avgPool(squares, window.side, window.stride, 'valid');

/** [B, h, w, C] -> [B, period, period, C]: the means of every `gridPeriod`-th row and column, whole periods alone. */
function byPhase(squares: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = squares.shape;
  const [rows, columns] = [Math.floor(height / gridPeriod), Math.floor(width / gridPeriod)];
  const whole = tf.slice4d(squares, [0, 0, 0, 0], [batch, rows * gridPeriod, columns * gridPeriod, channels]);
  const down = tf.mean(tf.reshape(whole, [batch, rows, gridPeriod, -1]), 1);
  const across = tf.mean(tf.reshape(down, [batch * gridPeriod, columns, gridPeriod, channels]), 1);
  return tf.reshape(across, [batch, gridPeriod, gridPeriod, channels]);
}

/**
 * The eight subbands of [B, H, W, C] above the coarsest, [B, H - 2, W - 2, C] each: products of the three filters of linear splines,
 * across and down. They are a tight frame: the energies of all nine add up to the image's (Ron & Shen, J. Funct. Anal. 148, 1997).
 */
function subbands(images: tf.Tensor4D): tf.Tensor4D[] {
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
