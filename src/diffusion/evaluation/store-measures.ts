/** How well a store's latents suit a diffusion model, as far as the latents alone tell. */
import { evenlySpaced } from '../../data/evenly-spaced.js';
import { type LatentMeasures, latentMeasures } from '../../evaluation/diffusability/latent-measures.js';
import { commonShape } from '../../latents/format/layout.js';
import { assertFiniteLatents } from '../../latents/reading/finite-latents.js';
import { openLatents } from '../../latents/reading/store.js';

export interface StoreMeasures extends LatentMeasures {
  /** Means of how many posteriors were measured. */
  readonly images: number;
  /** Standard deviation of the posterior over that of its channel, mean over channels. */
  readonly posteriorStdShare: number;
}

const mostImages = 1024;

/**
 * Null where latents have several shapes or there are none. Reads at most 1024 of them.
 *
 * @throws UserError for a latent that is no finite number
 */
export async function storeMeasures(path: string): Promise<StoreMeasures | null> {
  await using store = await openLatents(path, { allowIncomplete: true });
  const { statistics, latent } = store.manifest;
  if (statistics === null || commonShape(latent.shape) === undefined) return null;
  const shape = store.shape;
  const floats = shape[0] * shape[1] * shape[2];
  const indices = evenlySpaced(
    Array.from({ length: store.length }, (_, index) => index),
    mostImages,
  );
  const latents = new Float32Array(indices.length * floats);
  for (const [position, index] of indices.entries()) latents.set((await store.get(index)).mean, position * floats);
  await assertFiniteLatents(store, latents, indices);
  const shares = statistics.std.map((std, channel) => (statistics.posteriorStd[channel] as number) / std);
  return {
    images: indices.length,
    posteriorStdShare: shares.reduce((sum, share) => sum + share, 0) / shares.length,
    ...latentMeasures({ latents, shape }),
  };
}
