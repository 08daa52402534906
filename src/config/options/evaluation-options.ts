/** Options of what is measured. */
import { z } from 'zod';
import { perceptualKinds } from '../objective.js';

export type { BoundOptions, FeatureOptions, LatentSpaceOptions } from '../types/measuring.js';

const positiveInteger = z.number().int().positive();

/** What trained networks measure, in `evaluate` and `compare`. */
export const featureOptionsSchema = z.strictObject({
  perceptual: z.enum(perceptualKinds).default('builtin').describe('network of the perceptual distance'),
  features: z.boolean().default(true).describe('measure perceptual and Fréchet distance'),
});

/** How the bound on log p(x) is estimated. */
export const boundOptionsSchema = z.strictObject({
  bound: z.boolean().default(false).describe('estimate how probable a model finds images: ELBO and IWAE bounds'),
  importanceSamples: z
    .array(z.number().int().positive())
    .min(1)
    .default([1, 10, 100, 1000])
    .describe('draws per image of the importance-weighted bounds, separated by commas'),
  boundImages: positiveInteger
    .default(8)
    .meta({ unit: 'images' })
    .describe('how many of the images the bound is of, evenly chosen'),
  sigma: z.number().positive().default(0.5).describe('of p(x|z) = N(decoded, sigma² I), in units of images in [-1, 1]'),
});

/** How a latent space is looked at. */
export const latentSpaceOptionsSchema = z.strictObject({
  latentSpace: z.boolean().default(false).describe('add t-SNE, UMAP, walks between images and samples of the prior'),
  latentImages: positiveInteger
    .default(256)
    .meta({ unit: 'images' })
    .describe('how many of the images are projected, evenly chosen; time grows with their square'),
});
