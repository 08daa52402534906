/** Directories of diffusers' AutoencoderKL (github.com/huggingface/diffusers): config.json and weights in safetensors. */
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import type { SpatialModelConfig } from '../../../config/config.js';
import { reasonOf, UserError } from '../../../errors.js';
import { writeFileAtomic } from '../../../files.js';
import { parse } from '../../../parse.js';
import { toTorchLayout, toTorchShape } from '../../layouts.js';
import { openTensorFile } from '../../open-tensor-file.js';
import { writeSafetensors } from '../../safetensors/safetensors.js';
import type { TensorFile } from '../../tensor-file.js';
import { fromDiffusersConfig, toDiffusersConfig } from './diffusers-config.js';
import { type ImportedWeights, importWeights } from './imported-weights.js';

const weightsName = 'diffusion_pytorch_model';

/** In the order in which they are looked for. */
const weightFiles = [
  `${weightsName}.safetensors`,
  `${weightsName}.safetensors.index.json`,
  `${weightsName}.fp16.safetensors`,
  `${weightsName}.safetensors.index.fp16.json`,
  `${weightsName}.bin`,
  `${weightsName}.fp16.bin`,
];

export interface ImportedAutoencoder {
  readonly config: SpatialModelConfig;
  /** What was found odd: one sentence each. */
  readonly warnings: readonly string[];
  /** Whoever opened the autoencoder closes them. */
  readonly weights: ImportedWeights;
}

/**
 * Opens the directory of a diffusers AutoencoderKL of any shape, float32 or float16, in one file or in shards. A pipeline's
 * directory is as good: its `vae` is opened.
 */
export async function readDiffusersAutoencoder(directory: string): Promise<ImportedAutoencoder> {
  const folder = existsSync(join(directory, 'vae', 'config.json')) ? join(directory, 'vae') : directory;
  const configPath = join(folder, 'config.json');
  const { config, warnings } = fromDiffusersConfig(await readJson(configPath), configPath);
  const weights = await importWeights(folder, await openDiffusersWeights(folder), currentName);
  return { config, warnings, weights };
}

export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`Cannot read ${path}: ${reasonOf(error)}.`);
  });
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UserError(`${path} is not valid JSON (${reasonOf(error)}): get or export it again.`);
  }
}

export async function openDiffusersWeights(folder: string): Promise<TensorFile[]> {
  const name = weightFiles.find((file) => existsSync(join(folder, file)));
  if (name === undefined)
    throw new UserError(`${folder} holds no weights: wanted ${weightFiles[0]} beside config.json.`);
  const path = join(folder, name);
  return name.endsWith('.json') ? openShards(folder, path) : [await openTensorFile(path)];
}

const indexSchema = z.object({ weight_map: z.record(z.string(), z.string()) });

async function openShards(folder: string, indexPath: string): Promise<TensorFile[]> {
  const { weight_map: shardOf } = parse(indexSchema, await readJson(indexPath), indexPath);
  const files: TensorFile[] = [];
  try {
    for (const shard of new Set(Object.values(shardOf))) {
      if (basename(shard) !== shard)
        throw new UserError(`${indexPath}: got the path ${shard}, wanted a file beside it.`);
      files.push(await openTensorFile(join(folder, shard)));
    }
    const held = new Set(files.flatMap((file) => [...file.entries.keys()]));
    const missing = Object.keys(shardOf).find((name) => !held.has(name));
    if (missing !== undefined)
      throw new UserError(`${indexPath} lists ${missing}, which no shard holds: get it again.`);
    return files;
  } catch (error) {
    for (const file of files) await file.close();
    throw error;
  }
}

/** diffusers before 0.17 called the projections of attention otherwise. */
const formerNames: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

function currentName(name: string): string {
  return name.replace(
    /(\.attentions\.\d+\.)(query|key|value|proj_attn)\./,
    (_, place: string, projection: string) => `${place}${formerNames[projection]}.`,
  );
}

export interface ParameterToWrite {
  readonly name: string;
  /** In tfjs' layout. */
  readonly shape: readonly number[];
  /** In tfjs' layout. A function is called when its turn comes, so that one parameter at a time is in memory. */
  readonly data: Float32Array | (() => Float32Array | Promise<Float32Array>);
}

/** F16 and BF16 halve the file; F16 gets the file name that `variant="fp16"` looks for. */
export type WeightDtype = 'F32' | 'F16' | 'BF16';

/**
 * Writes a directory that diffusers' `AutoencoderKL.from_pretrained` loads with no missing and no unexpected key.
 *
 * @param parameters all of an autoencoder that `config` describes
 */
export async function writeDiffusersAutoencoder(
  directory: string,
  config: SpatialModelConfig,
  parameters: Iterable<ParameterToWrite>,
  dtype: WeightDtype = 'F32',
): Promise<void> {
  await writeDiffusersDirectory(directory, toDiffusersConfig(config), parameters, dtype);
}

/** Writes config.json and weights, both as diffusers does, for any of its models. */
export async function writeDiffusersDirectory(
  directory: string,
  config: Readonly<Record<string, unknown>>,
  parameters: Iterable<ParameterToWrite>,
  dtype: WeightDtype,
): Promise<void> {
  await mkdir(directory, { recursive: true });
  const tensors = [...parameters].map(({ name, shape, data }) => ({
    name,
    dtype,
    shape: toTorchShape(shape),
    data: async () => toTorchLayout(typeof data === 'function' ? await data() : data, shape),
  }));
  const variant = dtype === 'F16' ? '.fp16' : '';
  await writeSafetensors(join(directory, `${weightsName}${variant}.safetensors`), tensors, { format: 'pt' });
  const sorted = Object.entries({ ...config, _diffusers_version: '0.30.0' }).sort(([a], [b]) => (a < b ? -1 : 1));
  await writeFileAtomic(join(directory, 'config.json'), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
