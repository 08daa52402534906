/** What a program asks a training for, and the configuration it resolves to. */
import { resolve } from 'node:path';
import {
  type ModelConfig,
  modelConfigSchema,
  networkOptions,
  type ObjectiveConfig,
  type ObjectiveName,
  objectiveOptionsSchema,
  objectiveSchema,
  type Preset,
  type PresetName,
  presets,
  type RunConfig,
  resolveRunConfig,
  type TrainOptions,
  trainOptionsSchema,
} from '../config/config.js';
import type { ImageSet } from '../data/images.js';
import { openPictures, type Pictures, pictureSetFacts } from '../data/picture-set.js';
import { UserError } from '../errors.js';
import { fingerprintOfModel } from '../interop/models/fingerprint.js';
import { modelPathOf } from '../interop/models/shipped-tokenizers.js';
import { type LossTerms, termsConfigOf } from '../losses/terms.js';
import { parse } from '../parse.js';
import { trainingClasses } from './classes.js';
import type { ResumeChanges } from './run/run-folder.js';
import { pretrainedConfig } from './run/starting-model.js';
import type { TrainingHooks } from './training-reports.js';

/** What is to be trained, and on what. Every option of `latent-vae train` has its place here, under the same name. */
export interface TrainingRequest extends Partial<Omit<TrainOptions, 'preset' | 'objective'>> {
  /** A folder or whatever else `latent-vae train` takes, or pictures in any iterable, which is read to its end first. */
  readonly images: Pictures;
  /** A preset's name, or a network of your own. Default: `fast-f8`. */
  readonly model?: PresetName | ModelConfig | undefined;
  /** Its name, which the options of terms change, or a whole one. Default: the preset's. */
  readonly objective?: ObjectiveName | ObjectiveConfig | undefined;
  /** Terms of your own, beside those of the objective. */
  readonly terms?: LossTerms | undefined;
  /** Run folder to make. Default: `runs/000-PRESET`, the next free number. */
  readonly out?: string | undefined;
  /** Told of the training on the way, and where its signal is. */
  readonly hooks?: TrainingHooks | undefined;
}

/** What goes on with an interrupted run. */
export interface ResumeRequest extends ResumeChanges {
  /** The same place, or the same pictures in the same order. */
  readonly images: Pictures;
  /** The run folder. */
  readonly out: string;
  /** The same as before. */
  readonly terms?: LossTerms | undefined;
  /** Told of the training on the way, and where its signal is. */
  readonly hooks?: TrainingHooks | undefined;
}

/** The pictures that a program handed over; undefined where they lie at a place. */
export async function handedPictures({
  images,
  include,
  exclude,
}: Pick<TrainingRequest, 'images' | 'include' | 'exclude'>): Promise<ImageSet | undefined> {
  return typeof images === 'string' ? undefined : openPictures(images, { include, exclude });
}

/**
 * @param pictures see `handedPictures`
 * @throws UserError for options that do not fit each other
 */
export async function resolveRequest(request: TrainingRequest, pictures: ImageSet | undefined): Promise<RunConfig> {
  const { images, model, objective, terms = {}, hooks: _, out: __, ...given } = request;
  const options = optionsOf(given, model, objective);
  const own = typeof model === 'object' ? ownNetwork(model, options) : undefined;
  const network = own ?? (await pretrainedConfig(options));
  const { conditional, discriminant }: Preset = presets[options.preset];
  const needsClasses = network === undefined && (conditional || discriminant);
  const config = resolveRunConfig(pictures ? pictureSetFacts(pictures.files) : (images as string), options, {
    model: network,
    isOwn: own !== undefined,
    objective: typeof objective === 'object' ? parse(objectiveSchema, objective, 'objective') : undefined,
    classes: needsClasses ? await trainingClasses(pictures ?? (images as string), options) : undefined,
    terms: termsConfigOf(terms),
    encoderSha256:
      options.decoderOnly && options.from !== undefined ? (await fingerprintOfModel(options.from)).sha256 : undefined,
  });
  if (config.model.latent !== 'linear' || Object.keys(terms).length === 0) return config;
  throw new UserError(`Got terms for ${options.preset}, which is computed and lowers no loss: drop them.`);
}

function optionsOf(
  given: Partial<TrainOptions>,
  model: TrainingRequest['model'],
  objective: TrainingRequest['objective'],
): TrainOptions {
  const replaced = Object.keys(objectiveOptionsSchema.shape).find((name) => given[name as keyof TrainOptions]);
  if (typeof objective === 'object' && replaced !== undefined) {
    throw new UserError(`Got ${replaced} beside a whole objective: change the objective itself.`);
  }
  return parse(
    trainOptionsSchema,
    {
      ...given,
      ...(typeof model === 'string' && { preset: model }),
      ...(typeof model === 'object' && { size: given.size ?? model.imageSize }),
      ...(typeof objective === 'string' && { objective }),
      ...(given.from !== undefined && { from: modelPathOf(given.from) }),
    },
    'trainAutoencoder',
  );
}

/** @throws UserError for options that are about another network */
function ownNetwork(model: ModelConfig, options: TrainOptions): ModelConfig {
  const other = [...networkOptions, 'from' as const].find((name) => options[name] !== undefined);
  if (other !== undefined) throw new UserError(`Got ${other} beside a network of your own: drop one of the two.`);
  const network = parse(modelConfigSchema, model, 'model');
  if (network.latent === 'linear') {
    throw new UserError('Got a linear model, which is computed and not trained: pass the name of its preset.');
  }
  if (network.imageSize === options.size || network.latent !== 'vector') return { ...network, imageSize: options.size };
  throw new UserError(`Got size ${options.size} for a network of ${network.imageSize} px, wanted the same: drop it.`);
}

/** @throws UserError where a run was trained on other images */
export function assertSameImages(config: RunConfig, images: ImageSet | string, out: string): void {
  if (typeof images === 'string') {
    if (resolve(images) === config.directory) return;
    const trained = config.directory ?? `${config.pictures?.count} pictures that a program handed over`;
    throw new UserError(`Got images from ${resolve(images)}; ${out} was trained on ${trained}: pass that.`);
  }
  const { count, sha256 } = pictureSetFacts(images.files);
  if (config.pictures?.sha256 === sha256) return;
  const trained = config.directory ?? `${config.pictures?.count} pictures of other names, classes or another order`;
  throw new UserError(`Got ${count} pictures; ${out} was trained on ${trained}: pass the same.`);
}
