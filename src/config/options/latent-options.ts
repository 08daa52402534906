/** How latents are stored, made into pictures again and copied to other formats. */
import { z } from 'zod';
import { sidePx } from '../networks/sizes.js';
import { engineOptionsSchema } from './engine-options.js';
import { batchSize, inferenceOptionsSchema } from './image-options.js';

export type { ConvertOptions, DecodeOptions, EncodeOptions } from '../types/images-and-latents.js';

const positiveInteger = z.number().int().positive();

/** Number formats of stored latents. */
export const latentDtypeNames = ['float32', 'float16', 'bfloat16'] as const;
/** The number format of stored latents. */
export type LatentDtype = (typeof latentDtypeNames)[number];

/** Number formats that an encoder can compute in. */
export const precisionNames = ['float32', 'int8'] as const;
/** The number format that an encoder computes in. */
export type Precision = (typeof precisionNames)[number];

/** How pictures that keep their own size are cut, so that memory does not depend on their size. */
const tileOptions = {
  tileSize: sidePx.default(512).meta({ unit: 'px' }).describe('side of a tile'),
  tileOverlap: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.25)
    .describe('share of a tile that its neighbour sees too; it is blended in the middle half'),
  wholePixels: z
    .number()
    .int()
    .min(0)
    .optional()
    .meta({ unit: 'px' })
    .describe('pictures of up to so many px are not cut (without it: 2097152 for fast networks, 0 for others)'),
};

/** Checks how latents are stored, and fills in the defaults. */
export const encodeOptionsSchema = z.strictObject({
  ...inferenceOptionsSchema.shape,
  tile: z.boolean().default(false).describe('keep every picture whole, in its own size, and encode it in tiles'),
  ...tileOptions,
  buckets: z
    .boolean()
    .default(false)
    .describe('resize each picture to the nearest of several shapes of about equal area, instead of to a square'),
  area: z
    .string()
    .regex(/^[1-9]\d{0,5}x[1-9]\d{0,5}$/, 'wanted WIDTHxHEIGHT in px, such as 256x256')
    .optional()
    .meta({ unit: 'px' })
    .describe("of a bucket, as WIDTHxHEIGHT (default: the square of the model's size)"),
  multiple: positiveInteger
    .optional()
    .meta({ unit: 'px' })
    .describe('of which both sides of a bucket are (default: 64)'),
  dtype: z.enum(latentDtypeNames).default('float32').describe('number format of the stored latents'),
  precision: z
    .enum(precisionNames)
    .default('float32')
    .describe('of the encoder; int8 is faster, calibrates itself on 16 of the images and says what it costs'),
  mirrored: z.boolean().default(false).describe('store the latents of the mirrored images too'),
  shardBytes: positiveInteger
    .default(64 * 2 ** 20)
    .meta({ unit: 'bytes' })
    .describe('upper bound of one shard'),
  workers: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'threads that read and decode images while the model computes; with 0 that goes on between two batches. They are ' +
        'for models that leave cores idle (on a GPU, or with fewer --threads), and cost a few per cent elsewhere',
    ),
  part: z
    .string()
    .optional()
    .describe('encode one part of all, such as 3/8, to merge later; without it, asks Slurm and MPI; 1/1 = no parts'),
  parts: positiveInteger
    .optional()
    .describe('how many parts there are, where an index from 0 says which this is (Kubernetes, lone Slurm tasks)'),
  retrySkipped: z.boolean().default(false).describe('try images again that could not be read before'),
  checkSources: z
    .boolean()
    .default(true)
    .describe('name the images of the store that changed or are gone, which reads those that were stored before'),
  update: z
    .boolean()
    .default(false)
    .describe('encode anew what changed since it was encoded, and try again what could not be read'),
  prune: z.boolean().default(false).describe('drop from the store what is not among the images any more'),
});

/** Formats of picture files that are written. */
export const pictureFormatNames = ['png', 'jpeg', 'webp'] as const;
/** The format of a picture file. */
export type PictureFormat = (typeof pictureFormatNames)[number];

/** Checks how latents become pictures, and fills in the defaults. */
export const decodeOptionsSchema = z.strictObject({
  format: z.enum(pictureFormatNames).default('png').describe('of the pictures'),
  from: z.enum(['mean', 'sample']).default('mean').describe('decode the mean of each posterior or a draw from it'),
  seed: z.number().int().min(0).default(0).describe('of the draws'),
  batch: batchSize.describe('images per pass through the model'),
  ...tileOptions,
  force: z.boolean().default(false).describe('decode latents of another encoder, and replace what is in --out'),
  ...engineOptionsSchema.shape,
});

/** Formats that a store of latents can be copied to. */
export const latentFormatNames = ['webdataset', 'npy', 'npz'] as const;
/** The format that a store of latents is copied to. */
export type LatentFormat = (typeof latentFormatNames)[number];
/** What other formats can hold of a latent. */
export const rowValueNames = ['moments', 'mean', 'sample', 'codes'] as const;
/** What another format holds of a latent. */
export type RowValues = (typeof rowValueNames)[number];

/** Checks how a store is copied to another format, and fills in the defaults. */
export const convertOptionsSchema = z.strictObject({
  format: z.enum(latentFormatNames).default('webdataset').describe('tar files, two .npy files per image, or one .npz'),
  values: z
    .enum(rowValueNames)
    .default('moments')
    .describe('mean and logvar, the mean alone, one draw, or the codes of a vq model, int32'),
  scaled: z.boolean().default(false).describe("apply the store's scale (to mean and sample)"),
  seed: z.number().int().min(0).default(0).describe('of the draws'),
});
