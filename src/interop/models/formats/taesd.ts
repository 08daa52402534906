/** Weights of TAESD, TAESDXL, TAESD3, TAEF1 and TAEF2 (github.com/madebyollin/taesd), and of diffusers' AutoencoderTiny. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { modelConfigSchema, type TinyModelConfig } from '../../../config/config.js';
import { UserError } from '../../../errors.js';
import { parse } from '../../../parse.js';
import { openTensorFile } from '../../open-tensor-file.js';
import type { TensorFile } from '../../tensor-file.js';
import { openDiffusersWeights, readJson } from './diffusers.js';
import { checkTinyConfig } from './diffusers-tiny.js';
import { type ImportedWeights, importWeights } from './imported-weights.js';

export interface ImportedTinyAutoencoder {
  readonly config: TinyModelConfig;
  /** What was found odd: one sentence each. */
  readonly warnings: readonly string[];
  /** Whoever opened the autoencoder closes them. */
  readonly weights: ImportedWeights;
}

/**
 * Opens a TAESD of any latent space.
 *
 * @param path one of the two files `*_encoder.*` and `*_decoder.*`, which lie side by side; or one file with both, by
 *   diffusers' names; or the directory of a diffusers AutoencoderTiny
 */
export async function readTinyAutoencoder(path: string): Promise<ImportedTinyAutoencoder> {
  const isDirectory = existsSync(join(path, 'config.json'));
  const configPath = join(path, 'config.json');
  const warnings = isDirectory ? checkTinyConfig(await readJson(configPath), configPath) : [];
  const files = isDirectory ? await openDiffusersWeights(path) : await openBothHalves(path);
  const weights = await importWeights(path, files, (name, file) => diffusersName(name, halfOf(file)));
  try {
    return { config: inferConfig(weights.shapes, path), warnings, weights };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

type Half = 'encoder' | 'decoder' | 'both';

/** Which half of a TAESD the file holds, or undefined where it holds none. */
export function halfOf({ entries }: Pick<TensorFile, 'entries'>): Half | undefined {
  if (entries.has('encoder.layers.0.weight') && entries.has('decoder.layers.0.weight')) return 'both';
  if (entries.has('0.weight') && entries.has('1.conv.0.weight')) return 'encoder';
  if (entries.has('1.weight') && entries.has('3.conv.0.weight')) return 'decoder';
  return undefined;
}

async function openBothHalves(path: string): Promise<TensorFile[]> {
  const file = await openTensorFile(path);
  try {
    const half = halfOf(file);
    if (half === 'both') return [file];
    if (half === undefined)
      throw new UserError(`${path} holds no TAESD: wanted one of its halves, or both by diffusers' names.`);
    const otherHalf = half === 'encoder' ? 'decoder' : 'encoder';
    const otherPath = join(dirname(path), basename(path).replace(half, otherHalf));
    if (otherPath === path || !existsSync(otherPath)) {
      throw new UserError(
        `${path} is the ${half} of a TAESD: put its ${otherHalf} beside it, as ${basename(otherPath)}.`,
      );
    }
    const other = await openTensorFile(otherPath);
    if (halfOf(other) === otherHalf) return [file, other];
    await other.close();
    throw new UserError(`${otherPath} is not the ${otherHalf} that belongs to ${path}: get it again.`);
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** The halves number their layers from 0, the decoder's first of which clamps and is none in diffusers. */
function diffusersName(name: string, half: Half | undefined): string | undefined {
  if (half === 'both') return /^(encoder|decoder)\.layers\./.test(name) ? name : undefined;
  if (half === undefined) return undefined;
  const [number, ...rest] = name.split('.');
  const layer = Number(number) - (half === 'decoder' ? 1 : 0);
  return [half, 'layers', layer, ...rest].join('.');
}

/** What the network must be for its weights to have these names and shapes (in tfjs' layout). */
function inferConfig(shapes: ReadonlyMap<string, readonly number[]>, path: string): TinyModelConfig {
  const first = (half: string) => shapes.get(`${half}.layers.0.weight`) ?? [];
  const [, , inChannels, channels] = first('encoder');
  const [, , latentChannels] = first('decoder');
  const config = {
    latent: 'tiny',
    channels: channels ?? 0,
    latentChannels: latentChannels ?? 0,
    // The encoder ends with a convolution after its last blocks, as the decoder does.
    encoderBlocks: blocksPerLevel(shapes, 'encoder'),
    decoderBlocks: blocksPerLevel(shapes, 'decoder'),
    midBlockNorm: shapes.has('decoder.layers.2.pool.0.weight'),
  };
  const isKnown =
    inChannels === 3 && config.latentChannels > 0 && config.encoderBlocks.length === config.decoderBlocks.length;
  if (!isKnown)
    throw new UserError(`${path} holds a tiny autoencoder of an unknown kind: wanted TAESD or one for its factor 8.`);
  return parse(modelConfigSchema, config, path) as TinyModelConfig;
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
