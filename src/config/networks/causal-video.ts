/**
 * What describes Wan's autoencoder for videos (arXiv 2503.20314, section 4.1; AutoencoderKLWan in diffusers) and Qwen-Image's
 * (arXiv 2508.02324). Images are videos of one frame to them, and nothing else is computed here.
 */
import { z } from 'zod';
import { channelCount, layerCount, perLevel, sidePx } from './sizes.js';

export const causalVideoFields = {
  latent: z.literal('causal-video').describe('an autoencoder for videos, of which images are a single frame'),
  maker: z.enum(['Wan', 'Qwen-Image']).describe('whose it is: each has a class of its own in diffusers'),
  inChannels: channelCount.default(3).describe('channels of an image'),
  imageSize: sidePx.default(256).meta({ unit: 'px' }).describe('square size it is shown at by default'),
  latentChannels: channelCount.describe('Z, numbers at each position of the latent'),
  baseChannels: channelCount.describe(
    'channels of the first layer; a level has as many times more as `channelMultipliers` says, from the highest resolution on',
  ),
  decoderBaseChannels: channelCount.optional().describe("the same of the decoder; absent: as the encoder's"),
  channelMultipliers: perLevel(channelCount).describe('by level, from the highest resolution on'),
  layersPerBlock: layerCount.describe('residual blocks per level'),
  attentionScales: z
    .array(z.number())
    .describe("sides of a level as shares of the image's, at which the encoder's blocks carry attention"),
  temporalDownsampling: z
    .array(z.boolean())
    .describe('whether levels halve the frames too, from the highest resolution on: layers that one frame passes by'),
  shortcuts: z
    .boolean()
    .describe('whether the means, or copies, of groups of channels go around every level, as in Wan 2.2'),
  patchSize: channelCount
    .optional()
    .meta({ unit: 'px' })
    .describe('side of the squares whose pixels become channels before the first layer'),
  scalingFactor: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('diffusion sees (latent - mean) / std · factor; null until measured'),
  latentsMean: z.array(z.number()).nullable().default(null).describe('by channel; null until measured'),
  latentsStd: z.array(z.number().positive()).nullable().default(null).describe('by channel; null until measured'),
  passedOn: z
    .strictObject({
      dropout: z.number().optional(),
      scaleFactorTemporal: channelCount.nullable().optional(),
      scaleFactorSpatial: channelCount.nullable().optional(),
    })
    .optional()
    .describe('fields of a diffusers config.json that mean nothing here and that an export writes again'),
};
