/** The tokenizers that `experiments -- diffusability` sets side by side: one thing changes from one to the next. */
import { type ModelConfig, modelConfigSchema } from '../../src/config/config.js';
import { codebookSchema, type ObjectiveConfig, objectives, regularizersSchema } from '../../src/config/objective.js';

/** Side of the pictures, px. */
export const pictureSide = 64;

export interface ComparedTokenizer {
  readonly name: string;
  /** What differs from `weak-kl`, in words. */
  readonly change: string;
  readonly model: ModelConfig;
  readonly objective: ObjectiveConfig;
  /** Share of the steps, the last ones, that train the decoder alone and without noise. */
  readonly decoderOnlyShare?: number;
  /** How often it is trained: thrice where a claim hangs on it. */
  readonly seeds: number;
}

const trunk = { imageSize: pictureSide, stem: 4, normNumGroups: 16, midBlockAttention: false } as const;

/** A `fast-f8` of half its width: 8 × 8 positions. */
const grid = (latentChannels: number, posterior: object = {}): ModelConfig =>
  modelConfigSchema.parse({
    ...trunk,
    latent: 'spatial',
    blockOutChannels: [64, 96],
    encoderLayers: [0, 2],
    decoderLayers: [2, 3],
    latentChannels,
    useQuantConv: false,
    usePostQuantConv: false,
    ...posterior,
  });

/** One vector of as many floats as `grid(4)`. */
const vector = modelConfigSchema.parse({
  ...trunk,
  latent: 'vector',
  blockOutChannels: [64, 96, 96],
  encoderLayers: [0, 2, 1],
  decoderLayers: [2, 3, 1],
  latentFloats: 8 * 8 * 4,
});

const { vanilla, autoencoder, mse } = objectives;
const regularized = (regularizers: object): ObjectiveConfig => ({
  ...mse,
  regularizers: regularizersSchema.parse(regularizers),
});

export const comparedTokenizers: readonly ComparedTokenizer[] = [
  { name: 'weak-kl', change: '8 × 8 × 4, KL weight 1e-6', model: grid(4), objective: mse, seeds: 3 },
  {
    name: 'strong-kl',
    change: 'KL weight 0.1',
    model: grid(4),
    objective: { ...mse, klWeight: 0.1 },
    seeds: 1,
  },
  { name: 'c16', change: '16 channels', model: grid(16), objective: mse, seeds: 3 },
  {
    name: 'equivariance',
    change: 'EQ-VAE, weight 0.5',
    model: grid(4),
    objective: regularized({ equivarianceWeight: 0.5 }),
    seeds: 3,
  },
  {
    name: 'vanilla-vae',
    change: 'one vector of 256, the complete KL term',
    model: vector,
    objective: vanilla,
    seeds: 1,
  },
  {
    name: 'autoencoder',
    change: 'no posterior, no KL',
    model: grid(4, { posterior: 'deterministic' }),
    objective: autoencoder,
    seeds: 1,
  },
  { name: 'c8', change: '8 channels', model: grid(8), objective: mse, seeds: 1 },
  {
    name: 'vq',
    change: '512 codes',
    model: grid(4, { posterior: 'quantized', codes: 512 }),
    objective: { ...autoencoder, codebook: codebookSchema.parse({}) },
    seeds: 1,
  },
  {
    name: 'scale-equivariance',
    change: 'weight 0.5',
    model: grid(4),
    objective: regularized({ scaleEquivarianceWeight: 0.5 }),
    seeds: 1,
  },
  {
    name: 'variance-expansion',
    change: 'weight 0.003',
    model: grid(4),
    objective: regularized({ varianceExpansionWeight: 0.003 }),
    seeds: 1,
  },
  {
    name: 'latent-noise',
    change: 'l-DeTok, noise 1, the last quarter decoder only',
    model: grid(4),
    objective: regularized({ latentNoise: 1 }),
    decoderOnlyShare: 0.25,
    seeds: 1,
  },
  {
    name: 'c16-prefix',
    change: '16 channels, of half of the images the first ones alone',
    model: grid(16),
    objective: regularized({ channelPrefixShare: 0.5 }),
    seeds: 1,
  },
];
