/** The config.json of diffusers' AutoencoderDC (arXiv 2410.10733), and ours, each as the other. */
import { z } from 'zod';
import { type DeepCompressionConfig, modelConfigSchema } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';
import { parse } from '../../../../parse.js';
import { count, unknownKeys } from './kl-fields.js';

const blockTypes = { ResBlock: 'residual', EfficientViTBlock: 'attention' } as const;
const normTypes = { rms_norm: 'rms', batch_norm: 'batch' } as const;
const downTypes = { Conv: 'convolution', pixel_unshuffle: 'shuffle' } as const;
const upTypes = { interpolate: 'interpolation', pixel_shuffle: 'shuffle' } as const;

const keysOf = <Key extends string>(table: Readonly<Record<Key, unknown>>) =>
  z.enum(Object.keys(table) as [Key, ...Key[]]);
const oneOrEach = <Type extends z.ZodType>(type: Type) => z.union([type, z.array(type).min(1).max(16)]);
const activation = z.enum(['silu', 'relu', 'relu6']);
const widths = z.array(count).min(1).max(16).default([128, 256, 512, 512, 1024, 1024]);
const layers = z.array(z.number().int().min(0).max(64)).min(1);
const scales = z.array(z.array(count)).default([[], [], [], [5], [5], [5]]);

/** The constructor's arguments with its defaults (autoencoder_dc.py, 0.40). */
const schema = z.object({
  _class_name: z.literal('AutoencoderDC'),
  in_channels: count.default(3),
  latent_channels: count.default(32),
  attention_head_dim: count.default(32),
  encoder_block_types: oneOrEach(keysOf(blockTypes)).default('ResBlock'),
  decoder_block_types: oneOrEach(keysOf(blockTypes)).default('ResBlock'),
  encoder_block_out_channels: widths,
  decoder_block_out_channels: widths,
  encoder_layers_per_block: layers.default([2, 2, 2, 3, 3, 3]),
  decoder_layers_per_block: layers.default([3, 3, 3, 3, 3, 3]),
  encoder_qkv_multiscales: scales,
  decoder_qkv_multiscales: scales,
  upsample_block_type: keysOf(upTypes).default('pixel_shuffle'),
  downsample_block_type: keysOf(downTypes).default('pixel_unshuffle'),
  decoder_norm_types: oneOrEach(keysOf(normTypes)).default('rms_norm'),
  decoder_act_fns: oneOrEach(activation).default('silu'),
  encoder_out_shortcut: z.boolean().default(true),
  decoder_in_shortcut: z.boolean().default(true),
  decoder_conv_act_fn: activation.default('relu'),
  scaling_factor: z.number().positive().default(1),
});

/** @param path of the file, for messages */
export function fromDcConfig(json: unknown, path: string): { config: DeepCompressionConfig; warnings: string[] } {
  const theirs = parse(schema, json, path);
  const levels = theirs.encoder_block_out_channels.length;
  const each = <Type>(value: Type | readonly Type[]): Type[] =>
    Array.isArray(value) ? [...(value as Type[])] : new Array<Type>(levels).fill(value as Type);
  const ours = {
    latent: 'deep-compression',
    inChannels: theirs.in_channels,
    latentChannels: theirs.latent_channels,
    attentionHeadDim: theirs.attention_head_dim,
    encoder: {
      blocks: each(theirs.encoder_block_types).map((type) => blockTypes[type]),
      blockOutChannels: theirs.encoder_block_out_channels,
      layersPerBlock: theirs.encoder_layers_per_block,
      attentionScales: theirs.encoder_qkv_multiscales,
      downsampling: downTypes[theirs.downsample_block_type],
      shortcut: theirs.encoder_out_shortcut,
    },
    decoder: {
      blocks: each(theirs.decoder_block_types).map((type) => blockTypes[type]),
      blockOutChannels: theirs.decoder_block_out_channels,
      layersPerBlock: theirs.decoder_layers_per_block,
      attentionScales: theirs.decoder_qkv_multiscales,
      upsampling: upTypes[theirs.upsample_block_type],
      shortcut: theirs.decoder_in_shortcut,
      norms: each(theirs.decoder_norm_types).map((type) => normTypes[type]),
      activations: each(theirs.decoder_act_fns),
      lastActivation: theirs.decoder_conv_act_fn,
    },
    scalingFactor: theirs.scaling_factor,
  };
  const config = parse(modelConfigSchema, ours, path) as DeepCompressionConfig;
  assertWhole(config, levels, path);
  return { config, warnings: unknownKeys(json, theirs, path) };
}

/** Throws unless every level is told of, and channels divide as the shortcuts want. */
function assertWhole(
  { encoder, decoder, latentChannels, attentionHeadDim }: DeepCompressionConfig,
  levels: number,
  path: string,
) {
  const lists = [...Object.values(encoder), ...Object.values(decoder)].filter(Array.isArray);
  if (lists.some((list) => list.length !== levels))
    throw new UserError(
      `${path}: got lists of ${lists.map(({ length }) => length).join(', ')} levels, wanted the same.`,
    );
  for (const half of [encoder, decoder]) {
    const widths = half.blockOutChannels;
    const last = widths.at(-1) as number;
    const pairs = widths.slice(1).map((width, level) => [4 * (widths[level] as number), width] as const);
    const fits = pairs.every(([wide, width]) => wide % width === 0 && width % 4 === 0);
    const hasHeads = widths.every(
      (width, level) => half.blocks[level] !== 'attention' || width % attentionHeadDim === 0,
    );
    if (fits && hasHeads && (!half.shortcut || last % latentChannels === 0)) continue;
    throw new UserError(
      `${path}: got block_out_channels ${widths.join(', ')}, whose groups of channels do not divide.`,
    );
  }
}

export function toDcConfig(config: DeepCompressionConfig): Record<string, unknown> {
  const { encoder, decoder } = config;
  const name = (table: Readonly<Record<string, string>>, value: string) =>
    Object.keys(table).find((key) => table[key] === value) as string;
  const short = (values: readonly string[]) => (new Set(values).size === 1 ? (values[0] as string) : values);
  return {
    _class_name: 'AutoencoderDC',
    in_channels: config.inChannels,
    latent_channels: config.latentChannels,
    attention_head_dim: config.attentionHeadDim,
    encoder_block_types: short(encoder.blocks.map((type) => name(blockTypes, type))),
    decoder_block_types: short(decoder.blocks.map((type) => name(blockTypes, type))),
    encoder_block_out_channels: encoder.blockOutChannels,
    decoder_block_out_channels: decoder.blockOutChannels,
    encoder_layers_per_block: encoder.layersPerBlock,
    decoder_layers_per_block: decoder.layersPerBlock,
    encoder_qkv_multiscales: encoder.attentionScales,
    decoder_qkv_multiscales: decoder.attentionScales,
    upsample_block_type: name(upTypes, decoder.upsampling),
    downsample_block_type: name(downTypes, encoder.downsampling),
    decoder_norm_types: short(decoder.norms.map((type) => name(normTypes, type))),
    decoder_act_fns: short(decoder.activations),
    encoder_out_shortcut: encoder.shortcut,
    decoder_in_shortcut: decoder.shortcut,
    decoder_conv_act_fn: decoder.lastActivation,
    scaling_factor: config.scalingFactor ?? 1,
  };
}
