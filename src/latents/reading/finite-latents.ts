/** Latents that are no numbers: of a model whose training diverged, or of a damaged store. */
import { UserError } from '../../errors.js';
import type { LatentStore } from './store.js';

/**
 * @param latents of the images `indices` of the store, as many numbers each
 * @throws UserError that names the first image with a value which is no finite number
 */
export async function assertFiniteLatents(
  store: Pick<LatentStore, 'path' | 'get'>,
  latents: Float32Array,
  indices: Uint32Array | readonly number[],
): Promise<void> {
  const broken = latents.findIndex((value) => !Number.isFinite(value));
  if (broken < 0) return;
  const index = indices[Math.floor((broken * indices.length) / latents.length)] as number;
  const { path } = await store.get(index);
  throw new UserError(
    `${store.path}: the latent of ${path} holds ${latents[broken]}, wanted finite numbers: latents verify tells whether the ` +
      'folder is damaged; if it is not, the training of its model diverged. Encode that image anew.',
  );
}
