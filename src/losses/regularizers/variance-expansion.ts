/** A term against posteriors that collapse to points. */
import * as tf from '@tensorflow/tfjs-core';
import type { Gaussian } from '../../autoencoder/posterior.js';

/** Keeps the term finite; variances below it count alike. */
const delta = 1e-2;

/**
 * 1 / (σ² + δ) of every latent element (variance expansion, Li et al., arXiv 2603.21085, section 3): reconstruction alone
 * drives σ to 0, and pictures of latents that diffusion misses by a little then break.
 *
 * @returns [B, h, w, Z]
 */
export const inverseVariances = ({ logvar }: Gaussian): tf.Tensor4D =>
  tf.div(1, tf.add(tf.exp(logvar), delta)) as tf.Tensor4D;
