/** Directories of diffusers' autoencoders (github.com/huggingface/diffusers): config.json and weights beside it. */
import { join } from 'node:path';
import type { ModelConfig } from '../../../../config/config.js';
import { makeFolder, writeFileAtomic } from '../../../../files.js';
import { toTorchLayout, toTorchShape } from '../../../layouts.js';
import { type TensorToWrite, writeSafetensors } from '../../../safetensors/safetensors.js';
import { flux2Tensors } from '../flux2-statistics.js';
import { type ImportedWeights, importWeights } from '../imported-weights.js';
import { countedBatches, diffusersClass, diffusersConfigOf } from './classes.js';
import { openDiffusersWeights, readJson, weightsName } from './files.js';

export interface ImportedAutoencoder {
  readonly config: ModelConfig;
  /** What was found odd: one sentence each. */
  readonly warnings: readonly string[];
  /** Whoever opened the autoencoder closes them. */
  readonly weights: ImportedWeights;
}

/**
 * Opens the directory of a diffusers autoencoder of any known class and shape: in one file or in shards, of full or half
 * precision, whole or one half alone.
 *
 * @param folder holds config.json
 * @param named the file of its weights to take, where there are several
 */
export async function readDiffusersAutoencoder(folder: string, named?: string): Promise<ImportedAutoencoder> {
  const configPath = join(folder, 'config.json');
  const json = await readJson(configPath);
  const { read, rename, complete } = diffusersClass((json as { _class_name?: unknown })?._class_name, configPath);
  const { config, warnings } = read(json, configPath);
  const { files, notes } = await openDiffusersWeights(folder, named);
  const weights = await importWeights(folder, files, (name) => (rename ? rename(name) : name));
  try {
    const completed = complete ? await complete(config, files) : config;
    return { config: ofHalf(completed, weights), warnings: [...warnings, ...notes], weights };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

/** The config of the half that is there, where the other has no weight at all. */
export function ofHalf(config: ModelConfig, { shapes }: Pick<ImportedWeights, 'shapes'>): ModelConfig {
  const holds = (half: string) => [...shapes.keys()].some((name) => name.startsWith(`${half}.`));
  if (holds('encoder') === holds('decoder')) return config;
  return { ...config, half: holds('encoder') ? 'encoder' : 'decoder' } as ModelConfig;
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
 * Writes a directory that `from_pretrained` of diffusers' class loads with no missing and no unexpected key.
 *
 * @param parameters all of an autoencoder that `config` describes
 * @throws UserError for a model that diffusers has no class for
 */
export async function writeDiffusersAutoencoder(
  directory: string,
  config: ModelConfig,
  parameters: Iterable<ParameterToWrite>,
  dtype: WeightDtype = 'F32',
): Promise<void> {
  const written = [...parameters];
  const more = config.latent === 'spatial' ? flux2Tensors(config) : batchCounts(written);
  await writeDiffusersDirectory(directory, diffusersConfigOf(config), written, dtype, more);
}

/** What PyTorch keeps beside the statistics of every batch normalisation. */
function batchCounts(parameters: readonly ParameterToWrite[]): TensorToWrite[] {
  const norms = parameters.flatMap(({ name }) => name.match(/^(.*)\.running_var$/)?.[1] ?? []);
  return norms.map((norm) => ({ name: norm + countedBatches, dtype: 'I64', shape: [], data: new BigInt64Array(1) }));
}

/**
 * Writes config.json and weights, both as diffusers does, for any of its models.
 *
 * @param more tensors beside the parameters, in PyTorch's layout
 */
export async function writeDiffusersDirectory(
  directory: string,
  config: Readonly<Record<string, unknown>>,
  parameters: Iterable<ParameterToWrite>,
  dtype: WeightDtype,
  more: readonly TensorToWrite[] = [],
): Promise<void> {
  await makeFolder(directory);
  const tensors = [...parameters].map(({ name, shape, data }) => ({
    name,
    dtype,
    shape: toTorchShape(shape),
    data: async () => toTorchLayout(typeof data === 'function' ? await data() : data, shape),
  }));
  const variant = dtype === 'F16' ? '.fp16' : '';
  const path = join(directory, `${weightsName}${variant}.safetensors`);
  const others = more.map((tensor) => (tensor.dtype === 'F32' ? { ...tensor, dtype } : tensor));
  await writeSafetensors(path, [...tensors, ...others], { format: 'pt' });
  const sorted = Object.entries({ ...config, _diffusers_version: '0.30.0' }).sort(([a], [b]) => (a < b ? -1 : 1));
  await writeFileAtomic(join(directory, 'config.json'), `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
}
