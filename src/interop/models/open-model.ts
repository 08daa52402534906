/** Models of any origin: run folders, directories of diffusers, and the files of other projects. */
import { existsSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import {
  type ImportedConfig,
  importedConfigSchema,
  type ModelConfig,
  type RunConfig,
  runConfigSchema,
  type TokenizerConfig,
  tokenizerConfigSchema,
} from '../../config/config.js';
import { reasonOf, UserError } from '../../errors.js';
import { isUnfinished } from '../../lock/whole-folder.js';
import { parse } from '../../parse.js';
import { openTensorFile } from '../open-tensor-file.js';
import { openSafetensors } from '../safetensors/safetensors.js';
import { readDiffusersAutoencoder } from './formats/diffusers/diffusers.js';
import { autoencoderFolder, isWeightsOfDirectory, readJson } from './formats/diffusers/files.js';
import { type ImportedWeights, importWeights } from './formats/imported-weights.js';
import { holdsLdmAutoencoder, readLdmAutoencoder } from './formats/ldm.js';
import { readTinyAutoencoder, tinyNaming } from './formats/taesd.js';
import { holdsWanAutoencoder, readWanAutoencoder } from './formats/wan/wan.js';
import { modelPathOf, shippedTokenizers } from './shipped-tokenizers.js';

/** Of the weights in a folder that `train` or `import` made. */
export const modelFileName = 'model.safetensors';

/** What wrote a model. */
export type ModelOrigin =
  | 'latent-vae run'
  | 'latent-vae import'
  | 'latent-vae tokenizer'
  | `diffusers ${string}`
  | 'LDM'
  | 'Wan'
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
 * (AutoencoderKL or AutoencoderTiny), a checkpoint of LDM or generative-models, or a TAESD; or the tokenizer of that name that
 * comes with the package.
 */
export async function openImportedModel(nameOrPath: string): Promise<ImportedModel> {
  const path = modelPathOf(nameOrPath);
  const status = await stat(path).catch((error: unknown) => {
    const names = shippedTokenizers.length > 0 ? `; names that need no path: ${shippedTokenizers.join(', ')}` : '';
    throw new UserError(`Cannot open ${path}: ${reasonOf(error)}${names}.`);
  });
  return status.isDirectory() ? openDirectory(path) : openFile(path);
}

/** @param named the file of a diffusers directory to take, where there are several */
async function openDirectory(path: string, named?: string): Promise<ImportedModel> {
  if (isUnfinished(path)) {
    throw new UserError(`${path} is not finished: run the command again that was writing it.`);
  }
  const folder = autoencoderFolder(path);
  if (folder === undefined) throw new UserError(`${path} holds no config.json: ${await whatElse(path)}.`);
  const json = await readJson(join(folder, 'config.json'));
  const className = (json as { _class_name?: unknown } | null)?._class_name;
  if (className === undefined) return openOurs(folder, json);
  const read = className === 'AutoencoderTiny' ? readTinyAutoencoder : readDiffusersAutoencoder;
  return { origin: `diffusers ${String(className)}`, ...(await read(folder, named)) };
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

/** The folders that this package writes, told apart by a key of their config.json. */
const ownFolders = [
  { key: 'imported', origin: 'latent-vae import', schema: importedConfigSchema, remedy: 'import it again' },
  { key: 'tokenizer', origin: 'latent-vae tokenizer', schema: tokenizerConfigSchema, remedy: 'export it again' },
  { key: '', origin: 'latent-vae run', schema: runConfigSchema, remedy: 'let its training reach the first checkpoint' },
] as const;
type OwnFolder = (typeof ownFolders)[number];

async function openOurs(path: string, json: unknown): Promise<ImportedModel> {
  const keys = typeof json === 'object' && json !== null ? Object.keys(json) : [];
  if (keys.includes('diffusion')) {
    throw new UserError(`${path} is a diffusion model, which sample draws from: pass the tokenizer of its latents.`);
  }
  const { origin, schema, remedy } = ownFolders.find(({ key }) => key === '' || keys.includes(key)) as OwnFolder;
  const config: RunConfig | ImportedConfig | TokenizerConfig = parse(schema, json, join(path, 'config.json'));
  const weightsPath = join(path, modelFileName);
  if (!existsSync(weightsPath)) throw new UserError(`${path} holds no ${modelFileName} yet: ${remedy}.`);
  const weights = await importWeights(path, [await openSafetensors(weightsPath)], (name) => name);
  return {
    origin,
    config: config.model,
    ...('objective' in config && { run: config }),
    warnings: [],
    weights,
  };
}

async function openFile(path: string): Promise<ImportedModel> {
  const [folder, name] = [dirname(path), basename(path)];
  const hasConfig = isWeightsOfDirectory(name) && existsSync(join(folder, 'config.json'));
  if (hasConfig) return openDirectory(folder, name);
  const file = await openTensorFile(path);
  await file.close();
  if (holdsLdmAutoencoder(file)) {
    const { names, ...model } = await readLdmAutoencoder(path);
    return { origin: names === 'LDM' ? 'LDM' : 'diffusers weights', ...model };
  }
  if (holdsWanAutoencoder(file)) return { origin: 'Wan', ...(await readWanAutoencoder(path)) };
  if (tinyNaming(file) !== undefined) return { origin: 'TAESD', ...(await readTinyAutoencoder(path)) };
  const [first] = file.entries.keys();
  throw new UserError(
    `${path} holds ${file.entries.size} tensors, such as ${first}, but no autoencoder that is known here: ` +
      'wanted one of LDM, diffusers, Wan or TAESD.',
  );
}
