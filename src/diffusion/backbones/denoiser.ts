/** The network of a diffusion model, made from its configuration. */
import type { DenoiserConfig } from '../../config/networks/denoiser.js';
import { createParameterTree, type Parameters, type Scope, type WeightSource } from '../../nn/parameters.js';
import { createDit } from './dit.js';
import { createMlp } from './mlp.js';
import type { Prediction } from './prediction.js';
import { createUnet } from './unet.js';

/** The network of a diffusion model, with its weights. */
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
