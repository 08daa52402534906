/** Which files of a diffusers directory hold its weights. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { reasonOf, UserError } from '../../../../errors.js';
import { parse, parseJson } from '../../../../parse.js';
import { openTensorFile } from '../../../open-tensor-file.js';
import type { TensorFile } from '../../../tensor-file.js';

export const weightsName = 'diffusion_pytorch_model';

/** One set of weights: a file, or the index of shards; in full precision, or a variant such as fp16. */
interface WeightSet {
  readonly name: string;
  /** Empty for the weights that are loaded unless a variant is asked for. */
  readonly variant: string;
  readonly format: 'safetensors' | 'bin';
  readonly isIndex: boolean;
}

/** In the order in which they are taken. */
const variantOrder = ['', 'fp32', 'fp16', 'bf16'];

/** Whether a file of this name holds weights to which a config.json beside it belongs. */
export const isWeightsOfDirectory = (name: string): boolean => weightSetOf(name).some(({ isIndex }) => !isIndex);

/**
 * Opens the weights of a folder: without a variant where there are such, else of the first or only variant.
 *
 * @param named the one file of them to open
 * @returns open files, and what was chosen among several, one sentence each
 * @throws UserError that lists what weights there are, where none has a name that diffusers knows
 */
export async function openDiffusersWeights(
  folder: string,
  named?: string,
): Promise<{ files: TensorFile[]; notes: string[] }> {
  if (named !== undefined) return { files: [await openTensorFile(join(folder, named))], notes: [] };
  const names = await readdir(folder);
  const sets = names.flatMap(weightSetOf).sort((a, b) => rankOf(a) - rankOf(b) || (a.name < b.name ? -1 : 1));
  const [chosen] = sets;
  if (chosen === undefined) throw new UserError(`${folder} holds no weights of diffusers: ${whatElse(names)}.`);
  const path = join(folder, chosen.name);
  const files = chosen.isIndex ? await openShards(folder, path) : [await openTensorFile(path)];
  const variants = [...new Set(sets.map(({ variant }) => variant))];
  const others = variants.filter((variant) => variant !== chosen.variant);
  const notes =
    chosen.variant === '' || others.length === 0
      ? []
      : [`${folder} holds weights in the variants ${variants.join(', ')}: took ${chosen.variant}.`];
  return { files, notes };
}

function weightSetOf(name: string): WeightSet[] {
  // diffusers has put the variant at three places: x.fp16.bin, x.bin.index.fp16.json and x.bin.fp16.index.json.
  const match = name.match(
    /^diffusion_pytorch_model(?:\.([\w-]+))?\.(safetensors|bin)(?:(?:\.([\w-]+))?\.index(?:\.([\w-]+))?\.json)?$/,
  );
  if (match === null || /^.*-\d{5}-of-\d{5}$/.test(match[1] ?? '')) return [];
  const variant = match[1] ?? match[3] ?? match[4] ?? '';
  return [{ name, variant, format: match[2] as WeightSet['format'], isIndex: name.endsWith('.json') }];
}

function rankOf({ variant, format, isIndex }: WeightSet): number {
  const place = variantOrder.indexOf(variant);
  return 4 * (place === -1 ? variantOrder.length : place) + (format === 'bin' ? 2 : 0) + (isIndex ? 1 : 0);
}

/** The end of a sentence about a folder without weights that diffusers would load. */
function whatElse(names: readonly string[]): string {
  const weights = names.filter((name) => /\.(safetensors|bin|ckpt|pth?|msgpack|onnx|gguf)$/.test(name)).sort();
  const wanted = `wanted ${weightsName}.safetensors beside config.json`;
  return weights.length === 0 ? wanted : `it has ${weights.join(', ')}; ${wanted}, or name one of them`;
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

/** Parts of a pipeline that are autoencoders, by the names of their folders. */
const partNames = ['vae', 'vqvae', 'movq', 'vqgan'];

/** The folder of the autoencoder itself: of a pipeline, one of its parts. */
export function autoencoderFolder(directory: string): string | undefined {
  const folders = [directory, ...partNames.map((part) => join(directory, part))];
  return folders.find((folder) => existsSync(join(folder, 'config.json')));
}

export async function readJson(path: string): Promise<unknown> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new UserError(`Cannot read ${path}: ${reasonOf(error)}.`);
  });
  return parseJson(text, path, 'get or export it again');
}
