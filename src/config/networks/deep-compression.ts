/** What describes a DC-AE (Chen et al., arXiv 2410.10733), whose names in diffusers' AutoencoderDC the fields follow. */
import { z } from 'zod';
import { channelCount, layerCountOrNone, perLevel, sidePx } from './sizes.js';

const activationNames = ['silu', 'relu', 'relu6'] as const;
const shortcut = z.boolean().describe('whether a shortcut without weights goes around each change of resolution');

/** Fields of one half, a value for each resolution level, from the highest on. */
const halfFields = {
  blocks: z
    .array(z.enum(['residual', 'attention']))
    .min(1)
    .describe("kind of a level's blocks: convolutions, or EfficientViT's linear attention and a gated convolution"),
  blockOutChannels: perLevel(channelCount).describe('channels per level'),
  layersPerBlock: z
    .array(layerCountOrNone)
    .min(1)
    .describe('blocks per level; 0 at the first: the network begins at half resolution'),
  attentionScales: z
    .array(z.array(channelCount))
    .min(1)
    .describe('sides of the depthwise convolutions through which attention sees its surroundings'),
};

export const deepCompressionEncoderSchema = z
  .strictObject({
    ...halfFields,
    downsampling: z.enum(['convolution', 'shuffle']).describe('how resolution is halved'),
    shortcut,
  })
  .describe('the encoder');

export const deepCompressionDecoderSchema = z
  .strictObject({
    ...halfFields,
    upsampling: z.enum(['interpolation', 'shuffle']).describe('how resolution is doubled'),
    shortcut,
    norms: z
      .array(z.enum(['rms', 'batch']))
      .min(1)
      .describe("normalisation of each level's blocks"),
    activations: z.array(z.enum(activationNames)).min(1).describe("activation of each level's blocks"),
    lastActivation: z.enum(activationNames).describe('before the last convolution'),
  })
  .describe('the decoder');

export const deepCompressionFields = {
  latent: z.literal('deep-compression').describe("DC-AE's network"),
  inChannels: channelCount.default(3).describe('channels of an image'),
  imageSize: sidePx.default(512).meta({ unit: 'px' }).describe('square size it is shown at by default'),
  latentChannels: channelCount.describe('Z, numbers at each position of the latent'),
  attentionHeadDim: channelCount.describe('channels of a head of attention'),
  encoder: deepCompressionEncoderSchema,
  decoder: deepCompressionDecoderSchema,
  scalingFactor: z
    .number()
    .positive()
    .nullable()
    .default(null)
    .describe('diffusion sees latent * scalingFactor; null until measured'),
};
