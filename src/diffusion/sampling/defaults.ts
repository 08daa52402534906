/** What a diffusion model is asked with unless a person says otherwise; runs in browsers, too. */
import type { DiffusionModelConfig, SamplerName } from '../../config/options/diffusion-options.js';

/** The sampler and the guidance that a model is asked with, where they are not given. */
export function samplingDefaults(config: DiffusionModelConfig): { sampler: SamplerName; guidance: number } {
  return {
    sampler: config.process === 'flow' ? 'heun' : 'ddim',
    guidance: config.denoiser.classes.length > 0 ? 1.5 : 1,
  };
}
