/** What describes a network, as a schema: the types of networks are made of it (src/config/types/networks.ts). */
import { z } from 'zod';
import { causalVideoFields } from './causal-video.js';
import { deepCompressionFields } from './deep-compression.js';
import {
  channelCount,
  codeCount,
  floatCount,
  layerCount,
  layerCountOrNone,
  perLevel,
  sidePx,
  squareSide,
} from './sizes.js';

const networkShape = {
  inChannels: channelCount.default(3).describe('channels of an image: 1, 3 or 4'),
  imageSize: sidePx
    .default(64)
    .meta({ unit: 'px' })
    .describe('square size the network was made for; a vector latent accepts this size alone'),
  blockOutChannels: perLevel(channelCount).describe(
    'channels per resolution level, from the highest on; each level but the last halves the resolution',
  ),
  layersPerBlock: layerCount.default(1).describe('residual blocks per level'),
  normNumGroups: channelCount.default(32).describe('groups of each group normalisation'),
  stem: z
    .union([z.literal(2), z.literal(4), z.literal(8)])
    .optional()
    .meta({ unit: 'px' })
    .describe(
      'side of the squares whose pixels become the channels of the first level (LiteVAE, arXiv 2405.14477, with ' +
        "space-to-depth in the place of wavelets), so that nothing runs at full resolution; absent: LDM's network",
    ),
  encoderLayers: z
    .array(layerCountOrNone)
    .optional()
    .describe('residual blocks per level of an encoder with a stem; absent: `layersPerBlock` in each'),
  decoderLayers: z
    .array(layerCountOrNone)
    .optional()
    .describe('residual blocks per level of a decoder with a stem; absent: `layersPerBlock` in each'),
  attentionLevels: z
    .array(layerCountOrNone)
    .default([])
    .describe('levels (0 = the highest resolution) whose blocks carry self-attention'),
  midBlockAttention: z.boolean().default(true).describe('whether the middle of both halves carries self-attention'),
};

interface LevelsOfNetwork {
  readonly stem?: number | undefined;
  readonly blockOutChannels: readonly number[];
  readonly encoderLayers?: readonly number[] | undefined;
  readonly decoderLayers?: readonly number[] | undefined;
}

const layersFitLevels = [
  ({ stem, blockOutChannels, encoderLayers, decoderLayers }: LevelsOfNetwork) =>
    [encoderLayers, decoderLayers].every(
      (layers) => layers === undefined || (stem !== undefined && layers.length === blockOutChannels.length),
    ),
  {
    path: ['encoderLayers'],
    message: 'encoderLayers and decoderLayers belong to a network with a stem, one number for each of blockOutChannels',
  },
] satisfies [(network: LevelsOfNetwork) => boolean, object];

/** What an encoder answers with: a Gaussian, one latent, or one latent of which every position is an entry of a codebook. */
export const posteriorKinds = ['gaussian', 'deterministic', 'quantized'] as const;

const spatialKind = z.literal('spatial').describe("LDM's blocks around a grid of h × w positions");
const latentChannels = channelCount.describe('Z, numbers at each position of the latent');

/** Where a decoder is not the mirror image of its encoder. */
const decoderShape = {
  decoderBlockOutChannels: perLevel(channelCount)
    .optional()
    .describe("`blockOutChannels` of the decoder; absent: the encoder's"),
  decoderLayersPerBlock: layerCount.optional().describe("`layersPerBlock` of the decoder; absent: the encoder's"),
  decoderAttentionLevels: z
    .array(layerCountOrNone)
    .optional()
    .describe("`attentionLevels` of the decoder; absent: the encoder's"),
};

const halfShape = {
  half: z
    .enum(['encoder', 'decoder'])
    .optional()
    .describe('the one half of an autoencoder that is there; absent: both are'),
};

/** Side of the squares, and what a batch normalisation of these channels has beside mean and variance. */
const patchSchema = z.strictObject({ size: squareSide, epsilon: z.number().positive(), momentum: z.number() });

const passedOn = 'fields of a diffusers config.json that mean nothing here and that an export writes again';
const passedOnSchema = z.strictObject({
  forceUpcast: z.boolean().optional(),
  /** Height and width in px. */
  sampleSize: z.tuple([sidePx, sidePx]).optional(),
  lookupFromCodebook: z.boolean().optional(),
});

export const spatialModelSchema = z
  .strictObject({
    latent: spatialKind,
    ...networkShape,
    ...decoderShape,
    ...halfShape,
    latentChannels,
    zChannels: channelCount
      .optional()
      .describe(
        "channels between the networks and the 1×1 convolutions, where those change them: LDM's z_channels beside embed_dim",
      ),
    posterior: z.enum(posteriorKinds).default('gaussian').describe('what the encoder answers with'),
    codes: codeCount
      .optional()
      .describe('entries of the codebook of a quantized posterior (van den Oord et al., arXiv 1711.00937)'),
    codeChoice: z
      .literal('projection')
      .optional()
      .describe(
        'how an entry is chosen: by the largest of as many logits, which a 1×1 convolution makes, as the Gumbel quantizer of ' +
          'taming-transformers does once it no longer draws (arXiv 1611.01144); absent: the nearest',
      ),
    useQuantConv: z.boolean().default(true).describe('whether a 1×1 convolution ends the encoder'),
    usePostQuantConv: z.boolean().default(true).describe('whether a 1×1 convolution begins the decoder'),
    latentPatch: patchSchema
      .optional()
      .describe("squares of the VAE's latent that become the channels of one position, as FLUX.2 has them"),
    maskCondition: z
      .literal(true)
      .optional()
      .describe(
        'whether the decoder carries the layers that take the unmasked part of an image (arXiv 2306.04632); they compute nothing',
      ),
    passedOn: passedOnSchema.optional().describe(passedOn),
    scalingFactor: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe(
        'diffusion sees (latent - shift) * scaling (Rombach et al., arXiv 2112.10752, appendix G); null until measured',
      ),
    shiftFactor: z.number().nullable().default(null).describe('the shift of `scalingFactor`; null: 0'),
    latentsMean: z
      .array(z.number())
      .nullable()
      .default(null)
      .describe('by channel, in the place of the shift; factors are then scalingFactor / std'),
    latentsStd: z.array(z.number().positive()).nullable().default(null).describe('by channel, with `latentsMean`'),
  })
  .refine(({ posterior, codes }) => (posterior === 'quantized') === (codes !== undefined), {
    path: ['codes'],
    message: 'a quantized posterior wants a number of codes, and no other has one',
  })
  .refine(({ codes, codeChoice }) => codes !== undefined || codeChoice === undefined, {
    path: ['codeChoice'],
    message: 'codes are chosen by a projection where there are codes',
  })
  .refine(...layersFitLevels)
  .refine(
    ({ blockOutChannels, decoderBlockOutChannels = blockOutChannels }) =>
      decoderBlockOutChannels.length === blockOutChannels.length,
    { path: ['decoderBlockOutChannels'], message: 'a decoder has as many levels as its encoder' },
  )
  .refine(
    ({ zChannels, useQuantConv, usePostQuantConv }) => zChannels === undefined || (useQuantConv && usePostQuantConv),
    { path: ['zChannels'], message: 'only 1×1 convolutions on both sides of the latent change its channels' },
  )
  .refine(
    ({ latentChannels, latentsMean, latentsStd }) =>
      (latentsMean === null) === (latentsStd === null) &&
      [latentsMean, latentsStd].every((list) => list === null || list.length === latentChannels),
    {
      path: ['latentsMean'],
      message: 'latentsMean and latentsStd go together, with one number for each latent channel',
    },
  )
  .refine(({ latentChannels, latentPatch }) => latentChannels % (latentPatch?.size ?? 1) ** 2 === 0, {
    path: ['latentChannels'],
    message: 'squares of a latent become as many channels each as they have positions',
  });

export const vectorModelSchema = z
  .strictObject({
    latent: z.literal('vector').describe("LDM's blocks around one vector per image"),
    ...networkShape,
    latentFloats: floatCount.describe('length of the one latent vector of an image'),
    posterior: z.enum(['gaussian', 'deterministic']).default('gaussian').describe('what the encoder answers with'),
    classes: z
      .array(z.string())
      .min(1)
      .optional()
      .describe(
        'the classes that encoder, decoder and prior are told of (Sohn et al., NeurIPS 2015); absent: the prior is N(0, 1)',
      ),
  })
  .refine(...layersFitLevels);

export const linearModelSchema = z.strictObject({
  latent: z.literal('linear').describe('one dense layer each way'),
  inChannels: networkShape.inChannels,
  imageSize: sidePx.default(64).meta({ unit: 'px' }).describe('side of the square images it takes, and no others'),
  latentFloats: floatCount.describe('length of the one latent vector of an image'),
  directions: z
    .enum(['principal', 'discriminant'])
    .default('principal')
    .describe(
      'what its directions are chosen for: the most variance (PCA), or telling the classes of the training images apart (LDA)',
    ),
});

/** TAESD and its relatives (github.com/madebyollin/taesd): a network of its own, for the latents of a larger one. */
export const tinyModelSchema = z.strictObject({
  latent: z.literal('tiny').describe("TAESD's network, for the latents of a larger one"),
  ...halfShape,
  inChannels: z.literal(3).default(3).describe('channels of an image'),
  imageSize: sidePx.default(256).meta({ unit: 'px' }).describe('square size it is shown at by default'),
  channels: channelCount.describe('of every convolution: 64 in every published network'),
  latentChannels,
  encoderBlocks: z
    .array(layerCountOrNone)
    .min(1)
    .describe('residual blocks per resolution, from the highest on: 1, 3, 3, 3 in TAESD'),
  decoderBlocks: z
    .array(layerCountOrNone)
    .min(1)
    .describe('residual blocks per resolution, from the lowest on: 3, 3, 3, 1 in TAESD'),
  midBlockNorm: z
    .boolean()
    .describe("whether the blocks at the lowest resolution see statistics of the whole image, as TAEF2's do"),
});

export const deepCompressionSchema = z.strictObject({ ...deepCompressionFields, ...halfShape });

export const causalVideoSchema = z.strictObject({ ...causalVideoFields, ...halfShape });

/** Checks the configuration of a network and fills in its defaults. */
export const modelConfigSchema = z.discriminatedUnion('latent', [
  spatialModelSchema,
  vectorModelSchema,
  linearModelSchema,
  tinyModelSchema,
  deepCompressionSchema,
  causalVideoSchema,
]);
