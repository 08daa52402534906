/** Which model made a latent: the hash of its weights, and what it is called. */
import { basename, resolve } from 'node:path';
import { fingerprintOf } from '../../digest.js';
import { openImportedModel } from './open-model.js';

/** As a store of latents that this model encoded names it. */
export async function fingerprintOfModel(path: string): Promise<{ name: string; sha256: string }> {
  const { weights } = await openImportedModel(path);
  await weights.close();
  return { name: basename(resolve(path)), sha256: await fingerprintOf(weights.paths) };
}
