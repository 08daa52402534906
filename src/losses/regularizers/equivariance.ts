/** Terms that make a changed latent decode to the changed picture. */
import * as tf from '@tensorflow/tfjs-core';
import type { ObjectiveConfig } from '../../config/config.js';
import { pixelErrors } from '../reconstruction.js';
import { halved, turnedInThirds } from './transformations.js';

export interface EquivarianceInput {
  /** [B, H, W, C] */
  readonly images: tf.Tensor4D;
  /** Of these images, [B, h, w, Z]; a grid with even sides. */
  readonly latents: tf.Tensor4D;
  readonly decode: (latents: tf.Tensor4D) => tf.Tensor4D;
}

/**
 * Mean error per element of decode(τ z) against τ x for τ halving the size: the term that scale equivariance adds to the
 * reconstruction (Skorokhodov et al., arXiv 2502.14831, section 3.3). Of its factors 2 is taken alone, and no perceptual term.
 */
export function scaleEquivariance(
  { images, latents, decode }: EquivarianceInput,
  error: ObjectiveConfig['reconstruction'],
): tf.Scalar {
  return tf.mean(pixelErrors[error](halved(images), decode(halved(latents))));
}

/**
 * The same for quarter turns and for half the size, in equal parts (EQ-VAE, Kouzelis et al., arXiv 2502.09509, eq. 5).
 * Deviations: the paper puts the changed pictures in the place of the unchanged ones, here they are a term beside them; its
 * scales are drawn from 0.25 to 1, here one half; an image of a batch is turned by one angle.
 */
export function equivariance(input: EquivarianceInput, error: ObjectiveConfig['reconstruction']): tf.Scalar {
  const { images, latents, decode } = input;
  const ofTurns = tf.mean(pixelErrors[error](turnedInThirds(images), decode(turnedInThirds(latents))));
  return tf.div(tf.add(ofTurns, scaleEquivariance(input, error)), 2);
}
