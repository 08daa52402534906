/** Latents whose squares are the channels of one position, as FLUX.2's diffusion sees them. */
import type * as tf from '@tensorflow/tfjs-core';
import type { ModelConfig } from '../../config/config.js';
import { pixelShuffle, pixelUnshuffle } from '../../engine/ops.js';
import type { Posterior } from '../posterior.js';

export const patchSizeOf = (model: ModelConfig): number =>
  model.latent === 'spatial' ? (model.latentPatch?.size ?? 1) : 1;

/** A posterior over [B, h, w, Z] as one over [B, h/size, w/size, Z·size²]: the same numbers. */
export function patchPosterior(posterior: Posterior, size: number): Posterior {
  if (size === 1) return posterior;
  return { ...posterior, mean: pixelUnshuffle(posterior.mean, size), logvar: pixelUnshuffle(posterior.logvar, size) };
}

/** [B, h, w, Z·size²] -> [B, h·size, w·size, Z] */
export const unpatchLatents = (latents: tf.Tensor4D, size: number): tf.Tensor4D =>
  size === 1 ? latents : pixelShuffle(latents, size);
