/** Models of any origin: run folders, directories of diffusers, and the files of other projects. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { importedConfigSchema, type ModelConfig, type RunConfig, runConfigSchema } from '../../config/config.js';
import { reasonOf, UserError } from '../../errors.js';
import { parse } from '../../parse.js';
import { openTensorFile } from '../open-tensor-file.js';
import { openSafetensors } from '../safetensors/safetensors.js';
import { readDiffusersAutoencoder, readJson } from './formats/diffusers.js';
import { type ImportedWeights, importWeights } from './formats/imported-weights.js';
import { holdsLdmAutoencoder, readLdmAutoencoder } from './formats/ldm.js';
import { halfOf, readTinyAutoencoder } from './formats/taesd.js';

/** Of the weights in a folder that `train` or `import` made. */
export const modelFileName = 'model.safetensors';

export type ModelOrigin =
  | 'latent-vae run'
  | 'latent-vae import'
  | 'diffusers AutoencoderKL'
  | 'diffusers AutoencoderTiny'
  | 'LDM'
  | 'TAESD';

export interface ImportedModel {
  readonly origin: ModelOrigin;
  readonly config: ModelConfig;
  /** How it was trained, where `train` made it. */
  readonly run?: RunConfig;
  /** What was found odd: one sentence each. */
  readonly warnings: readonly string[];
  /** Whoever opened the model closes them. */
  readonly weights: ImportedWeights;
}

/**
 * Opens the model at `path`, whatever wrote it: a folder that `train` or `import` made, a directory of diffusers
 * (AutoencoderKL or AutoencoderTiny), a checkpoint of LDM or generative-models, or a TAESD.
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
    throw new UserError(`${path} holds no config.json: ${await whatElse(path)}.`);
  }
  const json = existsSync(configPath) ? await readJson(configPath) : undefined;
  const className = (json as { _class_name?: unknown } | undefined)?._class_name;
  if (json !== undefined && className === undefined) return openOurs(path, json);
  if (className === 'AutoencoderTiny') {
    return { origin: 'diffusers AutoencoderTiny', ...(await readTinyAutoencoder(path)) };
  }
  return { origin: 'diffusers AutoencoderKL', ...(await readDiffusersAutoencoder(path)) };
}

/** What a folder without a model's config is instead, as the end of a sentence. */
async function whatElse(path: string): Promise<string> {
  const names = await readdir(path);
  const onnx = names.find((name) => name.endsWith('.onnx'));
  if (onnx !== undefined) return `to hear of its ONNX files, name one, such as ${join(path, onnx)}`;
  if (names.includes('manifest.json'))
    return 'it looks like a store of latents, which latent-vae latents info tells of';
  return 'wanted a run folder, a directory of diffusers, or a file';
}

async function openOurs(path: string, json: unknown): Promise<ImportedModel> {
  const isObject = typeof json === 'object' && json !== null;
  if (isObject && 'diffusion' in json) {
    throw new UserError(`${path} is a diffusion model, which sample draws from: pass the tokenizer of its latents.`);
  }
  const isImport = isObject && 'imported' in json;
  const configPath = join(path, 'config.json');
  const config = parse(isImport ? importedConfigSchema : runConfigSchema, json, configPath);
  const weightsPath = join(path, modelFileName);
  if (!existsSync(weightsPath)) {
    const remedy = isImport ? 'import it again' : 'let its training reach the first checkpoint';
    throw new UserError(`${path} holds no ${modelFileName} yet: ${remedy}.`);
  }
  const weights = await importWeights(path, [await openSafetensors(weightsPath)], (name) => name);
  return {
    origin: isImport ? 'latent-vae import' : 'latent-vae run',
    config: config.model,
    ...('objective' in config && { run: config }),
    warnings: [],
    weights,
  };
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
