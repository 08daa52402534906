/** What describes a network. */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { type ImageChannels, imageChannelCounts } from '../options/image-options.js';
import { causalVideoFields } from './causal-video.js';
import { deepCompressionFields } from './deep-compression.js';
import { ofChannel, type Scaling, scalingText } from './scaling.js';

const positiveInteger = z.number().int().positive();

const networkShape = {
  inChannels: positiveInteger.default(3),
  /** Square size in px the network was made for. A vector latent accepts this size alone. */
  imageSize: positiveInteger.default(64),
  /** Channels per resolution level; each level but the last halves the resolution. */
  blockOutChannels: z.array(positiveInteger).min(1),
  layersPerBlock: positiveInteger.default(1),
  normNumGroups: positiveInteger.default(32),
  /**
   * Side in px of the squares whose pixels become the channels of the first level's positions (LiteVAE, arXiv 2405.14477, with
   * space-to-depth in the place of wavelets), so that nothing runs at full resolution. Absent: LDM's network.
   */
  stem: z.union([z.literal(2), z.literal(4), z.literal(8)]).optional(),
  /** Residual blocks per level, of a network with a stem. Default: `layersPerBlock` in each. */
  encoderLayers: z.array(z.number().int().min(0)).optional(),
  decoderLayers: z.array(z.number().int().min(0)).optional(),
  /** Levels (0 = the highest resolution) whose blocks carry self-attention. */
  attentionLevels: z.array(z.number().int().min(0)).default([]),
  midBlockAttention: z.boolean().default(true),
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
export type PosteriorKind = (typeof posteriorKinds)[number];

const level = z.number().int().min(0);

/** Where a decoder is not the mirror image of its encoder; absent: as the encoder's. */
const decoderShape = {
  decoderBlockOutChannels: z.array(positiveInteger).min(1).optional(),
  decoderLayersPerBlock: positiveInteger.optional(),
  decoderAttentionLevels: z.array(level).optional(),
};

/** The one half of an autoencoder that is there; absent: both are. */
const halfShape = { half: z.enum(['encoder', 'decoder']).optional() };

/** Side of the squares, and what a batch normalisation of these channels has beside mean and variance. */
const patchSchema = z.strictObject({ size: positiveInteger, epsilon: z.number().positive(), momentum: z.number() });

/** Fields of a diffusers config.json that mean nothing here and that an export writes again. */
const passedOnSchema = z.strictObject({
  forceUpcast: z.boolean().optional(),
  /** Height and width in px. */
  sampleSize: z.tuple([positiveInteger, positiveInteger]).optional(),
  lookupFromCodebook: z.boolean().optional(),
});

const spatialModelSchema = z
  .strictObject({
    latent: z.literal('spatial'),
    ...networkShape,
    ...decoderShape,
    ...halfShape,
    latentChannels: positiveInteger,
    /** Channels between the networks and the 1×1 convolutions, where those change them: LDM's z_channels beside embed_dim. */
    zChannels: positiveInteger.optional(),
    posterior: z.enum(posteriorKinds).default('gaussian'),
    /** Entries of the codebook of a quantized posterior (van den Oord et al., arXiv 1711.00937). */
    codes: positiveInteger.optional(),
    useQuantConv: z.boolean().default(true),
    usePostQuantConv: z.boolean().default(true),
    /** Squares of the VAE's latent that become the channels of one position, as FLUX.2 has them; see `patchSchema`. */
    latentPatch: patchSchema.optional(),
    /** Whether the decoder carries the layers that take the unmasked part of an image (arXiv 2306.04632); they compute nothing. */
    maskCondition: z.literal(true).optional(),
    passedOn: passedOnSchema.optional(),
    /** Diffusion sees (latent - shift) * scaling (Rombach et al., arXiv 2112.10752, appendix G). Null until measured. */
    scalingFactor: z.number().positive().nullable().default(null),
    shiftFactor: z.number().nullable().default(null),
    /** By channel, in the place of the shift; factors are then scalingFactor / std. */
    latentsMean: z.array(z.number()).nullable().default(null),
    latentsStd: z.array(z.number().positive()).nullable().default(null),
  })
  .refine(({ posterior, codes }) => (posterior === 'quantized') === (codes !== undefined), {
    path: ['codes'],
    message: 'a quantized posterior wants a number of codes, and no other has one',
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

const vectorModelSchema = z
  .strictObject({
    latent: z.literal('vector'),
    ...networkShape,
    /** Length of the one latent vector of an image. */
    latentFloats: positiveInteger,
    posterior: z.enum(['gaussian', 'deterministic']).default('gaussian'),
    /** The classes that encoder, decoder and prior are told of (Sohn et al., NeurIPS 2015); without them the prior is N(0, 1). */
    classes: z.array(z.string()).min(1).optional(),
  })
  .refine(...layersFitLevels);

/** One dense layer each way. */
const linearModelSchema = z.strictObject({
  latent: z.literal('linear'),
  inChannels: positiveInteger.default(3),
  /** Side in px of the square images it takes, and no others. */
  imageSize: positiveInteger.default(64),
  latentFloats: positiveInteger,
  /** What its directions are chosen for: the most variance (PCA), or telling the classes of the training images apart (LDA). */
  directions: z.enum(['principal', 'discriminant']).default('principal'),
});

/** TAESD and its relatives (github.com/madebyollin/taesd): a network of its own, for the latents of a larger one. */
const tinyModelSchema = z.strictObject({
  latent: z.literal('tiny'),
  ...halfShape,
  inChannels: z.literal(3).default(3),
  imageSize: positiveInteger.default(256),
  /** 64 in every published network. */
  channels: positiveInteger,
  latentChannels: positiveInteger,
  /** Residual blocks per resolution, from the highest on: 1, 3, 3, 3. */
  encoderBlocks: z.array(z.number().int().min(0)).min(1),
  /** Residual blocks per resolution, from the lowest on: 3, 3, 3, 1. */
  decoderBlocks: z.array(z.number().int().min(0)).min(1),
  /** Whether the blocks at the lowest resolution see statistics of the whole image, as TAEF2's do. */
  midBlockNorm: z.boolean(),
});

const deepCompressionSchema = z.strictObject({ ...deepCompressionFields, ...halfShape });

const causalVideoSchema = z.strictObject({ ...causalVideoFields, ...halfShape });

export const modelConfigSchema = z.discriminatedUnion('latent', [
  spatialModelSchema,
  vectorModelSchema,
  linearModelSchema,
  tinyModelSchema,
  deepCompressionSchema,
  causalVideoSchema,
]);
export type ModelConfig = z.infer<typeof modelConfigSchema>;
export type SpatialModelConfig = z.infer<typeof spatialModelSchema>;
export type VectorModelConfig = z.infer<typeof vectorModelSchema>;
export type LinearModelConfig = z.infer<typeof linearModelSchema>;
export type TinyModelConfig = z.infer<typeof tinyModelSchema>;
export type DeepCompressionConfig = z.infer<typeof deepCompressionSchema>;
export type CausalVideoConfig = z.infer<typeof causalVideoSchema>;
/** The models of LDM's blocks. */
export type KlModelConfig = SpatialModelConfig | VectorModelConfig;

/** Whether a latent is one vector per image; the model then takes images of one size. */
export const hasVectorLatent = (model: ModelConfig): model is VectorModelConfig | LinearModelConfig =>
  model.latent === 'vector' || model.latent === 'linear';

/**
 * C of the images that a model takes.
 *
 * @throws UserError where pictures have no such number of channels
 */
export function imageChannelsOf({ inChannels }: ModelConfig): ImageChannels {
  const channels = imageChannelCounts.find((count) => count === inChannels);
  if (channels !== undefined) return channels;
  throw new UserError(
    `This model takes images of ${inChannels} channels, and pictures have 1 (luminance), 3 (RGB) or 4 (RGB and alpha): pass ` +
      'another model.',
  );
}

/** How many times smaller the latent's sides are than the image's. */
export function downsamplingFactor(model: ModelConfig): number {
  if (model.latent === 'linear') return 1;
  if (model.latent === 'tiny') return 2 ** (model.encoderBlocks.length - 1);
  if (model.latent === 'deep-compression') return 2 ** (model.encoder.blockOutChannels.length - 1);
  if (model.latent === 'causal-video') return (model.patchSize ?? 1) * 2 ** (model.channelMultipliers.length - 1);
  const patch = model.latent === 'spatial' ? (model.latentPatch?.size ?? 1) : 1;
  return patch * (model.stem ?? 1) * 2 ** (model.blockOutChannels.length - 1);
}

/** TAESD's network, DC-AE's and a linear one answer with one latent. */
export function posteriorKindOf(model: ModelConfig): PosteriorKind {
  if (model.latent === 'causal-video') return 'gaussian';
  return 'posterior' in model ? model.posterior : 'deterministic';
}

/** The one half of an autoencoder that is there; undefined where both are. */
export const halfOf = (model: ModelConfig): 'encoder' | 'decoder' | undefined =>
  'half' in model ? model.half : undefined;

/** The channels of a latent before its squares become channels. */
export const vaeChannelsOf = ({ latentChannels, latentPatch }: SpatialModelConfig): number =>
  latentChannels / (latentPatch?.size ?? 1) ** 2;

/** The channels that the networks themselves make and take of a latent. */
export const zChannelsOf = (model: SpatialModelConfig): number => model.zChannels ?? vaeChannelsOf(model);

/** What the levels of a decoder are made of, from the highest resolution on. */
export function decoderLevels(model: KlModelConfig) {
  const { blockOutChannels, layersPerBlock, attentionLevels } = model;
  if (model.latent === 'vector') return { blockOutChannels, layersPerBlock, attentionLevels };
  return {
    blockOutChannels: model.decoderBlockOutChannels ?? blockOutChannels,
    layersPerBlock: model.decoderLayersPerBlock ?? layersPerBlock,
    attentionLevels: model.decoderAttentionLevels ?? attentionLevels,
  };
}

/** The names of the classes that a model is told of; undefined for one that knows none. */
export const classesOf = (model: ModelConfig): readonly string[] | undefined =>
  model.latent === 'vector' ? model.classes : undefined;

/**
 * Diffusion sees (latent - shift) · factor; null where nobody has measured them. Statistics of every channel take the place of
 * one shift, as in diffusers: (latent - mean) · scaling / std.
 */
export function latentScaling(model: ModelConfig): Scaling | null {
  if (model.latent === 'tiny') return { factor: 1, shift: 0 };
  if (hasVectorLatent(model)) return null;
  if ('latentsMean' in model && model.latentsMean && model.latentsStd) {
    const { scalingFactor, latentsMean, latentsStd } = model;
    return { shift: latentsMean, factor: latentsStd.map((std) => (scalingFactor ?? 1) / std) };
  }
  if (model.scalingFactor === null) return null;
  return { factor: model.scalingFactor, shift: ('shiftFactor' in model ? model.shiftFactor : null) ?? 0 };
}

/** The model without what was measured of its latents: other weights make other latents. */
export function withoutScaling<Model extends ModelConfig>(model: Model): Model {
  if (model.latent === 'deep-compression') return { ...model, scalingFactor: null };
  if (model.latent === 'causal-video') return { ...model, scalingFactor: null, latentsMean: null, latentsStd: null };
  if (model.latent !== 'spatial') return model;
  return { ...model, scalingFactor: null, shiftFactor: null, latentsMean: null, latentsStd: null };
}

/**
 * The model with a scaling of its latents.
 *
 * @throws UserError for a model whose configuration has no place for it
 */
export function withScaling(model: ModelConfig, { shift, factor }: Scaling): ModelConfig {
  if (model.latent === 'spatial' || model.latent === 'causal-video') {
    const isOne = typeof shift === 'number' && typeof factor === 'number';
    if (isOne && model.latent === 'spatial')
      return { ...withoutScaling(model), scalingFactor: factor, shiftFactor: shift };
    const channels = Array.from({ length: model.latentChannels }, (_, channel) => channel);
    return {
      ...withoutScaling(model),
      scalingFactor: 1,
      latentsMean: channels.map((channel) => ofChannel(shift, channel)),
      latentsStd: channels.map((channel) => 1 / ofChannel(factor, channel)),
    };
  }
  if (model.latent === 'deep-compression' && shift === 0 && typeof factor === 'number')
    return { ...model, scalingFactor: factor };
  throw new UserError(
    `The configuration of a ${model.latent} model has no place for the scaling ${scalingText({ shift, factor })} of its latents: ` +
      'leave it out, stores of latents keep it.',
  );
}
