/** What describes a DC-AE (Chen et al., arXiv 2410.10733), whose names in diffusers' AutoencoderDC the fields follow. */
import { z } from 'zod';

const positiveInteger = z.number().int().positive();

/** Fields of one half, a value for each resolution level, from the highest on. */
const halfFields = {
  /** Residual blocks of convolutions, or EfficientViT's: linear attention and a gated convolution. */
  blocks: z.array(z.enum(['residual', 'attention'])).min(1),
  blockOutChannels: z.array(positiveInteger).min(1),
  /** 0 at the first level: the network begins at half resolution. */
  layersPerBlock: z.array(z.number().int().min(0)).min(1),
  /** Sides of the depthwise convolutions through which attention sees its surroundings. */
  attentionScales: z.array(z.array(positiveInteger)).min(1),
};

export const deepCompressionFields = {
  latent: z.literal('deep-compression'),
  inChannels: positiveInteger.default(3),
  imageSize: positiveInteger.default(512),
  latentChannels: positiveInteger,
  /** Channels of a head of attention. */
  attentionHeadDim: positiveInteger,
  encoder: z.strictObject({ ...halfFields, downsampling: z.enum(['convolution', 'shuffle']), shortcut: z.boolean() }),
  decoder: z.strictObject({
    ...halfFields,
    upsampling: z.enum(['interpolation', 'shuffle']),
    shortcut: z.boolean(),
    norms: z.array(z.enum(['rms', 'batch'])).min(1),
    activations: z.array(z.enum(['silu', 'relu', 'relu6'])).min(1),
    lastActivation: z.enum(['silu', 'relu', 'relu6']),
  }),
  scalingFactor: z.number().positive().nullable().default(null),
};
