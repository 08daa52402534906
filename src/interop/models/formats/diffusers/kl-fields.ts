/** What the config.json files of diffusers' classes that are made of LDM's blocks share. */
import { z } from 'zod';
import type { SpatialModelConfig } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';

export const count = z.number().int().positive();

const downBlocks = ['DownEncoderBlock2D', 'AttnDownEncoderBlock2D'] as const;
const upBlocks = ['UpDecoderBlock2D', 'AttnUpDecoderBlock2D'] as const;

export const downTypes = z.array(z.enum(downBlocks));
export const upTypes = z.array(z.enum(upBlocks));
export const widths = z.array(count).min(1).max(16);
export const blocksPerLevel = count.max(64);

/** Fields of every class, with the defaults that all of them have. */
export const sharedFields = {
  in_channels: count.default(3),
  out_channels: count.default(3),
  act_fn: z.enum(['silu', 'swish']).default('silu'),
  norm_num_groups: count.default(32),
  sample_size: z.union([count, z.tuple([count, count])]).default(32),
};

/** The levels of both halves, from the highest resolution on. */
export interface Levels {
  readonly path: string;
  readonly down: readonly string[];
  readonly up: readonly string[];
  readonly encoderWidths: readonly number[];
  readonly decoderWidths: readonly number[];
  readonly encoderBlocks: number;
  readonly decoderBlocks: number;
}

/** Our fields of the levels. @throws UserError for halves that do not belong together */
export function fromLevels(levels: Levels) {
  const { path, down, up, encoderWidths, decoderWidths, encoderBlocks, decoderBlocks } = levels;
  if (down.length !== encoderWidths.length || up.length !== decoderWidths.length || down.length !== up.length) {
    const wanted = `${encoderWidths.length} and ${decoderWidths.length} block_out_channels`;
    throw new UserError(`${path}: got ${down.length} down and ${up.length} up blocks for ${wanted}.`);
  }
  const attention = { down: attentionLevels(down), up: attentionLevels([...up].reverse()) };
  return {
    blockOutChannels: [...encoderWidths],
    layersPerBlock: encoderBlocks,
    attentionLevels: attention.down,
    ...(attention.up.join() !== attention.down.join() && { decoderAttentionLevels: attention.up }),
    ...(decoderWidths.join() !== encoderWidths.join() && { decoderBlockOutChannels: [...decoderWidths] }),
    ...(decoderBlocks !== encoderBlocks && { decoderLayersPerBlock: decoderBlocks }),
  };
}

const attentionLevels = (blockTypes: readonly string[]): number[] =>
  blockTypes.flatMap((type, level) => (type.startsWith('Attn') ? [level] : []));

/** Their block types of our levels; those of the decoder in the order in which they run. */
export function blockTypes({
  blockOutChannels,
  attentionLevels: down,
  decoderAttentionLevels: up = down,
}: SpatialModelConfig) {
  const at = (levels: readonly number[]) => blockOutChannels.map((_, level) => Number(levels.includes(level)) as 0 | 1);
  return {
    down_block_types: at(down).map((attention) => downBlocks[attention]),
    up_block_types: at(up)
      .map((attention) => upBlocks[attention])
      .reverse(),
  };
}

type SampleSize = z.infer<typeof sharedFields.sample_size>;

/** Our fields of an image's size, and of what has no meaning here but goes through to an export. */
export function fromSampleSize(sampleSize: SampleSize, forceUpcast = true) {
  const isPair = typeof sampleSize !== 'number';
  const imageSize = Math.max(...[sampleSize].flat());
  if (!isPair && forceUpcast) return { imageSize };
  return {
    imageSize,
    passedOn: { ...(isPair && { sampleSize }), ...(!forceUpcast && { forceUpcast }) },
  };
}

export const toSampleSize = ({ imageSize, passedOn }: SpatialModelConfig): SampleSize =>
  passedOn?.sampleSize ?? imageSize;

export function assertSameChannels(path: string, inChannels: number, outChannels: number): void {
  if (inChannels === outChannels) return;
  throw new UserError(`${path}: got ${inChannels} in_channels and ${outChannels} out_channels, wanted the same.`);
}

/** A sentence for every key that a class's schema does not know. */
export function unknownKeys(json: unknown, known: object, path: string): string[] {
  const unknown = Object.keys(json as object).filter((key) => !key.startsWith('_') && !Object.hasOwn(known, key));
  return unknown.map((key) => `${path}: the key ${key} is unknown here and has no effect.`);
}
