/** The config.json of a diffusers AutoencoderTiny (github.com/huggingface/diffusers, autoencoder_tiny.py, 0.40). */
import { z } from 'zod';
import type { TinyModelConfig } from '../../../../config/config.js';
import { UserError } from '../../../../errors.js';
import { parse } from '../../../../parse.js';
import { type ParameterToWrite, type WeightDtype, writeDiffusersDirectory } from './diffusers.js';

const numberPerLevel = z.array(z.number());

/** The constructor's arguments, of which the weights tell those that may differ. */
const configSchema = z.object({
  _class_name: z.literal('AutoencoderTiny'),
  act_fn: z.literal('relu').default('relu'),
  upsample_fn: z.literal('nearest').default('nearest'),
  upsampling_scaling_factor: z.literal(2).default(2),
  in_channels: z.literal(3).default(3),
  out_channels: z.literal(3).default(3),
  latent_channels: z.number().optional(),
  encoder_block_out_channels: numberPerLevel.optional(),
  decoder_block_out_channels: numberPerLevel.optional(),
  block_out_channels: numberPerLevel.optional(),
  num_encoder_blocks: numberPerLevel.optional(),
  num_decoder_blocks: numberPerLevel.optional(),
  latent_magnitude: z.number().optional(),
  latent_shift: z.number().optional(),
  force_upcast: z.boolean().optional(),
  scaling_factor: z.literal(1).default(1),
  shift_factor: z.literal(0).default(0),
});

/**
 * @param path of the file, for messages
 * @returns a sentence for every key whose meaning is unknown here
 * @throws UserError for a network of another kind
 */
export function checkTinyConfig(json: unknown, path: string): string[] {
  parse(configSchema, json, path);
  const unknown = Object.keys(json as object).filter(
    (key) => !key.startsWith('_') && !Object.hasOwn(configSchema.shape, key),
  );
  return unknown.map((key) => `${path}: the key ${key} is unknown here and has no effect.`);
}

/** diffusers' config.json of ours. */
function toTinyConfig(config: TinyModelConfig): Required<z.infer<typeof configSchema>> {
  const { channels, latentChannels, encoderBlocks, decoderBlocks } = config;
  const decoderChannels = decoderBlocks.map(() => channels);
  return {
    _class_name: 'AutoencoderTiny',
    act_fn: 'relu',
    upsample_fn: 'nearest',
    upsampling_scaling_factor: 2,
    in_channels: 3,
    out_channels: 3,
    latent_channels: latentChannels,
    encoder_block_out_channels: encoderBlocks.map(() => channels),
    decoder_block_out_channels: decoderChannels,
    block_out_channels: decoderChannels,
    num_encoder_blocks: encoderBlocks,
    num_decoder_blocks: decoderBlocks,
    latent_magnitude: 3,
    latent_shift: 0.5,
    force_upcast: false,
    scaling_factor: 1,
    shift_factor: 0,
  };
}

/**
 * Writes a directory that diffusers' `AutoencoderTiny.from_pretrained` loads with no missing and no unexpected key.
 *
 * @param parameters all of an autoencoder that `config` describes
 * @throws UserError for TAEF2's network, which diffusers' class cannot be told of
 */
export async function writeDiffusersTinyAutoencoder(
  directory: string,
  config: TinyModelConfig,
  parameters: Iterable<ParameterToWrite>,
  dtype: WeightDtype = 'F32',
): Promise<void> {
  if (config.midBlockNorm) {
    throw new UserError(
      "diffusers' AutoencoderTiny has no normalisation, got a model with one, such as TAEF2: export it as onnx.",
    );
  }
  await writeDiffusersDirectory(directory, toTinyConfig(config), parameters, dtype);
}
