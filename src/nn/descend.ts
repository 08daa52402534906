/** One step downhill. */
import type * as tf from '@tensorflow/tfjs-core';
import type { AdamScalars } from '../engine/ops.js';
import type { Adam } from './adam.js';
import { clipGradients, type Gradients, globalNorm } from './gradients.js';

/**
 * Moves the parameters of `adam` against their gradients, clipped together.
 *
 * @param gradientClip largest global norm, 0 = no limit
 * @returns the norm before clipping
 */
export function descend(adam: Adam, gradients: Gradients, scalars: AdamScalars, gradientClip: number): tf.Scalar {
  const norm = globalNorm(gradients);
  adam.move(gradientClip > 0 ? clipGradients(gradients, norm, gradientClip) : gradients, scalars);
  return norm;
}
