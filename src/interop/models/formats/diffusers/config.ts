/** The config.json of diffusers' AutoencoderKL and AutoencoderKLFlux2, and ours, each as the other. */
import { z } from 'zod';
import { modelConfigSchema, type SpatialModelConfig, vaeChannelsOf } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';
import { parse } from '../../../../parse.js';
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

const klFields = {
  ...sharedFields,
  latent_channels: count.default(4),
  force_upcast: z.boolean().default(true),
  use_quant_conv: z.boolean().default(true),
  use_post_quant_conv: z.boolean().default(true),
  mid_block_add_attention: z.boolean().default(true),
};

/** The constructor's arguments with its defaults (github.com/huggingface/diffusers, autoencoder_kl.py, 0.40). */
const klSchema = z.object({
  ...klFields,
  _class_name: z.literal('AutoencoderKL'),
  down_block_types: downTypes.default(['DownEncoderBlock2D']),
  up_block_types: upTypes.default(['UpDecoderBlock2D']),
  block_out_channels: widths.default([64]),
  layers_per_block: blocksPerLevel.default(1),
  scaling_factor: z.number().positive().default(0.18215),
  shift_factor: z.number().nullable().default(null),
  latents_mean: z.array(z.number()).nullable().default(null),
  latents_std: z.array(z.number().positive()).nullable().default(null),
});

const four = <Type>(value: Type): Type[] => [value, value, value, value];

/** The same of autoencoder_kl_flux2.py. Mean and variance of its latents, in patches, stand among the weights. */
const flux2Schema = z.object({
  ...klFields,
  _class_name: z.literal('AutoencoderKLFlux2'),
  down_block_types: downTypes.default(four('DownEncoderBlock2D' as const)),
  up_block_types: upTypes.default(four('UpDecoderBlock2D' as const)),
  block_out_channels: widths.default([128, 256, 512, 512]),
  decoder_block_out_channels: widths.nullable().default(null),
  layers_per_block: blocksPerLevel.default(2),
  latent_channels: count.default(32),
  sample_size: sharedFields.sample_size.default(1024),
  batch_norm_eps: z.number().positive().default(1e-4),
  batch_norm_momentum: z.number().default(0.1),
  patch_size: z.tuple([count, count]).default([2, 2]),
});

const schema = z.discriminatedUnion('_class_name', [klSchema, flux2Schema]);

/** Our config of a config.json, and a sentence for every key whose meaning is unknown here. */
export interface ReadConfig {
  readonly config: SpatialModelConfig;
  readonly warnings: string[];
}

/** @param path of the file, for messages */
export function fromDiffusersConfig(json: unknown, path: string): ReadConfig {
  const theirs = parse(schema, json, path);
  assertSameChannels(path, theirs.in_channels, theirs.out_channels);
  const isFlux2 = theirs._class_name === 'AutoencoderKLFlux2';
  const ours = {
    latent: 'spatial',
    inChannels: theirs.in_channels,
    ...fromSampleSize(theirs.sample_size, theirs.force_upcast),
    ...fromLevels({
      path,
      down: theirs.down_block_types,
      up: theirs.up_block_types,
      encoderWidths: theirs.block_out_channels,
      decoderWidths: (isFlux2 && theirs.decoder_block_out_channels) || theirs.block_out_channels,
      encoderBlocks: theirs.layers_per_block,
      decoderBlocks: theirs.layers_per_block,
    }),
    normNumGroups: theirs.norm_num_groups,
    midBlockAttention: theirs.mid_block_add_attention,
    useQuantConv: theirs.use_quant_conv,
    usePostQuantConv: theirs.use_post_quant_conv,
    ...(isFlux2 ? patchedLatent(theirs, path) : plainLatent(theirs)),
  };
  const config = parse(modelConfigSchema, ours, path) as SpatialModelConfig;
  return { config, warnings: unknownKeys(json, theirs, path) };
}

const plainLatent = (theirs: z.infer<typeof klSchema>) => ({
  latentChannels: theirs.latent_channels,
  scalingFactor: theirs.scaling_factor,
  shiftFactor: theirs.shift_factor,
  latentsMean: theirs.latents_mean,
  latentsStd: theirs.latents_std,
});

function patchedLatent({ patch_size: [height, width], ...theirs }: z.infer<typeof flux2Schema>, path: string) {
  if (height !== width) throw new UserError(`${path}: got patch_size ${height}×${width}, wanted squares.`);
  const { batch_norm_eps: epsilon, batch_norm_momentum: momentum } = theirs;
  return {
    latentChannels: theirs.latent_channels * height ** 2,
    latentPatch: { size: height, epsilon, momentum },
    scalingFactor: 1,
  };
}

/** diffusers' config.json of ours. A scaling factor that nobody measured yet becomes 1, which changes nothing. */
export function toDiffusersConfig(config: SpatialModelConfig): Record<string, unknown> {
  const { latentPatch: patch } = config;
  const shared = {
    in_channels: config.inChannels,
    out_channels: config.inChannels,
    ...blockTypes(config),
    block_out_channels: config.blockOutChannels,
    layers_per_block: config.layersPerBlock,
    act_fn: 'silu',
    latent_channels: vaeChannelsOf(config),
    norm_num_groups: config.normNumGroups,
    sample_size: toSampleSize(config),
    force_upcast: config.passedOn?.forceUpcast ?? true,
    use_quant_conv: config.useQuantConv,
    use_post_quant_conv: config.usePostQuantConv,
    mid_block_add_attention: config.midBlockAttention,
  };
  if (patch === undefined) {
    return {
      _class_name: 'AutoencoderKL',
      ...shared,
      scaling_factor: config.scalingFactor ?? 1,
      shift_factor: config.shiftFactor,
      latents_mean: config.latentsMean,
      latents_std: config.latentsStd,
    };
  }
  return {
    _class_name: 'AutoencoderKLFlux2',
    ...shared,
    decoder_block_out_channels: config.decoderBlockOutChannels ?? null,
    batch_norm_eps: patch.epsilon,
    batch_norm_momentum: patch.momentum,
    patch_size: [patch.size, patch.size],
  };
}
