/** The config.json of diffusers' AsymmetricAutoencoderKL (arXiv 2306.04632), and ours, each as the other. */
import { z } from 'zod';
import { decoderLevels, modelConfigSchema, type SpatialModelConfig } from '../../../../config/config.js';
import { parse } from '../../../../parse.js';
import type { ReadConfig } from './config.js';
import {
  assertSameChannels,
  blocksPerLevel,
  blockTypes,
  count,
  downTypes,
  fromLevels,
  fromSampleSize,
  sharedFields,
  toSampleSize,
  unknownKeys,
  upTypes,
  widths,
} from './kl-fields.js';

/** The constructor's arguments with its defaults (autoencoder_asym_kl.py, 0.40), and two that it adds to what it saves. */
const schema = z.object({
  ...sharedFields,
  _class_name: z.literal('AsymmetricAutoencoderKL'),
  down_block_types: downTypes.default(['DownEncoderBlock2D']),
  down_block_out_channels: widths.default([64]),
  layers_per_down_block: blocksPerLevel.default(1),
  up_block_types: upTypes.default(['UpDecoderBlock2D']),
  up_block_out_channels: widths.default([64]),
  layers_per_up_block: blocksPerLevel.default(1),
  latent_channels: count.default(4),
  scaling_factor: z.number().positive().default(0.18215),
  block_out_channels: z.unknown(),
  force_upcast: z.unknown(),
});

/** @param path of the file, for messages */
export function fromAsymmetricConfig(json: unknown, path: string): ReadConfig {
  const theirs = parse(schema, json, path);
  assertSameChannels(path, theirs.in_channels, theirs.out_channels);
  const ours = {
    latent: 'spatial',
    inChannels: theirs.in_channels,
    ...fromSampleSize(theirs.sample_size),
    ...fromLevels({
      path,
      down: theirs.down_block_types,
      up: theirs.up_block_types,
      encoderWidths: theirs.down_block_out_channels,
      decoderWidths: theirs.up_block_out_channels,
      encoderBlocks: theirs.layers_per_down_block,
      decoderBlocks: theirs.layers_per_up_block,
    }),
    normNumGroups: theirs.norm_num_groups,
    latentChannels: theirs.latent_channels,
    maskCondition: true,
    scalingFactor: theirs.scaling_factor,
  };
  const config = parse(modelConfigSchema, ours, path) as SpatialModelConfig;
  const warnings = [
    ...unknownKeys(json, schema.shape, path),
    `${path}: the decoder's way to take the unmasked part of an image has no effect here: it decodes latents alone.`,
  ];
  return { config, warnings };
}

export function toAsymmetricConfig(config: SpatialModelConfig): Record<string, unknown> {
  const decoder = decoderLevels(config);
  const { down_block_types, up_block_types } = blockTypes(config);
  return {
    _class_name: 'AsymmetricAutoencoderKL',
    in_channels: config.inChannels,
    out_channels: config.inChannels,
    down_block_types,
    down_block_out_channels: config.blockOutChannels,
    layers_per_down_block: config.layersPerBlock,
    up_block_types,
    up_block_out_channels: decoder.blockOutChannels,
    layers_per_up_block: decoder.layersPerBlock,
    act_fn: 'silu',
    latent_channels: config.latentChannels,
    norm_num_groups: config.normNumGroups,
    sample_size: toSampleSize(config),
    scaling_factor: config.scalingFactor ?? 1,
    block_out_channels: decoder.blockOutChannels,
    force_upcast: false,
  };
}
