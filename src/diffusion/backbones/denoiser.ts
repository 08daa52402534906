/** The network of a diffusion model: what it is told of a noisy latent, and what it answers. */
import type * as tf from '@tensorflow/tfjs-core';
import type { DenoiserConfig } from '../../diffusion-config.js';
import { createParameterTree, type Parameters, type Scope, type WeightSource } from '../../nn/parameters.js';
import { createDit } from './dit.js';
import { createMlp } from './mlp.js';
import { createUnet } from './unet.js';

/**
 * @param latents noisy, normalised: [B, h, w, Z]
 * @param times how much of each is noise, in [0, 1]: [B]
 * @param classes position among the classes, or their number for none: int32 [B]
 * @returns what the process wants predicted, [B, h, w, Z]
 */
export type Prediction = (latents: tf.Tensor4D, times: tf.Tensor1D, classes: tf.Tensor1D) => tf.Tensor4D;

export interface Denoiser {
  readonly config: DenoiserConfig;
  readonly parameters: Parameters;
  readonly predict: Prediction;
}

export function createDenoiser(config: DenoiserConfig, source: WeightSource): Denoiser {
  const { scope, parameters } = createParameterTree('weights' in source ? source.weights : undefined);
  const seed = 'seed' in source ? source.seed : 0;
  return { config, parameters, predict: build(scope, config, seed) };
}

function build(scope: Scope, config: DenoiserConfig, seed: number): Prediction {
  if (config.backbone === 'dit') return createDit(scope, config, seed);
  return config.backbone === 'unet' ? createUnet(scope, config, seed) : createMlp(scope, config, seed);
}
