/** How much fine detail there is, whatever it looks like: what a squared error averages away. */
import * as tf from '@tensorflow/tfjs-core';
import { luma } from '../perceptual/colours.js';
import { halved } from '../regularizers/transformations.js';
import { coherentErrors, strengthsByPhase, unevenness } from './grid.js';
import { strengthOf, subbands } from './subbands.js';

/** Scales at which detail is measured: each sees the picture half as large as the one before. */
const levels = 2;
/** Side in px of the windows over which a level's detail is measured, and the way from one to the next. */
const window = { side: 8, stride: 4 };
/** What is asked of the phases of a grid, beside the strengths by window. */
export const gridWeights = {
  /** Of strengths by phase: means of so many more px that they differ by much less. */
  strengths: 32,
  /** Of the unevenness, whose unit is the mean energy and not a grey level: what a grid in a faint texture shows in. */
  unevenness: 0.25,
  /** Of errors that are alike at one phase all over the picture: a grid that plain surfaces show. */
  coherentErrors: 64,
} as const;

/** The smallest side in px of images that the distance can be taken of: filters take two px off the smallest level. */
export const smallestForDetail = (window.side + 2) * 2 ** (levels - 1);

/**
 * How differently strong the detail of images and reconstructions is, [B]: a sum over levels and over the subbands of each. The
 * strength is the root mean square of a subband, in a window and at a phase of a grid; differences are squared and averaged.
 *
 * Textures are made alike by such statistics (Heeger & Bergen, SIGGRAPH 1995; Portilla & Simoncelli, IJCV 40, 2000); the windows
 * keep detail where it was. A squared error alone answers an edge that it is not sure of with a weaker one; this tells it how
 * strong the edge is. Subbands and phases are each compared with themselves, so that what one lacks cannot be made good by
 * another: by a grid of pixels, the cheapest detail for a network that ends in sub-pixel convolutions. Detail is the
 * luminance's; colours, of which eyes see less (ITU-R BT.601), are left to the squared error.
 *
 * @param images [B, H, W, C], sides of `smallestForDetail` px and more
 */
export function detailDistances(images: tf.Tensor4D, reconstructions: tf.Tensor4D): tf.Tensor1D {
  let [original, restored] = [luma(images), luma(reconstructions)];
  const distances = [tf.mul(gridWeights.coherentErrors, coherentErrors(images, reconstructions)) as tf.Tensor1D];
  for (let level = 0; level < levels; level++) {
    if (level > 0) [original, restored] = [halved(original), halved(restored)];
    const restoredBands = subbands(restored);
    for (const [index, band] of subbands(original).entries()) {
      const [wanted, got] = [tf.square(band), tf.square(restoredBands[index] as tf.Tensor4D)];
      const phases = between(strengthsByPhase(wanted), strengthsByPhase(got));
      distances.push(between(strengthsByWindow(wanted), strengthsByWindow(got)));
      distances.push(tf.mul(gridWeights.strengths, phases));
      distances.push(tf.mul(gridWeights.unevenness, unevenness(wanted, got)));
    }
  }
  return tf.addN(distances);
}

/** [B, h, w, 1] -> strengths in windows. */
const strengthsByWindow = (energies: tf.Tensor4D) =>
  strengthOf(tf.avgPool(energies, window.side, window.stride, 'valid'));

/** The squared difference, meant over all but the images. */
const between = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor1D => tf.mean(tf.squaredDifference(a, b), [1, 2, 3]);
