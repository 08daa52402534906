/** The networks that have a name, each with what it is trained to lower. */
import type { z } from 'zod';
import type { ObjectiveName } from '../objective.js';
import type { modelConfigSchema } from './model-schema.js';

/** A network that has a name, with the objective it is trained with by default. */
export interface Preset {
  readonly summary: string;
  readonly objective: ObjectiveName;
  /** The network for square images of `imageSize` px; `classCount` where it is `conditional` or `discriminant`. */
  readonly model: NetworkForSize;
  /** Whether it is told the class of every image; the names of the classes complete its network. */
  readonly conditional?: true;
  /** Whether it is made to tell the classes of the training images apart, of which it is then told nothing. */
  readonly discriminant?: true;
}

/** A network for square images of `imageSize` px, told of `classCount` classes where it is told of any. */
export type NetworkForSize = (imageSize: number, classCount?: number) => z.input<typeof modelConfigSchema>;

const ldm = (channels: readonly number[], latentChannels: number, attentionLevels: number[] = []): NetworkForSize => {
  return (imageSize) => ({
    latent: 'spatial',
    imageSize,
    blockOutChannels: channels.map((multiplier) => 128 * multiplier),
    layersPerBlock: 2,
    latentChannels,
    attentionLevels,
  });
};

const tiny = (blockOutChannels: number[], latentChannels: number, posterior: object = {}): NetworkForSize => {
  return (imageSize) => ({
    latent: 'spatial',
    imageSize,
    blockOutChannels,
    latentChannels,
    normNumGroups: 16,
    ...posterior,
  });
};

/**
 * Levels of a network with a stem, from the highest resolution on: width, and residual blocks each way. Encoders are the smaller
 * half (LiteVAE, arXiv 2405.14477): what is encoded once per picture is restored by a decoder that has learned more.
 */
type FastLevels = readonly (readonly [width: number, encoderBlocks: number, decoderBlocks: number])[];

const fastTrunk = (imageSize: number, levels: FastLevels) => {
  return {
    imageSize,
    stem: 4,
    blockOutChannels: levels.map(([width]) => width),
    encoderLayers: levels.map(([, blocks]) => blocks),
    decoderLayers: levels.map(([, , blocks]) => blocks),
    normNumGroups: 16,
    midBlockAttention: false,
  } as const;
};

const fast = (levels: FastLevels, latentChannels: number, posterior: object = {}): NetworkForSize => {
  return (imageSize) => ({
    latent: 'spatial',
    ...fastTrunk(imageSize, levels),
    latentChannels,
    useQuantConv: false,
    usePostQuantConv: false,
    ...posterior,
  });
};

const fastF8Levels: FastLevels = [
  [96, 0, 2],
  [160, 2, 4],
];

const fastF4Levels: FastLevels = [[64, 1, 2]];

/** Goes on halving until the side is 4 px (or odd), then one dense layer each way makes the vector. */
const fastVector = (latentFloats: (imageSize: number) => number, posterior: object = {}): NetworkForSize => {
  return (imageSize) => {
    const levels: [number, number, number][] = [[64, 1, 2]];
    for (let side = imageSize / 4; side > 4 && side % 2 === 0; side /= 2) levels.push([64, 1, 1]);
    return { latent: 'vector', ...fastTrunk(imageSize, levels), latentFloats: latentFloats(imageSize), ...posterior };
  };
};

/** Halves the image until its side is 4 px (or odd), then one dense layer each way makes the vector. */
const vector = (latentFloats: (imageSize: number) => number, posterior: object = {}): NetworkForSize => {
  const widths = [32, 64, 64, 128];
  return (imageSize) => {
    const blockOutChannels = [32];
    for (let side = imageSize; side > 4 && side % 2 === 0; side /= 2) {
      blockOutChannels.push(widths[blockOutChannels.length] ?? 128);
    }
    return {
      latent: 'vector',
      imageSize,
      blockOutChannels,
      normNumGroups: 16,
      midBlockAttention: false,
      latentFloats: latentFloats(imageSize),
      ...posterior,
    };
  };
};

/** What the tokenizers lower unless told otherwise. */
const tokenizerObjective: ObjectiveName = 'default';

/** Twice as many floats as the best linear code needs for 24 dB at 64 px: a training of minutes shows what the network can. */
const f4Channels = 8;

const linearFloats = 128;

const asManyAsF4 = (imageSize: number) => f4Channels * Math.ceil(imageSize / 4) ** 2;

/** The networks that have a name. */
export const presets = {
  'fast-f8': {
    summary: 'latent of h/8 × w/8 × 4 by a network made for CPUs: nothing runs at full resolution',
    objective: tokenizerObjective,
    model: fast(fastF8Levels, 4),
  },
  'fast-f8c16': {
    summary: 'fast-f8 with 16 channels: more faithful, four times the floats',
    objective: tokenizerObjective,
    model: fast(fastF8Levels, 16),
  },
  'fast-f4': {
    summary: 'latent of h/4 × w/4 × 8 for trainings of minutes, squared error alone',
    objective: 'mse',
    model: fast(fastF4Levels, f4Channels),
  },
  'fast-f16c32': {
    summary: 'latent of h/16 × w/16 × 32 for large pictures',
    objective: tokenizerObjective,
    model: fast(
      [
        [96, 0, 1],
        [160, 1, 2],
        [224, 2, 4],
      ],
      32,
    ),
  },
  'fast-vector': {
    summary: 'the baseline on the same trunk: one latent vector with as many floats as fast-f4, full KL, squared error',
    objective: 'vanilla',
    model: fastVector(asManyAsF4),
  },
  'fast-ae': {
    summary: 'fast-vector without a posterior: the encoder makes the latent itself, and there is no KL term',
    objective: 'autoencoder',
    model: fastVector(asManyAsF4, { posterior: 'deterministic' }),
  },
  'fast-cvae': {
    summary: 'fast-vector that is told the class of every image, with a prior for each class',
    objective: 'vanilla',
    model: fastVector(asManyAsF4),
    conditional: true,
  },
  'fast-vq-f4': {
    summary: 'fast-f4 whose latent is made of 512 learned codes',
    objective: 'autoencoder',
    model: fast(fastF4Levels, f4Channels, { posterior: 'quantized', codes: 512 }),
  },
  'kl-f4-tiny': {
    summary: 'latent of h/4 × w/4 × 8 for trainings of minutes, squared error alone',
    objective: 'mse',
    model: tiny([32, 64, 80], f4Channels),
  },
  'kl-f8-tiny': {
    summary: 'latent of h/8 × w/8 × 4, for a CPU',
    objective: tokenizerObjective,
    model: tiny([32, 64, 64, 128], 4),
  },
  'vector-vae': {
    summary: 'the baseline: one latent vector per image with as many floats as kl-f4-tiny, full KL, squared error',
    objective: 'vanilla',
    model: vector(asManyAsF4),
  },
  'vector-vae-128': {
    summary: 'the textbook baseline: one latent vector of 128 floats',
    objective: 'vanilla',
    model: vector(() => 128),
  },
  'vector-ae': {
    summary: 'vector-vae without a posterior: the encoder makes the latent itself, and there is no KL term',
    objective: 'autoencoder',
    model: vector(asManyAsF4, { posterior: 'deterministic' }),
  },
  'vector-cvae': {
    summary: 'vector-vae that is told the class of every image, with a prior for each class',
    objective: 'vanilla',
    model: vector(asManyAsF4),
    conditional: true,
  },
  pca: {
    summary: 'the linear baseline: the first 128 principal components, computed and not trained',
    objective: 'autoencoder',
    model: (imageSize) => ({ latent: 'linear', imageSize, latentFloats: linearFloats }),
  },
  lda: {
    summary: 'linear discriminant analysis: the directions that tell the classes apart best, at most 128, computed',
    objective: 'autoencoder',
    // One class less has as many directions; fewer than one is refused where they are computed.
    model: (imageSize, classCount = 1) => ({
      latent: 'linear',
      imageSize,
      latentFloats: Math.max(1, Math.min(linearFloats, classCount - 1)),
      directions: 'discriminant',
    }),
    discriminant: true,
  },
  'vq-f8-tiny': {
    summary: 'kl-f8-tiny whose h/8 × w/8 latent is made of 512 learned codes',
    objective: 'autoencoder',
    model: tiny([32, 64, 64, 128], 4, { posterior: 'quantized', codes: 512 }),
  },
  'vq-f4-tiny': {
    summary: 'kl-f4-tiny whose h/4 × w/4 latent is made of 512 learned codes',
    objective: 'autoencoder',
    model: tiny([32, 64, 80], 8, { posterior: 'quantized', codes: 512 }),
  },
  'kl-f4': { summary: 'LDM, 55 M parameters', objective: tokenizerObjective, model: ldm([1, 2, 4], 3) },
  'kl-f8': {
    summary: 'LDM and Stable Diffusion, 84 M parameters',
    objective: tokenizerObjective,
    model: ldm([1, 2, 4, 4], 4),
  },
  'kl-f16': { summary: 'LDM, 70 M parameters', objective: tokenizerObjective, model: ldm([1, 1, 2, 2, 4], 16, [4]) },
  'kl-f32': {
    summary: 'LDM, 104 M parameters',
    objective: tokenizerObjective,
    model: ldm([1, 1, 2, 2, 4, 4], 64, [4, 5]),
  },
} as const satisfies Record<string, Preset>;
/** The name of a network. */
export type PresetName = keyof typeof presets;
/** The names of all networks. */
export const presetNames = Object.keys(presets) as [PresetName, ...PresetName[]];
