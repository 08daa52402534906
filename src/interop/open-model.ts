/** Models of any origin: run folders, directories of diffusers, and the files of other projects. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { TinyAutoencoderConfig } from '../autoencoder/tiny-autoencoder.js';
import { type ModelConfig, parse, runConfigSchema } from '../config.js';
import { reasonOf, UserError } from '../errors.js';
import { readDiffusersAutoencoder, readJson } from './diffusers.js';
import { type ImportedWeights, importWeights } from './imported-weights.js';
import { holdsLdmAutoencoder, readLdmAutoencoder } from './ldm.js';
import { openTensorFile } from './open-tensor-file.js';
import { openSafetensors } from './safetensors.js';
import { halfOf, readTinyAutoencoder } from './taesd.js';

export type ModelOrigin = 'latent-vae run' | 'diffusers AutoencoderKL' | 'diffusers AutoencoderTiny' | 'LDM' | 'TAESD';

export interface ImportedModel {
  readonly origin: ModelOrigin;
  readonly config: ModelConfig | TinyAutoencoderConfig;
  /** What was found odd: one sentence each. */
  readonly warnings: readonly string[];
  /** Whoever opened the model closes them. */
  readonly weights: ImportedWeights;
}

/**
 * Opens the model at `path`, whatever wrote it: a run folder, a directory of diffusers (AutoencoderKL or AutoencoderTiny), a
 * checkpoint of LDM or generative-models, or a TAESD.
 */
export async function openImportedModel(path: string): Promise<ImportedModel> {
  const status = await stat(path).catch((error: unknown) => {
    throw new UserError(`Cannot open ${path}: ${reasonOf(error)}.`);
  });
  return status.isDirectory() ? openDirectory(path) : openFile(path);
}

async function openDirectory(path: string): Promise<ImportedModel> {
  const configPath = join(path, 'config.json');
  if (!existsSync(configPath) && !existsSync(join(path, 'vae', 'config.json'))) {
    throw new UserError(`${path} holds no config.json: wanted a run folder, a directory of diffusers, or a file.`);
  }
  const json = existsSync(configPath) ? await readJson(configPath) : undefined;
  const className = (json as { _class_name?: unknown } | undefined)?._class_name;
  if (json !== undefined && className === undefined) return openRun(path, json);
  if (className === 'AutoencoderTiny') {
    return { origin: 'diffusers AutoencoderTiny', ...(await readTinyAutoencoder(path)) };
  }
  return { origin: 'diffusers AutoencoderKL', ...(await readDiffusersAutoencoder(path)) };
}

async function openRun(path: string, json: unknown): Promise<ImportedModel> {
  const { model: config } = parse(runConfigSchema, json, join(path, 'config.json'));
  const weights = await importWeights(path, [await openSafetensors(join(path, 'model.safetensors'))], (name) => name);
  return { origin: 'latent-vae run', config, warnings: [], weights };
}

async function openFile(path: string): Promise<ImportedModel> {
  const file = await openTensorFile(path);
  await file.close();
  if (halfOf(file) !== undefined) return { origin: 'TAESD', ...(await readTinyAutoencoder(path)) };
  if (holdsLdmAutoencoder(file)) return { origin: 'LDM', ...(await readLdmAutoencoder(path)) };
  const [first] = file.entries.keys();
  throw new UserError(
    `${path} holds ${file.entries.size} tensors, such as ${first}, but no autoencoder that is known here: ` +
      'wanted one of LDM, diffusers or TAESD.',
  );
}
