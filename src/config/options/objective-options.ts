/** The options that change an objective, and what they make of it. */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { PosteriorKind } from '../networks/model.js';
import {
  type AdversarialConfig,
  adversarialLossNames,
  codebookSchema,
  discriminatorNormNames,
  type ObjectiveConfig,
  type ObjectiveName,
  objectiveNames,
  objectiveSchema,
  objectives,
  type PerceptualConfig,
  perceptualKinds,
  reconstructionNames,
  reductionNames,
} from '../objective.js';
import type { ObjectiveOptions } from '../types/training.js';

export type { ObjectiveOptions } from '../types/training.js';

const weight = z.number().min(0);
const positiveInteger = z.number().int().positive();
const stepCount = z.number().int().min(0);

const switchOff = 'none';

/** Options that replace single values of an objective; what is left out stays as the objective has it. */
export const objectiveOptionsSchema = z.strictObject({
  objective: z.enum(objectiveNames).optional().describe("the loss, instead of the preset's; what follows changes it"),
  reduction: z.enum(reductionNames).optional().describe('whether terms are summed over an image or averaged'),
  reconstruction: z.enum(reconstructionNames).optional().describe('error of a pixel'),
  reconstructionWeight: weight.optional().describe('weight of the error'),
  klWeight: weight.optional().describe('weight of the KL term'),
  klRampSteps: stepCount.optional().describe('steps in which the KL weight rises from zero'),
  perceptual: z
    .enum([...perceptualKinds, switchOff])
    .optional()
    .describe('network of the perceptual term'),
  perceptualWeight: weight.optional().describe('weight of the perceptual term, 0 = none'),
  perceptualRampSteps: stepCount.optional().describe('steps in which that weight rises from zero'),
  detailWeight: weight
    .optional()
    .describe('weight of the difference in local strength of detail, 0 = none; a pixel shuffle answers it with a grid'),
  adversarialWeight: weight.optional().describe('weight of the adversarial term, 0 = none'),
  adversarialFixed: z.boolean().default(false).describe('do not balance that weight by gradients'),
  adversarialStart: positiveInteger.optional().describe('first step in which the autoencoder feels the discriminator'),
  adversarialWarmup: stepCount.optional().describe('steps before in which the discriminator trains alone'),
  adversarialRampSteps: stepCount.optional().describe('steps in which the adversarial weight rises from zero'),
  adversarialLoss: z.enum(adversarialLossNames).optional().describe('loss of the two players'),
  discriminatorLayers: positiveInteger.optional().describe('its convolutions of stride 2'),
  discriminatorWidth: positiveInteger.optional().describe('channels of its first layer'),
  discriminatorNorm: z.enum(discriminatorNormNames).optional().describe('its normalisation'),
  discriminatorRate: z.number().positive().optional().describe("its learning rate over the autoencoder's"),
  lecamWeight: weight.optional().describe("weight of the discriminator's LeCAM regularisation, 0 = none"),
  commitmentWeight: weight.optional().describe("weight of the encoder's distance to the codes, for vq presets"),
  codebookDecay: z.number().min(0).lt(1).optional().describe('decay of the moving averages that make the codes'),
  codebookRevivalSteps: stepCount.optional().describe('steps without use before a code is replaced, 0 = never'),
  equivarianceWeight: weight
    .optional()
    .describe('weight of the error of turned and halved latents (EQ-VAE), beside 1 for reconstructions'),
  scaleEquivarianceWeight: weight.optional().describe('weight of the error of halved latents alone'),
  varianceExpansionWeight: weight.optional().describe('weight of 1/variance, against posteriors that collapse'),
  latentNoise: weight.optional().describe('noise on the latents that the decoder sees in training (l-DeTok: 3)'),
  latentMask: weight.max(1).optional().describe('largest share of positions hidden from it (l-DeTok: 0.7)'),
  channelPrefixShare: weight
    .max(1)
    .optional()
    .describe('share of the images of which it sees the first channels alone'),
  learnedLogvar: z.boolean().default(false).describe('learn the variance of the reconstruction terms'),
});

/** Which value of an objective, and of its terms, an option replaces. */
const fields = {
  objective: {
    reduction: 'reduction',
    reconstruction: 'reconstruction',
    reconstructionWeight: 'reconstructionWeight',
    klWeight: 'klWeight',
    klRampSteps: 'klRampSteps',
    detailWeight: 'detailWeight',
  },
  perceptual: { perceptual: 'kind', perceptualWeight: 'weight', perceptualRampSteps: 'rampSteps' },
  adversarial: {
    adversarialWeight: 'weight',
    adversarialStart: 'startStep',
    adversarialWarmup: 'warmupSteps',
    adversarialRampSteps: 'rampSteps',
    adversarialLoss: 'loss',
    discriminatorLayers: 'layers',
    discriminatorWidth: 'width',
    discriminatorNorm: 'norm',
    discriminatorRate: 'learningRateRatio',
    lecamWeight: 'lecamWeight',
  },
  codebook: {
    commitmentWeight: 'commitmentWeight',
    codebookDecay: 'decay',
    codebookRevivalSteps: 'revivalSteps',
  },
  regularizers: {
    equivarianceWeight: 'equivarianceWeight',
    scaleEquivarianceWeight: 'scaleEquivarianceWeight',
    varianceExpansionWeight: 'varianceExpansionWeight',
    latentNoise: 'latentNoise',
    latentMask: 'latentMask',
    channelPrefixShare: 'channelPrefixShare',
  },
} as const satisfies Record<string, Partial<Record<keyof ObjectiveOptions, string>>>;

/**
 * The objective `name` with the changes of `options`. A term that the objective lacks is switched on by its weight or kind.
 * The model's posterior decides whether there is a KL term, and whether there is a codebook to learn.
 *
 * @throws UserError for options of a term that is switched off
 */
export function resolveObjective(
  name: ObjectiveName,
  options: ObjectiveOptions,
  posterior: PosteriorKind = 'gaussian',
): ObjectiveConfig {
  const base: ObjectiveConfig = objectives[name];
  return objectiveSchema.parse({
    ...base,
    ...changesOf('objective', options),
    ...(posterior !== 'gaussian' && withoutKl(posterior, options)),
    codebook: posterior === 'quantized' ? changesOf('codebook', options) : withoutCodebook(options),
    perceptual: resolvePerceptual(base.perceptual, options),
    adversarial: resolveAdversarial(base.adversarial, options),
    regularizers: resolveRegularizers(posterior, options),
    learnedLogvar: base.learnedLogvar || options.learnedLogvar,
  });
}

/** A whole objective, for a model of this posterior: it decides whether there is a codebook to learn. */
export function fittedObjective(objective: ObjectiveConfig, posterior: PosteriorKind): ObjectiveConfig {
  const codebook = posterior === 'quantized' ? (objective.codebook ?? codebookSchema.parse({})) : null;
  return { ...objective, codebook };
}

function withoutKl(posterior: PosteriorKind, { klWeight, klRampSteps }: ObjectiveOptions) {
  if (!klWeight && !klRampSteps) return { klWeight: 0, klRampSteps: 0 };
  const option = klWeight ? 'klWeight' : 'klRampSteps';
  throw new UserError(`Got ${flagOf(option)}, but a ${posterior} posterior has no KL term: drop it.`);
}

function withoutCodebook(options: ObjectiveOptions): null {
  const option = Object.keys(fields.codebook).find((name) => options[name as keyof ObjectiveOptions] !== undefined);
  if (option === undefined) return null;
  throw new UserError(`Got ${flagOf(option)}, but the model has no codebook: choose a vq preset, or drop it.`);
}

function resolveRegularizers(posterior: PosteriorKind, options: ObjectiveOptions) {
  const regularizers = changesOf('regularizers', options);
  if (posterior !== 'gaussian' && options.varianceExpansionWeight) {
    throw new UserError(
      `Got ${flagOf('varianceExpansionWeight')}, but a ${posterior} posterior has no variance: drop it.`,
    );
  }
  return Object.values(regularizers).some((value) => value !== 0) ? regularizers : null;
}

function resolvePerceptual(base: PerceptualConfig | null, options: ObjectiveOptions) {
  const { kind = base?.kind, weight: newWeight, ...others } = changesOf('perceptual', options);
  const isOff = kind === switchOff || newWeight === 0 || (kind === undefined && newWeight === undefined);
  if (isOff) return assertUnused('perceptual', others);
  return {
    ...base,
    ...others,
    ...(kind !== undefined && { kind }),
    ...(newWeight !== undefined && { weight: newWeight }),
  };
}

function resolveAdversarial(base: AdversarialConfig | null, options: ObjectiveOptions) {
  const { weight: newWeight = base?.weight ?? 0, ...others } = changesOf('adversarial', options);
  const changes = { ...others, ...(options.adversarialFixed && { adaptive: false }) };
  if (newWeight === 0) return assertUnused('adversarial', changes);
  return { ...base, ...changes, weight: newWeight };
}

/** What `options` say of a term, under the names of its configuration. */
function changesOf(term: keyof typeof fields, options: ObjectiveOptions): Record<string, unknown> {
  const entries = Object.entries(fields[term]).map(([option, field]) => [
    field,
    options[option as keyof ObjectiveOptions],
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function assertUnused(term: 'perceptual' | 'adversarial', changes: Readonly<Record<string, unknown>>): null {
  const [change] = Object.keys(changes);
  if (change === undefined) return null;
  const option = Object.entries(fields[term]).find(([, field]) => field === change)?.[0] ?? 'adversarialFixed';
  throw new UserError(
    `Got ${flagOf(option)}, but the objective has no ${term} term: add ${flagOf(`${term}Weight`)}, or drop it.`,
  );
}

/** How a person types an option. */
export const flagOf = (option: string): string =>
  `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
