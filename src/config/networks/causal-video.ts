/**
 * What describes Wan's autoencoder for videos (arXiv 2503.20314, section 4.1; AutoencoderKLWan in diffusers) and Qwen-Image's
 * (arXiv 2508.02324). Images are videos of one frame to them, and nothing else is computed here.
 */
import { z } from 'zod';

const positiveInteger = z.number().int().positive();

export const causalVideoFields = {
  latent: z.literal('causal-video'),
  /** Whose it is: each has a class of its own in diffusers. */
  maker: z.enum(['Wan', 'Qwen-Image']),
  inChannels: positiveInteger.default(3),
  imageSize: positiveInteger.default(256),
  latentChannels: positiveInteger,
  /** Channels of the first layer; a level has as many times more as `channelMultipliers` says, from the highest resolution on. */
  baseChannels: positiveInteger,
  /** The same of the decoder. Absent: as the encoder's. */
  decoderBaseChannels: positiveInteger.optional(),
  channelMultipliers: z.array(positiveInteger).min(1),
  layersPerBlock: positiveInteger,
  /** Sides of a level as shares of the image's, at which the encoder's blocks carry attention. */
  attentionScales: z.array(z.number()),
  /** Whether levels halve the frames too, from the highest resolution on: layers that one frame passes by. */
  temporalDownsampling: z.array(z.boolean()),
  /** Whether the means, or copies, of groups of channels go around every level, as in Wan 2.2. */
  shortcuts: z.boolean(),
  /** Side in px of the squares whose pixels become channels before the first layer. */
  patchSize: positiveInteger.optional(),
  /** Diffusion sees (latent - mean) / std · factor. Null until measured. */
  scalingFactor: z.number().positive().nullable().default(null),
  latentsMean: z.array(z.number()).nullable().default(null),
  latentsStd: z.array(z.number().positive()).nullable().default(null),
  /** Fields of a diffusers config.json that mean nothing here and that an export writes again. */
  passedOn: z
    .strictObject({
      dropout: z.number().optional(),
      scaleFactorTemporal: positiveInteger.nullable().optional(),
      scaleFactorSpatial: positiveInteger.nullable().optional(),
    })
    .optional(),
};
