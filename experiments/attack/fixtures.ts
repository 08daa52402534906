/** Small pictures, untrained models and what the commands make of them: what attacks are run on. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { made } from './command.js';

export interface Fixtures {
  readonly images: string;
  readonly model: string;
  readonly latents: string;
  readonly diffusers: string;
  /** Latents that are vectors, on which the smallest denoiser is trained. */
  readonly vectors: string;
  readonly diffusion: string;
}

export const narrow = [
  '--norm-groups',
  '4',
  '--size',
  '16',
  '--batch',
  '2',
  '--validation-images',
  '2',
  '--threads',
  '1',
];

export async function makeFixtures(folder: string): Promise<Fixtures> {
  const at = (name: string) => join(folder, 'fixtures', name);
  const [images, model, latents, diffusers] = [at('images'), at('model'), at('latents'), at('diffusers')];
  const [vectorModel, vectors, diffusion] = [at('vector-model'), at('vectors'), at('diffusion')];
  await mkdir(at(''), { recursive: true });
  await writeSyntheticImages(images, { images: 24, size: 16, seed: 1 });
  const few = ['--steps', '2', ...narrow];
  await made('train', images, '--preset', 'kl-f4-tiny', '--channels', '16,16', ...few, '--out', model);
  await made('encode', images, '--model', model, '--threads', '1', '--out', latents);
  await made('export', '--model', model, '--format', 'diffusers', '--out', diffusers);
  const vector = ['--preset', 'vector-vae', '--channels', '8,8', '--latent-floats', '8'];
  await made('train', images, ...vector, ...few, '--out', vectorModel);
  await made('encode', images, '--model', vectorModel, '--threads', '1', '--out', vectors);
  await made('train-diffusion', vectors, '--steps', '2', '--batch', '4', '--threads', '1', '--out', diffusion);
  return { images, model, latents, diffusers, vectors, diffusion };
}
