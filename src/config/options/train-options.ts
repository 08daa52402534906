/** What a training can be told. */
import { z } from 'zod';
import { presetNames } from '../networks/presets.js';
import { channelCount, floatCount, sidePx } from '../networks/sizes.js';
import { engineOptionsSchema } from './engine-options.js';
import { batchSize, imageChannelCounts, imageFilterSchema } from './image-options.js';
import { objectiveOptionsSchema } from './objective-options.js';

export type { TrainOptions } from '../types/training.js';

const positiveInteger = z.number().int().positive();

/** Checks what a training is told, and fills in the defaults. */
export const trainOptionsSchema = z.strictObject({
  preset: z.enum(presetNames).default('fast-f8').describe('network and objective'),
  from: z.string().optional().describe("model to train further: its network and weights instead of the preset's"),
  decoderOnly: z.boolean().default(false).describe('train the decoder of --from alone: its latents stay what they are'),
  size: sidePx.default(64).meta({ unit: 'px' }).describe('side of the square crop'),
  imageChannels: z
    .number()
    .refine((channels) => imageChannelCounts.some((count) => count === channels), 'wanted 1, 3 or 4')
    .optional()
    .describe('numbers per pixel: 1 for luminance, 3 for RGB, 4 for RGB and alpha (without it: 3)'),
  channels: z
    .array(
      z
        .number()
        .int()
        .positive()
        .max(2 ** 16),
    )
    .optional()
    .describe("channels per resolution, from the highest on, instead of the preset's"),
  normGroups: channelCount.optional().describe("groups of the normalisation, instead of the preset's"),
  latentFloats: floatCount.optional().describe("floats of a vector latent, instead of the preset's"),
  shrinkage: z
    .number()
    .gt(0)
    .max(1)
    .optional()
    .describe('of the covariances of preset lda, 1 = all (without it: the estimate of Ledoit and Wolf)'),
  latentChannels: channelCount.optional().describe("channels of a spatial latent, instead of the preset's"),
  ...imageFilterSchema.shape,
  validation: z
    .string()
    .optional()
    .describe('glob of the files kept for validation; without it, one file in 16 by the hash of its path'),
  crop: z.enum(['random', 'center']).default('random').describe('which square of a training picture is used'),
  cropScale: z
    .number()
    .gt(0)
    .max(1)
    .default(1)
    .describe('least share of the shorter side that a random crop covers: below 1, pictures are seen at many scales'),
  flip: z.boolean().default(true).describe('mirror half of the training pictures'),
  batch: batchSize.describe('images per step'),
  accumulate: positiveInteger.default(1).describe('parts in which the images of a step are computed, to save memory'),
  gradientCheckpointing: z
    .boolean()
    .default(false)
    .describe('keep less of the autoencoder for the gradients and compute it again: less memory, a slower step'),
  steps: positiveInteger.optional().describe('how long to train (without --steps or --minutes: 1000 steps)'),
  minutes: z.number().positive().optional().describe('how long to train, by the clock'),
  seed: z.number().int().min(0).default(0).describe('decides initial weights, order, crops and noise'),
  latentSamples: positiveInteger.default(1).describe('draws from the posterior per image, whose errors are averaged'),
  ...objectiveOptionsSchema.shape,
  learningRate: z.number().positive().default(1e-3).describe('of Adam, after the warm-up'),
  warmupSteps: z.number().int().min(0).default(50).describe('steps in which the learning rate rises from zero'),
  schedule: z.enum(['cosine', 'constant']).default('cosine').describe('the learning rate after the warm-up'),
  gradientClip: z.number().min(0).default(1).describe('largest global gradient norm, 0 = no limit'),
  emaDecay: z.number().min(0).lt(1).default(0.995).describe('decay of the moving average of the weights, 0 = none'),
  checkpointSteps: positiveInteger.default(250).describe('steps between checkpoints'),
  sampleSteps: positiveInteger.default(250).describe('steps between validations with a picture of samples'),
  validationImages: positiveInteger
    .default(64)
    .meta({ unit: 'images' })
    .describe('validation images used while training'),
  tensorboard: z.boolean().default(false).describe('write TensorBoard event files into the run folder, too'),
  ...engineOptionsSchema.shape,
});
