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
import { findPlace } from './prefix.js';

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
 * @param named the file of a directory's weights to take, where there are several
 */
export async function readTinyAutoencoder(path: string, named?: string): Promise<ImportedTinyAutoencoder> {
  const isDirectory = existsSync(join(path, 'config.json'));
  const configPath = join(path, 'config.json');
  const oddities = isDirectory ? checkTinyConfig(await readJson(configPath), configPath) : [];
  const { files, notes } = isDirectory ? await openDiffusersWeights(path, named) : await openHalves(path);
  const namings = new Map(files.map((file) => [file, tinyNaming(file)]));
  const weights = await importWeights(path, files, (name, file) => namings.get(file)?.rename(name));
  try {
    const own = files.flatMap((file) => namings.get(file)?.notes ?? []);
    return { config: inferConfig(weights.shapes, path), warnings: [...oddities, ...notes, ...own], weights };
  } catch (error) {
    await weights.close();
    throw error;
  }
}

interface TinyNaming {
  /** Which of the two the file holds. */
  readonly halves: readonly Half[];
  /** What was chosen among several, in one sentence each. */
  readonly notes: readonly string[];
  /** diffusers' name of a weight, or undefined for one that is not the network's. */
  rename(name: string): string | undefined;
}

/** A weight of a block that the half has and the other lacks, by TAESD's numbers. */
const blockOf = { encoder: '1.conv.0.weight', decoder: '3.conv.0.weight' } as const;

/** The names of both halves: of diffusers, which do not number the decoder's clamp, of TAESD's modules and of ComfyUI. */
const wholeNamings = [
  { encoder: 'encoder.layers.', decoder: 'decoder.layers.', marks: ['1.conv.0.weight', '2.conv.0.weight'] },
  { encoder: 'encoder.', decoder: 'decoder.', marks: [blockOf.encoder, blockOf.decoder] },
  { encoder: 'taesd_encoder.', decoder: 'taesd_decoder.', marks: [blockOf.encoder, blockOf.decoder] },
] as const;

const layerPattern = /^(\d+)(\.(?:weight|bias|(?:conv|pool)\.\d+\.(?:weight|bias)))$/;

/** How the file calls the weights of a TAESD, or undefined where it holds none. */
export function tinyNaming(file: Pick<TensorFile, 'path' | 'entries'>): TinyNaming | undefined {
  const { entries } = file;
  for (const { encoder, decoder, marks } of wholeNamings) {
    const place = findPlace(file, [encoder + marks[0], decoder + marks[1]]);
    if (place === undefined) continue;
    const starts = { encoder: place.prefix + encoder, decoder: place.prefix + decoder };
    const halves = (['encoder', 'decoder'] as const).filter((half, index) => entries.has(starts[half] + marks[index]));
    const ofHalf = (name: string) => halves.find((half) => name.startsWith(starts[half]));
    const shift = encoder === 'encoder.layers.' ? 0 : -1;
    const rename = (name: string) => {
      const half = ofHalf(name);
      return half && layerName(half, name.slice(starts[half].length), half === 'decoder' ? shift : 0);
    };
    return { halves, notes: place.notes, rename };
  }
  for (const [half, first] of [
    ['encoder', '0.weight'],
    ['decoder', '1.weight'],
  ] as const) {
    const place = findPlace(file, [blockOf[half]]);
    if (place === undefined || !entries.has(place.prefix + first)) continue;
    const { prefix, notes } = place;
    const rename = (name: string) =>
      name.startsWith(prefix) ? layerName(half, name.slice(prefix.length), half === 'decoder' ? -1 : 0) : undefined;
    return { halves: [half], notes, rename };
  }
  return undefined;
}

/** diffusers' name of a layer: of a decoder it does not number the first, which clamps. */
function layerName(half: Half, name: string, shift: number): string | undefined {
  const [, number, rest] = name.match(layerPattern) ?? [];
  return number === undefined ? undefined : `${half}.layers.${Number(number) + shift}${rest}`;
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
