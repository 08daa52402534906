/** A diffusers AutoencoderKL's config.json and ours, each as the other. */
import { z } from 'zod';
import { modelConfigSchema, type SpatialModelConfig } from '../../../config/config.js';
import { UserError } from '../../../errors.js';
import { parse } from '../../../parse.js';

const count = z.number().int().positive();

const downBlocks = ['DownEncoderBlock2D', 'AttnDownEncoderBlock2D'] as const;
const upBlocks = ['UpDecoderBlock2D', 'AttnUpDecoderBlock2D'] as const;

/** The constructor's arguments with its defaults (github.com/huggingface/diffusers, autoencoder_kl.py, 0.40). */
const diffusersConfigSchema = z.object({
  _class_name: z.literal('AutoencoderKL'),
  in_channels: count.default(3),
  out_channels: count.default(3),
  down_block_types: z.array(z.enum(downBlocks)).default(['DownEncoderBlock2D']),
  up_block_types: z.array(z.enum(upBlocks)).default(['UpDecoderBlock2D']),
  block_out_channels: z.array(count).min(1).max(16).default([64]),
  layers_per_block: count.max(64).default(1),
  act_fn: z.enum(['silu', 'swish']).default('silu'),
  latent_channels: count.default(4),
  norm_num_groups: count.default(32),
  sample_size: z.union([count, z.tuple([count, count])]).default(32),
  scaling_factor: z.number().positive().default(0.18215),
  shift_factor: z.number().nullable().default(null),
  latents_mean: z.array(z.number()).nullable().default(null),
  latents_std: z.array(z.number().positive()).nullable().default(null),
  force_upcast: z.boolean().default(true),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
  mid_block_add_attention: z.boolean().default(true),
});
type DiffusersConfig = z.infer<typeof diffusersConfigSchema>;

/**
 * Our config of a diffusers config.json.
 *
 * @param path of the file, for messages
 * @returns the config, and a sentence for every key whose meaning is unknown here
 */
export function fromDiffusersConfig(json: unknown, path: string): { config: SpatialModelConfig; warnings: string[] } {
  const theirs = parse(diffusersConfigSchema, json, path);
  assertSupported(theirs, path);
  const [height, width] = [theirs.sample_size].flat() as [number, number?];
  const ours = {
    latent: 'spatial',
    inChannels: theirs.in_channels,
    imageSize: Math.max(height, width ?? height),
    blockOutChannels: theirs.block_out_channels,
    layersPerBlock: theirs.layers_per_block,
    normNumGroups: theirs.norm_num_groups,
    attentionLevels: attentionLevels(theirs.down_block_types),
    midBlockAttention: theirs.mid_block_add_attention,
    latentChannels: theirs.latent_channels,
    useQuantConv: theirs.use_quant_conv,
    usePostQuantConv: theirs.use_post_quant_conv,
    scalingFactor: theirs.scaling_factor,
    shiftFactor: theirs.shift_factor,
    latentsMean: theirs.latents_mean,
    latentsStd: theirs.latents_std,
  };
  const unknown = Object.keys(json as object).filter((key) => !key.startsWith('_') && !Object.hasOwn(theirs, key));
  const warnings = unknown.map((key) => `${path}: the key ${key} is unknown here and has no effect.`);
  return { config: parse(modelConfigSchema, ours, path) as SpatialModelConfig, warnings };
}

/** diffusers' config.json of ours. A scaling factor that nobody measured yet becomes 1, which changes nothing. */
export function toDiffusersConfig(config: SpatialModelConfig): Record<string, unknown> {
  const levels = config.blockOutChannels.map((_, level) => Number(config.attentionLevels.includes(level)) as 0 | 1);
  const theirs: DiffusersConfig = {
    _class_name: 'AutoencoderKL',
    in_channels: config.inChannels,
    out_channels: config.inChannels,
    down_block_types: levels.map((attention) => downBlocks[attention]),
    up_block_types: levels.map((attention) => upBlocks[attention]).reverse(),
    block_out_channels: config.blockOutChannels,
    layers_per_block: config.layersPerBlock,
    act_fn: 'silu',
    latent_channels: config.latentChannels,
    norm_num_groups: config.normNumGroups,
    sample_size: config.imageSize,
    scaling_factor: config.scalingFactor ?? 1,
    shift_factor: config.shiftFactor,
    latents_mean: config.latentsMean,
    latents_std: config.latentsStd,
    force_upcast: true,
    use_quant_conv: config.useQuantConv,
    use_post_quant_conv: config.usePostQuantConv,
    mid_block_add_attention: config.midBlockAttention,
  };
  return theirs;
}

function attentionLevels(blockTypes: readonly string[]): number[] {
  return blockTypes.flatMap((type, level) => (type.startsWith('Attn') ? [level] : []));
}

/** Combinations that diffusers builds and our network does not. */
function assertSupported(config: DiffusersConfig, path: string): void {
  const levels = config.block_out_channels.length;
  const { down_block_types: down, up_block_types: up } = config;
  if (down.length !== levels || up.length !== levels) {
    throw new UserError(
      `${path}: got ${down.length} down and ${up.length} up blocks for ${levels} block_out_channels.`,
    );
  }
  if (attentionLevels(down).join() !== attentionLevels([...up].reverse()).join()) {
    throw new UserError(`${path}: got attention at other levels of the encoder than of the decoder, wanted the same.`);
  }
  if (config.in_channels !== config.out_channels) {
    const { in_channels, out_channels } = config;
    throw new UserError(`${path}: got ${in_channels} in_channels and ${out_channels} out_channels, wanted the same.`);
  }
}
