/** Which images are read, and how many at a time. */
import { z } from 'zod';
import { engineOptionsSchema } from './engine-options.js';

export type { ImageFilter, InferenceOptions } from '../types/images-and-latents.js';

const positiveInteger = z.number().int().positive();

/** How many numbers a pixel may have: luminance, RGB, or RGB and alpha. */
export const imageChannelCounts = [1, 3, 4] as const;
/** How many numbers a pixel has: luminance, RGB, or RGB and alpha. */
export type ImageChannels = (typeof imageChannelCounts)[number];

/** Which files of a folder are read. */
export const imageFilterSchema = z.strictObject({
  include: z.string().optional().describe('only files that match this glob, counted from the folder of the images'),
  exclude: z.string().optional().describe('no files that match this glob, counted from there'),
  classDepth: z
    .number()
    .int()
    .min(0)
    .default(1)
    .describe('which of the folders above an image is its class: 1 is the first one below DIR, 0 all of them together'),
  maxFileBytes: positiveInteger
    .default(256 * 2 ** 20)
    .meta({ unit: 'bytes' })
    .describe('refuse larger members of tar files before reading them'),
  range: z
    .tuple([z.number(), z.number()])
    .refine(([low, high]) => low < high, 'wanted LOW,HIGH with LOW below HIGH')
    .optional()
    .describe(
      'values that become black and white in pictures of more than 8 bits: LOW,HIGH (without it, 0,65535 in those of 16 bits)',
    ),
  maxPixels: positiveInteger
    .default(268_402_689)
    .meta({ unit: 'px' })
    .describe('refuse larger pictures before decoding them'),
});

/** Checks a number of images per batch. */
export const batchSize = positiveInteger.default(16).meta({ unit: 'images' });

/** Options of every command that puts a folder of images through a trained model. */
export const inferenceOptionsSchema = z.strictObject({
  size: positiveInteger
    .max(2 ** 16)
    .optional()
    .meta({ unit: 'px' })
    .describe("side of the square centre crop (default: the model's)"),
  ...imageFilterSchema.shape,
  batch: batchSize.describe('images per pass through the model'),
  ...engineOptionsSchema.shape,
});
