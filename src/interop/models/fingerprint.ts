/** Which model made a latent: the hash of its weights, and what it is called. */
import { basename, resolve } from 'node:path';
import { fingerprintOf } from '../../digest.js';
import { type ImportedModel, openImportedModel } from './open-model.js';

/** As a store of latents that this model encoded names it. */
export async function fingerprintOfModel(path: string): Promise<{ name: string; sha256: string }> {
  const model = await openImportedModel(path);
  await model.weights.close();
  return { name: basename(resolve(path)), sha256: await encoderSha256Of(model) };
}

/** Of all weights; where the decoder alone was trained further, of the model whose encoder this still is. */
export const encoderSha256Of = async ({ run, weights }: Pick<ImportedModel, 'run' | 'weights'>): Promise<string> =>
  run?.encoderSha256 ?? fingerprintOf(weights.paths);
