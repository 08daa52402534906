/** What a grid of pixels shows in: the traces of networks that end in sub-pixel convolutions (Odena et al., Distill 2016). */
import * as tf from '@tensorflow/tfjs-core';
import { energyFloor, strengthOf } from './subbands.js';

/** Steps of sub-pixel convolutions divide it: 2, 4 and 8 px. */
const period = 8;

/** Energies of a subband [B, h, w, C] -> the strength at each phase of the grid, [B, period, period, C]. */
export const strengthsByPhase = (energies: tf.Tensor4D): tf.Tensor4D => strengthOf(byPhase(energies));

/**
 * How much less evenly energies lie on the rows and columns of the grid than those wanted, [B]: the squared differences of the
 * mean energies of every period-th row, in parts of the mean of all, averaged over rows; and of the columns likewise. It is what
 * the measure of grids tells (evaluation's `gridEnergy`), differentiable and of subbands.
 *
 * @param wanted energies of the images' subband, [B, h, w, C], sides of a period and more
 * @param got of the reconstructions'
 */
export function unevenness(wanted: tf.Tensor4D, got: tf.Tensor4D): tf.Tensor1D {
  const across = (axis: 1 | 2) =>
    tf.mean(tf.squaredDifference(shares(wanted, axis), shares(got, axis)), [1, 2]) as tf.Tensor1D;
  return tf.add(across(2), across(1));
}

/**
 * The squares of what errors have in common at each phase, beside their mean over all, meant over phases and channels, [B]: errors
 * of texture have nothing in common, and a grid on a plain surface is the same error wherever its phase comes again.
 *
 * @param images [B, H, W, C], sides of a period and more
 */
export function coherentErrors(images: tf.Tensor4D, reconstructions: tf.Tensor4D): tf.Tensor1D {
  const errors = byPhase(tf.sub(reconstructions, images));
  return tf.mean(tf.square(tf.sub(errors, tf.mean(errors, [1, 2], true))), [1, 2, 3]);
}

/** Means of every period-th row (across axis 2), or column (across 1), over those of all, [B, period, C]. */
function shares(energies: tf.Tensor4D, axis: 1 | 2): tf.Tensor3D {
  const lines = tf.mean(energies, axis) as tf.Tensor3D;
  const means = tf.add(meanOfPeriods(lines), energyFloor);
  return tf.div(means, tf.mean(means, 1, true));
}

/** [B, h, w, C] -> [B, period, period, C]: the means of every period-th row and column, whole periods alone. */
function byPhase(values: tf.Tensor4D): tf.Tensor4D {
  const [batch, height, width, channels] = values.shape;
  const rows = meanOfPeriods(tf.reshape(values, [batch, height, width * channels]));
  const both = meanOfPeriods(tf.reshape(rows, [batch * period, width, channels]));
  return tf.reshape(both, [batch, period, period, channels]);
}

/** [B, n, C] -> [B, period, C]: every period-th of n, averaged over the whole periods. */
function meanOfPeriods(lines: tf.Tensor3D): tf.Tensor3D {
  const [batch, length, channels] = lines.shape;
  const periods = Math.floor(length / period);
  const whole = tf.slice3d(lines, [0, 0, 0], [batch, periods * period, channels]);
  return tf.mean(tf.reshape(whole, [batch, periods, period, channels]), 1);
}
