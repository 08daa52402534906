/** Weights of TAESD, TAESDXL, TAESD3, TAEF1 and TAEF2 (github.com/madebyollin/taesd), and of diffusers' AutoencoderTiny. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Half } from '../../../autoencoder/halves.js';
import { modelConfigSchema, type TinyModelConfig } from '../../../config/config.js';
import { UserError } from '../../../errors.js';
import { parse } from '../../../parse.js';
import { openTensorFile } from '../../open-tensor-file.js';
import type { TensorFile } from '../../tensor-file.js';
import { openDiffusersWeights, readJson } from './diffusers/files.js';
import { checkTinyConfig } from './diffusers/tiny.js';
import { type ImportedWeights, importWeights } from './imported-weights.js';

export interface ImportedTinyAutoencoder {
  readonly config: TinyModelConfig;
  /** What was found odd: one sentence each. */
  readonly warnings: readonly string[];
  /** Whoever opened the autoencoder closes them. */
  readonly weights: ImportedWeights;
}

/**
 * Opens a TAESD of any latent space, whole or one half alone.
 *
 * @param path one of the two files `*_encoder.*` and `*_decoder.*`, which lie side by side; or one file with both, by the names
 *   of diffusers, of TAESD or of ComfyUI; or the directory of a diffusers AutoencoderTiny
 */
export async function readTinyAutoencoder(path: string): Promise<ImportedTinyAutoencoder> {
  const isDirectory = existsSync(join(path, 'config.json'));
  const configPath = join(path, 'config.json');
  const oddities = isDirectory ? checkTinyConfig(await readJson(configPath), configPath) : [];
  const { files, notes } = isDirectory ? await openDiffusersWeights(path) : await openHalves(path);
  const namings = new Map(files.map((file) => [file, tinyNaming(file)]));
  const weights = await importWeights(path, files, (name, file) => namings.get(file)?.rename(name));
  try {
    const own = files.flatMap((file) => file.notes ?? []);
    return { config: inferConfig(weights.shapes, path), warnings: [...oddities, ...notes, ...own], weights };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

interface TinyNaming {
  /** Which of the two the file holds. */
  readonly halves: readonly Half[];
  /** diffusers' name of a weight, or undefined for one that is not the network's. */
  rename(name: string): string | undefined;
}

/** How the file calls the weights of a TAESD, or undefined where it holds none. */
export function tinyNaming({ entries }: Pick<TensorFile, 'entries'>): TinyNaming | undefined {
  const names = [...entries.keys()];
  for (const [half, first, block] of bareHalves) {
    if (entries.has(first) && entries.has(block)) return { halves: [half], rename: (name) => layerName(half, name) };
  }
  for (const pattern of wholeFiles) {
    const found = names.flatMap((name) => {
      const [, prefix = '', half, layer] = name.match(pattern) ?? [];
      return half !== undefined && layer !== undefined ? [{ prefix, half: half as Half }] : [];
    });
    const prefix = found[0]?.prefix;
    if (prefix === undefined) continue;
    const rename = (name: string) => {
      const [, own, half, layer] = name.match(pattern) ?? [];
      if (own !== prefix || layer === undefined) return undefined;
      return pattern === wholeFiles[0] ? `${half}.layers.${layer}` : layerName(half as Half, layer);
    };
    return { halves: [...new Set(found.map(({ half }) => half))], rename };
  }
  return undefined;
}

/** A half in a file of its own: a layer and a block that it has and the other half lacks. */
const bareHalves = [
  ['encoder', '0.weight', '1.conv.0.weight'],
  ['decoder', '1.weight', '3.conv.0.weight'],
] as const;

/** Prefix, half and layer: of diffusers, and of the modules of TAESD (`encoder.0`) and ComfyUI (`taesd_encoder.0`). */
const wholeFiles = [
  /^(.*\.|)(encoder|decoder)\.layers\.(\d+\.(?:weight|bias|(?:conv|pool)\.\d+\.(?:weight|bias)))$/,
  /^(.*\.|)(?:taesd_)?(encoder|decoder)\.(\d+\.(?:weight|bias|(?:conv|pool)\.\d+\.(?:weight|bias)))$/,
] as const;

/** Halves number their layers from 0; the decoder's first clamps, and is none in diffusers. */
function layerName(half: Half, name: string): string {
  const [number, ...rest] = name.split('.');
  return [half, 'layers', Number(number) - (half === 'decoder' ? 1 : 0), ...rest].join('.');
}

async function openHalves(path: string): Promise<{ files: TensorFile[]; notes: string[] }> {
  const file = await openTensorFile(path);
  try {
    const halves = tinyNaming(file)?.halves ?? [];
    const [half] = halves;
    if (half === undefined)
      throw new UserError(`${path} holds no TAESD: wanted one of its halves, or both by diffusers' names.`);
    if (halves.length === 2) return { files: [file], notes: [] };
    const otherHalf = half === 'encoder' ? 'decoder' : 'encoder';
    const otherPath = join(dirname(path), basename(path).replace(half, otherHalf));
    if (otherPath === path || !existsSync(otherPath)) {
      const beside = otherPath === path ? '' : `; its ${otherHalf} would lie beside it as ${basename(otherPath)}`;
      return { files: [file], notes: [`${path} is the ${half} of a TAESD alone${beside}.`] };
    }
    const other = await openTensorFile(otherPath);
    if (tinyNaming(other)?.halves.join() === otherHalf) return { files: [file, other], notes: [] };
    await other.close();
    throw new UserError(`${otherPath} is not the ${otherHalf} that belongs to ${path}: get it again.`);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** What the network must be for its weights to have these names and shapes (in tfjs' layout). */
function inferConfig(shapes: ReadonlyMap<string, readonly number[]>, path: string): TinyModelConfig {
  const halves = (['encoder', 'decoder'] as const).filter((half) => shapes.has(`${half}.layers.0.weight`));
  const levels = { encoder: blocksPerLevel(shapes, 'encoder'), decoder: blocksPerLevel(shapes, 'decoder') };
  const [half = 'encoder'] = halves;
  const isWhole = halves.length === 2;
  const first = shapes.get(`${half}.layers.0.weight`) ?? [];
  // The encoder ends with a convolution after its last blocks, as the decoder does.
  const last = lastConvolution(shapes, half) ?? [];
  const [inside, outside] = half === 'encoder' ? [first, last] : [last, first];
  const [images, channels] = half === 'encoder' ? [inside[2], inside[3]] : [inside[3], inside[2]];
  const config = {
    latent: 'tiny',
    channels: channels ?? 0,
    latentChannels: (half === 'encoder' ? outside[3] : outside[2]) ?? 0,
    encoderBlocks: isWhole || half === 'encoder' ? levels.encoder : [...levels.decoder].reverse(),
    decoderBlocks: isWhole || half === 'decoder' ? levels.decoder : [...levels.encoder].reverse(),
    midBlockNorm: [...shapes.keys()].some((name) => name.endsWith('.pool.0.weight')),
    ...(!isWhole && { half }),
  };
  const isKnown =
    images === 3 && config.latentChannels > 0 && config.encoderBlocks.length === config.decoderBlocks.length;
  if (!isKnown)
    throw new UserError(`${path} holds a tiny autoencoder of an unknown kind: wanted TAESD or one for its factor 8.`);
  return parse(modelConfigSchema, config, path) as TinyModelConfig;
}

function lastConvolution(shapes: ReadonlyMap<string, readonly number[]>, half: Half): readonly number[] | undefined {
  const layers = [...shapes].filter(([name]) => new RegExp(`^${half}\\.layers\\.\\d+\\.weight$`).test(name));
  const number = ([name]: readonly [string, unknown]) => Number(name.split('.')[2]);
  return layers.sort((a, b) => number(b) - number(a))[0]?.[1];
}

/** How many residual blocks stand between a half's convolutions. */
function blocksPerLevel(shapes: ReadonlyMap<string, unknown>, half: string): number[] {
  const levels: number[] = [];
  const layers = [...shapes.keys()].flatMap((name) => {
    const match = name.match(/^(encoder|decoder)\.layers\.(\d+)\./);
    return match?.[1] === half ? [Number(match[2])] : [];
  });
  for (const layer of [...new Set(layers)].sort((a, b) => a - b)) {
    const prefix = `${half}.layers.${layer}`;
    if (shapes.has(`${prefix}.weight`)) levels.push(0);
    else if (shapes.has(`${prefix}.conv.0.weight`)) levels.push((levels.pop() ?? 0) + 1);
  }
  return levels.slice(0, -1);
}
