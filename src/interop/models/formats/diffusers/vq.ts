/** The config.json of diffusers' VQModel, and ours, each as the other. */
import { z } from 'zod';
import { modelConfigSchema, type SpatialModelConfig, zChannelsOf } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';
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

/** The constructor's arguments with its defaults (vq_model.py, 0.40). */
const schema = z.object({
  ...sharedFields,
  _class_name: z.literal('VQModel'),
  down_block_types: downTypes.default(['DownEncoderBlock2D']),
  up_block_types: z.array(z.string()).default(['UpDecoderBlock2D']),
  block_out_channels: widths.default([64]),
  layers_per_block: blocksPerLevel.default(1),
  latent_channels: count.default(3),
  num_vq_embeddings: count.default(256),
  vq_embed_dim: count.nullable().default(null),
  scaling_factor: z.number().positive().default(0.18215),
  norm_type: z.string().default('group'),
  mid_block_add_attention: z.boolean().default(true),
  lookup_from_codebook: z.boolean().default(false),
  force_upcast: z.boolean().default(false),
});

/** @param path of the file, for messages */
export function fromVqConfig(json: unknown, path: string): ReadConfig {
  const theirs = parse(schema, json, path);
  if (theirs.norm_type !== 'group') {
    throw new UserError(
      `${path}: got norm_type ${theirs.norm_type}, as MoVQ of Kandinsky has, wanted group: its decoder is another network.`,
    );
  }
  assertSameChannels(path, theirs.in_channels, theirs.out_channels);
  const channels = theirs.vq_embed_dim ?? theirs.latent_channels;
  const { imageSize, passedOn } = { passedOn: undefined, ...fromSampleSize(theirs.sample_size) };
  const carried = {
    ...passedOn,
    ...(theirs.force_upcast && { forceUpcast: true }),
    ...(theirs.lookup_from_codebook && { lookupFromCodebook: true }),
  };
  const ours = {
    latent: 'spatial',
    inChannels: theirs.in_channels,
    imageSize,
    ...(Object.keys(carried).length > 0 && { passedOn: carried }),
    ...fromLevels({
      path,
      down: theirs.down_block_types,
      up: parse(upTypes, theirs.up_block_types, path),
      encoderWidths: theirs.block_out_channels,
      decoderWidths: theirs.block_out_channels,
      encoderBlocks: theirs.layers_per_block,
      decoderBlocks: theirs.layers_per_block,
    }),
    normNumGroups: theirs.norm_num_groups,
    midBlockAttention: theirs.mid_block_add_attention,
    posterior: 'quantized',
    codes: theirs.num_vq_embeddings,
    latentChannels: channels,
    ...(channels !== theirs.latent_channels && { zChannels: theirs.latent_channels }),
    scalingFactor: theirs.scaling_factor,
  };
  const config = parse(modelConfigSchema, ours, path) as SpatialModelConfig;
  return { config, warnings: unknownKeys(json, theirs, path) };
}

export function toVqConfig(config: SpatialModelConfig): Record<string, unknown> {
  return {
    _class_name: 'VQModel',
    in_channels: config.inChannels,
    out_channels: config.inChannels,
    ...blockTypes(config),
    block_out_channels: config.blockOutChannels,
    layers_per_block: config.layersPerBlock,
    act_fn: 'silu',
    latent_channels: zChannelsOf(config),
    sample_size: toSampleSize(config),
    num_vq_embeddings: config.codes,
    norm_num_groups: config.normNumGroups,
    vq_embed_dim: config.latentChannels,
    scaling_factor: config.scalingFactor ?? 1,
    norm_type: 'group',
    mid_block_add_attention: config.midBlockAttention,
    lookup_from_codebook: config.passedOn?.lookupFromCodebook ?? false,
    force_upcast: config.passedOn?.forceUpcast ?? false,
  };
}
