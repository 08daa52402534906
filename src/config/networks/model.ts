/** What follows from the configuration of a network. */
import { UserError } from '../../errors.js';
import { type ImageChannels, imageChannelCounts } from '../options/image-options.js';
import type {
  CausalVideoConfig,
  DeepCompressionConfig,
  LinearModelConfig,
  SpatialModelConfig,
  TinyModelConfig,
  VectorModelConfig,
} from '../types/networks.js';
import type { posteriorKinds } from './model-schema.js';
import { ofChannel, type Scaling, scalingText } from './scaling.js';

export type * from '../types/networks.js';

/** The network of an autoencoder, all that decides its shape; `latent` tells the families apart. */
export type ModelConfig =
  | SpatialModelConfig
  | VectorModelConfig
  | LinearModelConfig
  | TinyModelConfig
  | DeepCompressionConfig
  | CausalVideoConfig;

/** A Gaussian, one latent, or one latent made of entries of a codebook. */
export type PosteriorKind = (typeof posteriorKinds)[number];

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
