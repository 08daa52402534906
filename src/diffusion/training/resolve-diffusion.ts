/** What a training on a store comes to: every option and everything that the store decides. */
import { resolve } from 'node:path';
import { defaultDenoiser, denoiserConfigOf } from '../../config/networks/denoiser.js';
import type { DiffusionOptions, DiffusionRunConfig } from '../../config/options/diffusion-options.js';
import { UserError } from '../../errors.js';
import type { LatentStore } from '../../latents/reading/store.js';
import { absolute } from '../../storage/locations.js';
import { normalizationOf } from '../model/normalization.js';

/**
 * @param tokenizerPath where the model that made the latents is, or null where nobody knows
 * @throws UserError for a store without a common shape or without images
 */
export function resolveDiffusion(
  store: LatentStore,
  options: DiffusionOptions,
  tokenizerPath: string | null,
): DiffusionRunConfig {
  if (options.steps !== undefined && options.minutes !== undefined) {
    throw new UserError('Got both --steps and --minutes, wanted one of them: drop one.');
  }
  const { manifest, shape } = store;
  if (manifest.statistics === null) throw new UserError(`${store.path} holds no latents: encode images into it.`);
  const preset = options.preset ?? defaultDenoiser([...shape]);
  // One class says nothing, and nothing can be guided by it.
  const classes = manifest.classes.length > 1 ? manifest.classes : [];
  return {
    formatVersion: 1,
    latents: absolute(store.path),
    diffusion: {
      denoiser: denoiserConfigOf(preset, [...shape], classes),
      process: options.process,
      normalization: normalizationOf(manifest.statistics, options.posterior === 'sample'),
      tokenizer: { ...manifest.encoder, path: tokenizerPath && resolve(tokenizerPath) },
    },
    options: {
      ...options,
      preset,
      ...(options.minutes === undefined && { steps: options.steps ?? 2000 }),
    },
  };
}
