/**
 * Every option of the project, with its default, unit and range. Types, command-line flags, `--help` and config.json all come
 * from the schemas here. A field's `meta` may name its `unit` (shown in help).
 */
import { resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from './errors.js';
import {
  type ModelConfig,
  modelConfigSchema,
  type Preset,
  posteriorKindOf,
  presetNames,
  presets,
} from './model-config.js';
import { flagOf, objectiveOptionsSchema, objectiveSchema, resolveObjective } from './objective-config.js';
import { parse } from './parse.js';

export * from './model-config.js';
export {
  type AdversarialConfig,
  type AdversarialLossName,
  type CodebookConfig,
  flagOf,
  type ObjectiveConfig,
  type ObjectiveName,
  objectives,
  type PerceptualKind,
} from './objective-config.js';

const positiveInteger = z.number().int().positive();

// ---------------------------------------------------------------- the engine

export const engineNames = ['onnxruntime', 'tensorflow', 'tensorflow-gpu', 'cpu'] as const;
export const deviceNames = ['cpu', 'webgpu', 'cuda'] as const;

export const engineOptionsSchema = z.strictObject({
  engine: z.enum(engineNames).default('onnxruntime').describe('what computes: ours on ONNX Runtime, or a tfjs backend'),
  device: z.enum(deviceNames).default('cpu').describe('where the onnxruntime engine computes'),
  threads: z.number().int().min(0).default(0).describe('threads of the onnxruntime engine, 0 = one per core'),
});
export type EngineOptions = z.infer<typeof engineOptionsSchema>;

// ---------------------------------------------------------------- images

/** Which files of a folder are read. */
export const imageFilterSchema = z.strictObject({
  include: z.string().optional().describe('only files that match this glob, relative to DIR'),
  exclude: z.string().optional().describe('no files that match this glob, relative to DIR'),
  maxPixels: positiveInteger
    .default(268_402_689)
    .meta({ unit: 'px' })
    .describe('refuse larger pictures before decoding them'),
});
export type ImageFilter = z.infer<typeof imageFilterSchema>;

const batchSize = positiveInteger.default(16).meta({ unit: 'images' });

/** Options of every command that puts a folder of images through a trained model. */
export const inferenceOptionsSchema = z.strictObject({
  size: positiveInteger
    .optional()
    .meta({ unit: 'px' })
    .describe("side of the square centre crop (default: the model's)"),
  ...imageFilterSchema.shape,
  batch: batchSize.describe('images per pass through the model'),
  ...engineOptionsSchema.shape,
});
export type InferenceOptions = z.infer<typeof inferenceOptionsSchema>;

// ---------------------------------------------------------------- latents

export const latentDtypeNames = ['float32', 'float16', 'bfloat16'] as const;
export type LatentDtype = (typeof latentDtypeNames)[number];

/** How pictures that keep their own size are cut, so that memory does not depend on their size. */
const tileOptions = {
  tileSize: positiveInteger.default(512).meta({ unit: 'px' }).describe('side of a tile'),
  tileOverlap: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.25)
    .describe('share of a tile that its neighbour sees too; it is blended in the middle half'),
};

export const encodeOptionsSchema = z.strictObject({
  ...inferenceOptionsSchema.shape,
  tile: z.boolean().default(false).describe('keep every picture whole, in its own size, and encode it in tiles'),
  ...tileOptions,
  dtype: z.enum(latentDtypeNames).default('float32').describe('number format of the stored latents'),
  mirrored: z.boolean().default(false).describe('store the latents of the mirrored images too'),
  shardBytes: positiveInteger
    .default(64 * 2 ** 20)
    .meta({ unit: 'bytes' })
    .describe('upper bound of one shard'),
  maxFileBytes: positiveInteger
    .default(256 * 2 ** 20)
    .meta({ unit: 'bytes' })
    .describe('skip larger members of tar files before reading them'),
  workers: z
    .number()
    .int()
    .min(0)
    .default(0)
    .describe(
      'threads that read and decode images while the model computes; with 0 that goes on between two batches. They are ' +
        'for models that leave cores idle (on a GPU, or with fewer --threads), and cost a few per cent elsewhere',
    ),
  retrySkipped: z.boolean().default(false).describe('try images again that could not be read before'),
  checkSources: z.boolean().default(false).describe('name the files that changed since they were encoded'),
});

export const pictureFormatNames = ['png', 'jpeg', 'webp'] as const;
export type PictureFormat = (typeof pictureFormatNames)[number];

export const decodeOptionsSchema = z.strictObject({
  format: z.enum(pictureFormatNames).default('png').describe('of the pictures'),
  from: z.enum(['mean', 'sample']).default('mean').describe('decode the mean of each posterior or a draw from it'),
  seed: z.number().int().min(0).default(0).describe('of the draws'),
  batch: batchSize.describe('images per pass through the model'),
  ...tileOptions,
  force: z.boolean().default(false).describe('decode latents of another encoder, and replace what is in --out'),
  ...engineOptionsSchema.shape,
});

export const latentFormatNames = ['webdataset', 'npy', 'npz'] as const;
export type LatentFormat = (typeof latentFormatNames)[number];
export const rowValueNames = ['moments', 'mean', 'sample'] as const;
export type RowValues = (typeof rowValueNames)[number];

export const convertOptionsSchema = z.strictObject({
  format: z.enum(latentFormatNames).default('webdataset').describe('tar files, two .npy files per image, or one .npz'),
  values: z.enum(rowValueNames).default('moments').describe('mean and logvar, the mean alone, or one draw'),
  scaled: z.boolean().default(false).describe("apply the store's scale (to mean and sample)"),
  seed: z.number().int().min(0).default(0).describe('of the draws'),
});

// ---------------------------------------------------------------- training

export const trainOptionsSchema = z.strictObject({
  preset: z.enum(presetNames).default('kl-f8-tiny').describe('network and objective'),
  from: z.string().optional().describe("model to train further: its network and weights instead of the preset's"),
  size: positiveInteger.default(64).meta({ unit: 'px' }).describe('side of the square crop'),
  channels: z
    .array(z.coerce.number().int().positive())
    .optional()
    .describe("channels per resolution, from the highest on, instead of the preset's"),
  normGroups: positiveInteger.optional().describe("groups of the normalisation, instead of the preset's"),
  latentFloats: positiveInteger.optional().describe("floats of a vector latent, instead of the preset's"),
  latentChannels: positiveInteger.optional().describe("channels of a spatial latent, instead of the preset's"),
  ...imageFilterSchema.shape,
  validation: z
    .string()
    .optional()
    .describe('glob of the files kept for validation; without it, one file in 16 by the hash of its path'),
  crop: z.enum(['random', 'center']).default('random').describe('which square of a training picture is used'),
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
  ...engineOptionsSchema.shape,
});
export type TrainOptions = z.infer<typeof trainOptionsSchema>;

/** What `train` resolved its options to: the content of a run's config.json. */
export const runConfigSchema = z.strictObject({
  formatVersion: z.literal(1),
  /** The folder of images, absolute. */
  directory: z.string(),
  model: modelConfigSchema,
  objective: objectiveSchema,
  options: trainOptionsSchema,
});
export type RunConfig = z.infer<typeof runConfigSchema>;

/** The config.json of a folder that `import` made. */
export const importedConfigSchema = z.strictObject({
  formatVersion: z.literal(1),
  model: modelConfigSchema,
  imported: z.strictObject({
    /** Where the model was read from, absolute. */
    path: z.string(),
    /** What wrote it. */
    origin: z.string(),
    /** Of its weight files; see `fingerprintOf`. */
    sha256: z.string(),
  }),
});
export type ImportedConfig = z.infer<typeof importedConfigSchema>;

/** What decides the network of a training besides its options. */
export interface NetworkFacts {
  /** The network, where it is not the preset's. */
  readonly model?: ModelConfig | undefined;
  /** What the images are divided into, for presets that are told the class of every image. */
  readonly classes?: readonly string[] | undefined;
}

/** Fills in every default, so that the result says all that decides a training run. */
export function resolveRunConfig(directory: string, options: TrainOptions, facts: NetworkFacts = {}): RunConfig {
  if (options.steps !== undefined && options.minutes !== undefined) {
    throw new UserError('Got both --steps and --minutes, wanted one of them: drop one.');
  }
  if (options.batch % options.accumulate !== 0) {
    throw new UserError(
      `Got a batch of ${options.batch} in ${options.accumulate} parts, wanted parts of equal size: choose another --batch.`,
    );
  }
  const [replaced] = networkOptions.filter((option) => options[option] !== undefined);
  if (options.from !== undefined && replaced !== undefined) {
    throw new UserError(`Got ${flagOf(replaced)} for the network of --from, which is as it is: drop one of the two.`);
  }
  const timed = options.minutes !== undefined;
  const preset: Preset = presets[options.preset];
  const model = facts.model ?? presetModel(preset, options, facts.classes);
  const posterior = posteriorKindOf(model);
  if (options.latentSamples > 1 && posterior !== 'gaussian') {
    throw new UserError(`Got --latent-samples, but a ${posterior} posterior has nothing to draw: drop it.`);
  }
  return {
    formatVersion: 1,
    directory: resolve(directory),
    model,
    objective: resolveObjective(options.objective ?? preset.objective, options, posterior),
    options: {
      ...options,
      ...(!timed && { steps: options.steps ?? 1000 }),
      ...(options.from !== undefined && { from: resolve(options.from) }),
    },
  };
}

/** What the options of a network replace in its configuration. */
const networkFields = {
  channels: 'blockOutChannels',
  normGroups: 'normNumGroups',
  latentFloats: 'latentFloats',
  latentChannels: 'latentChannels',
} as const satisfies Partial<Record<keyof TrainOptions, string>>;
const networkOptions = Object.keys(networkFields) as (keyof typeof networkFields)[];

function presetModel(preset: Preset, options: TrainOptions, classes?: readonly string[]): ModelConfig {
  const given = networkOptions.filter((option) => options[option] !== undefined);
  const changes = Object.fromEntries(given.map((option) => [networkFields[option], options[option]]));
  const network = { ...preset.model(options.size), ...changes, ...(preset.conditional && { classes: classes ?? [] }) };
  return parse(modelConfigSchema, network, `preset ${options.preset}`);
}
