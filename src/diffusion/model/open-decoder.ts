/** The tokenizer of a diffusion model, as what makes its latents pictures. */
import { basename, resolve } from 'node:path';
import { assertHalf } from '../../autoencoder/halves.js';
import type { EngineOptions } from '../../config/options/engine-options.js';
import { latentDecoder } from '../../latents/codec.js';
import type { LatentDecoder } from '../../latents/model-roles.js';
import { openModel } from '../../training/run/trained-model.js';

/** @param path of a model that `findTokenizer` answered with */
export async function openDecoder(path: string, engine: EngineOptions): Promise<LatentDecoder> {
  const { model, sha256 } = await openModel(path);
  assertHalf(model.config, 'decoder');
  return latentDecoder(model, { name: basename(resolve(path)), sha256 }, engine);
}
