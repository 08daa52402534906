/** Options of training a diffusion model on latents and of sampling from it, and what a run of it is made of. */
import { z } from 'zod';
import { sha256Schema } from '../../digest.js';
import { denoiserConfigSchema, denoiserPresetNames } from '../networks/denoiser.js';
import { engineOptionsSchema } from './engine-options.js';

export type { DiffusionOptions, SamplingOptions } from '../types/training.js';

const positiveInteger = z.number().int().positive();
const wholeNumber = z.number().int().min(0);

/** What a diffusion model can learn to predict. */
export const processNames = ['flow', 'epsilon'] as const;
/**
 * What a diffusion model predicts: the velocity of a rectified flow (arXiv 2209.03003), or the noise (arXiv 2006.11239).
 */
export type ProcessName = (typeof processNames)[number];
/** Solvers that draw samples. */
export const samplerNames = ['heun', 'euler', 'ddim'] as const;
/**
 * The solver that draws samples: Heun's or Euler's method for flows, DDIM (arXiv 2010.02502) where the noise is
 * predicted.
 */
export type SamplerName = (typeof samplerNames)[number];

/** Checks the options of training a diffusion model and fills in their defaults. */
export const diffusionOptionsSchema = z.strictObject({
  preset: z
    .enum(denoiserPresetNames)
    .optional()
    .describe('network (without it: unet-tiny for grids, mlp-tiny for vectors)'),
  process: z
    .enum(processNames)
    .default('flow')
    .describe('predict the velocity of a rectified flow, or the noise with a cosine schedule'),
  model: z.string().optional().describe('tokenizer of the latents (without it: found by its sha256 near them)'),
  validation: z
    .string()
    .optional()
    .describe('glob of the images kept for validation; without it, one in 16 by the hash of its path, as in train'),
  posterior: z
    .enum(['sample', 'mean'])
    .default('sample')
    .describe('draw each latent anew in every epoch, or take means'),
  mirror: z.boolean().default(false).describe('take the mirrored latents of half of the images (encode --mirrored)'),
  labelDropout: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe('share of images whose class is kept back, for guidance'),
  batch: positiveInteger.default(64).meta({ unit: 'latents' }).describe('latents per step'),
  steps: positiveInteger.optional().describe('how long to train (without --steps or --minutes: 2000 steps)'),
  minutes: z.number().positive().optional().describe('how long to train, by the clock'),
  seed: wholeNumber.default(0).describe('decides initial weights, order, times and noise'),
  learningRate: z.number().positive().default(1e-3).describe('of Adam, after the warm-up'),
  warmupSteps: wholeNumber.default(100).describe('steps in which the learning rate rises from zero'),
  schedule: z.enum(['cosine', 'constant']).default('cosine').describe('the learning rate after the warm-up'),
  gradientClip: z.number().min(0).default(1).describe('largest global gradient norm, 0 = no limit'),
  emaDecay: z.number().min(0).lt(1).default(0.999).describe('decay of the moving average of the weights, 0 = none'),
  checkpointSteps: positiveInteger.default(250).describe('steps between checkpoints'),
  sampleSteps: positiveInteger.default(500).describe('steps between validations with a picture of samples'),
  tensorboard: z.boolean().default(false).describe('write TensorBoard event files into the run folder, too'),
  ...engineOptionsSchema.shape,
});

/** Checks the options of sampling and fills in their defaults. */
export const samplingOptionsSchema = z.strictObject({
  guidance: z
    .number()
    .min(0)
    .optional()
    .describe('how much the class counts, 1 = as trained (without it: 1.5 where there are classes)'),
  sampler: z.enum(samplerNames).optional().describe('solver (without it: heun, or ddim where the noise is predicted)'),
  samplerSteps: positiveInteger.default(25).describe('its steps; heun asks the network twice in each'),
  seed: wholeNumber.default(0).describe('of the noise that pictures are made of'),
  batch: positiveInteger.default(32).meta({ unit: 'images' }).describe('images at a time'),
});

const perChannel = z.array(z.number()).min(1);

/** What the model that came out of a run is: all that sampling needs besides weights. */
export const diffusionModelSchema = z.strictObject({
  /** The network. */
  denoiser: denoiserConfigSchema,
  /** What it predicts. */
  process: z.enum(processNames),
  /** Diffusion sees (latent - mean) / std, per channel. */
  normalization: z.strictObject({ mean: perChannel, std: perChannel }),
  /** Of the latents, and what decodes them. */
  tokenizer: z.strictObject({
    sha256: sha256Schema,
    name: z.string(),
    /** Where it was when training began, absolute; null where it was not found. */
    path: z.string().nullable(),
  }),
});
/** A diffusion model: its network, its process, the statistics of its latents, and their tokenizer. */
export type DiffusionModelConfig = z.infer<typeof diffusionModelSchema>;

/** What `train-diffusion` resolved its options to: the content of a run's config.json. */
export const diffusionRunConfigSchema = z.strictObject({
  /** Of this file. */
  formatVersion: z.literal(1),
  /** The store, absolute. */
  latents: z.string(),
  /** The model that comes out of it. */
  diffusion: diffusionModelSchema,
  /** Every option, resolved. */
  options: diffusionOptionsSchema,
  /** Threads that --threads came to where the run was begun: they decide the last bits of its weights. */
  threads: z.number().int().positive().optional(),
});
/** What the options of `train-diffusion` resolve to: the content of its config.json. */
export type DiffusionRunConfig = z.infer<typeof diffusionRunConfigSchema>;
