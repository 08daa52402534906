/** What the options of a training resolve to: the content of config.json. */
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../digest.js';
import { UserError } from '../errors.js';
import { parse } from '../parse.js';
import { downsamplingFactor, hasVectorLatent, type ModelConfig, posteriorKindOf } from './networks/model.js';
import { modelConfigSchema } from './networks/model-schema.js';
import { type Preset, presets } from './networks/presets.js';
import { type ObjectiveConfig, objectiveSchema } from './objective.js';
import { fittedObjective, flagOf, resolveObjective } from './options/objective-options.js';
import { type TrainOptions, trainOptionsSchema } from './options/train-options.js';

/** What `train` resolved its options to: the content of a run's config.json. */
export const runConfigSchema = z.strictObject({
  /** Of this file. */
  formatVersion: z.literal(1),
  /** The folder of images, absolute; absent where a program handed its own pictures over. */
  directory: z.string().optional(),
  /** How many these were, and a hash of their names and classes in their order. */
  pictures: z.strictObject({ count: z.number().int(), sha256: z.string() }).optional(),
  /** Whether the network is a program's own, and not the preset's. */
  isOwnNetwork: z.literal(true).optional(),
  /** The network. */
  model: modelConfigSchema,
  /** What is lowered. */
  objective: objectiveSchema,
  /** Every option, resolved. */
  options: trainOptionsSchema,
  /** Threads that --threads came to where the run was begun: they decide the last bits of its weights. */
  threads: z.number().int().positive().optional(),
  /** Of the model whose encoder this one has (see `fingerprintOf`), where the decoder alone was trained. */
  encoderSha256: sha256Schema.optional(),
});
/** What the options of `train` resolve to: the content of a run's config.json. */
export type RunConfig = z.infer<typeof runConfigSchema>;

/** The config.json of a folder that `import` made. */
export const importedConfigSchema = z.strictObject({
  /** Of this file. */
  formatVersion: z.literal(1),
  /** The network. */
  model: modelConfigSchema,
  /** Where it came from. */
  imported: z.strictObject({
    /** Where the model was read from, absolute. */
    path: z.string(),
    /** What wrote it. */
    origin: z.string(),
    /** Of its weight files; see `fingerprintOf`. */
    sha256: z.string(),
  }),
});
/** The config.json of a folder that `import` made. */
export type ImportedConfig = z.infer<typeof importedConfigSchema>;

/** The config.json of a tokenizer to hand on, as `export --format tokenizer` writes it: nothing of where it was made. */
export const tokenizerConfigSchema = z.strictObject({
  /** Of this file. */
  formatVersion: z.literal(1),
  /** The network. */
  model: modelConfigSchema,
  /** What it is called. */
  tokenizer: z.strictObject({ name: z.string() }),
});
/** The config.json of a tokenizer to hand on. */
export type TokenizerConfig = z.infer<typeof tokenizerConfigSchema>;

/** What decides a training besides its options. */
export interface TrainingFacts {
  /** The network, where it is not the preset's. */
  readonly model?: ModelConfig | undefined;
  /** What the images are divided into, for presets that are told the class of every image. */
  readonly classes?: readonly string[] | undefined;
  /** Whether the network is a program's own. */
  readonly isOwn?: boolean | undefined;
  /** A whole objective in the place of the preset's. */
  readonly objective?: ObjectiveConfig | undefined;
  /** Terms of a program's own. */
  readonly terms?: ObjectiveConfig['terms'] | undefined;
  /** Of the model to train further, where its encoder stays. */
  readonly encoderSha256?: string | undefined;
}

/**
 * Fills in every default, so that the result says all that decides a training run.
 *
 * @param images a place, or what is known of the pictures that a program handed over
 */
export function resolveRunConfig(
  images: string | NonNullable<RunConfig['pictures']>,
  options: TrainOptions,
  facts: TrainingFacts = {},
): RunConfig {
  if (options.steps !== undefined && options.minutes !== undefined) {
    throw new UserError('Got both --steps and --minutes, wanted one of them: drop one.');
  }
  if (options.batch % options.accumulate !== 0) {
    throw new UserError(
      `Got a batch of ${options.batch} in ${options.accumulate} parts, wanted parts of equal size: choose another --batch.`,
    );
  }
  if (options.crop === 'center' && options.cropScale < 1) {
    throw new UserError(
      'Got --crop-scale for a centre crop, which is the whole shorter side: drop it, or --crop center.',
    );
  }
  const [replaced] = networkOptions.filter((option) => options[option] !== undefined);
  if (options.from !== undefined && replaced !== undefined) {
    throw new UserError(`Got ${flagOf(replaced)} for the network of --from, which is as it is: drop one of the two.`);
  }
  const timed = options.minutes !== undefined;
  const preset: Preset = presets[options.preset];
  const model = facts.model ?? presetModel(preset, options, facts.classes);
  assertSizeFits(model, options.size);
  const posterior = posteriorKindOf(model);
  if (options.latentSamples > 1 && posterior !== 'gaussian') {
    throw new UserError(`Got --latent-samples, but a ${posterior} posterior has nothing to draw: drop it.`);
  }
  if (options.shrinkage !== undefined && !(model.latent === 'linear' && model.directions === 'discriminant')) {
    throw new UserError('Got --shrinkage, which is of the preset lda alone: drop it.');
  }
  if (options.decoderOnly && (options.from === undefined || model.latent === 'linear')) {
    throw new UserError('Got --decoder-only, wanted --from with the model whose decoder is to be trained: add it.');
  }
  if (model.latent === 'spatial' && model.codeChoice !== undefined && !options.decoderOnly) {
    throw new UserError(
      'Got --from with a model whose codes a projection chooses, which does not learn here: add --decoder-only.',
    );
  }
  const objective = {
    ...(facts.objective
      ? fittedObjective(facts.objective, posterior)
      : resolveObjective(options.objective ?? preset.objective, options, posterior)),
    ...(facts.terms && { terms: facts.terms }),
  };
  assertRegularizable(model, objective, options.size);
  return {
    formatVersion: 1,
    ...(typeof images === 'string' ? { directory: resolve(images) } : { pictures: images }),
    ...(facts.isOwn && { isOwnNetwork: true }),
    model,
    objective,
    ...(facts.encoderSha256 !== undefined && { encoderSha256: facts.encoderSha256 }),
    options: {
      ...options,
      ...(!timed && { steps: options.steps ?? 1000 }),
      ...(options.from !== undefined && { from: resolve(options.from) }),
    },
  };
}

/** What people call the network of a run: its preset, or the model that it started from. */
export function networkNameOf({ isOwnNetwork, options: { from, preset } }: RunConfig): string {
  if (isOwnNetwork) return 'own';
  return from === undefined ? preset : basename(from);
}

/** @throws UserError where a latent cannot be turned and halved, or nothing of it can be hidden */
function assertRegularizable(model: ModelConfig, { regularizers }: ObjectiveConfig, size: number): void {
  if (regularizers === null) return;
  if (model.latent === 'linear') throw new UserError('A linear model is computed, not trained: drop its regularisers.');
  const { equivarianceWeight, scaleEquivarianceWeight } = regularizers;
  if (equivarianceWeight + scaleEquivarianceWeight === 0) return;
  const side = hasVectorLatent(model) ? 1 : size / downsamplingFactor(model);
  if (side % 2 === 0) return;
  throw new UserError(
    `Got a weight of equivariance for a latent of ${side}×${side}, wanted a grid of even sides: drop it, or choose another --size.`,
  );
}

/** @throws UserError for pictures whose sides the network cannot divide as often as it has levels */
function assertSizeFits(model: ModelConfig, size: number): void {
  const factor = downsamplingFactor(model);
  if (size % factor === 0) return;
  const sides = [Math.floor(size / factor), Math.ceil(size / factor)].filter((cells) => cells > 0);
  throw new UserError(
    `Got --size ${size}, wanted a multiple of ${factor}, as many times as this network makes pictures smaller: choose ` +
      `--size ${sides.map((cells) => cells * factor).join(' or ')}.`,
  );
}

/** What the options of a network replace in its configuration. */
const networkFields = {
  imageChannels: 'inChannels',
  channels: 'blockOutChannels',
  normGroups: 'normNumGroups',
  latentFloats: 'latentFloats',
  latentChannels: 'latentChannels',
} as const satisfies Partial<Record<keyof TrainOptions, string>>;
/** The options that change a preset's network. */
export const networkOptions = Object.keys(networkFields) as (keyof typeof networkFields)[];

function presetModel(preset: Preset, options: TrainOptions, classes: readonly string[] = []): ModelConfig {
  const given = networkOptions.filter((option) => options[option] !== undefined);
  const changes = Object.fromEntries(given.map((option) => [networkFields[option], options[option]]));
  const network = {
    ...preset.model(options.size, classes.length),
    ...changes,
    ...(preset.conditional && { classes }),
  };
  return parse(modelConfigSchema, network, `preset ${options.preset}`);
}
