/** What a training lowers: every loss term with its weight, reduction and schedule. */
import { z } from 'zod';
import type { ObjectiveConfig } from './types/objective.js';

export type {
  AdversarialConfig,
  CodebookConfig,
  ObjectiveConfig,
  PerceptualConfig,
  RegularizersConfig,
} from './types/objective.js';

const weight = z.number().min(0);
const positiveInteger = z.number().int().positive();
const stepCount = z.number().int().min(0);

/** Ways in which terms are reduced to a number. */
export const reductionNames = ['perImageSum', 'mean'] as const;
/** Errors of a pixel: squared or absolute. */
export const reconstructionNames = ['mse', 'l1'] as const;
/** Networks that the perceptual term can take its features of. */
export const perceptualKinds = ['builtin', 'lpips-vgg', 'lpips-alex', 'lpips-squeeze'] as const;
/** The network whose features the perceptual term compares: our own, or one of LPIPS (arXiv 1801.03924). */
export type PerceptualKind = (typeof perceptualKinds)[number];
/** Losses of the two players. */
export const adversarialLossNames = ['hinge', 'vanilla'] as const;
/** The losses of the two players: hinge (arXiv 1705.02894), or the one of the first GANs (arXiv 1406.2661). */
export type AdversarialLossName = (typeof adversarialLossNames)[number];
/** Normalisations of a discriminator. */
export const discriminatorNormNames = ['group', 'batch', 'none'] as const;
/** The normalisation of a discriminator's layers. */
export type DiscriminatorNorm = (typeof discriminatorNormNames)[number];

/** Checks the perceptual term of an objective. */
export const perceptualSchema = z.strictObject({
  kind: z
    .enum(perceptualKinds)
    .default('builtin')
    .describe('`builtin`: the features that come with this package; the others are LPIPS (arXiv 1801.03924)'),
  weight: weight
    .default(0.1)
    .describe('Of the distance of an image to its reconstruction, beside an error per element'),
  rampSteps: stepCount.default(0).describe('steps in which its weight rises from zero'),
});

/** Checks the adversarial term of an objective. */
export const adversarialSchema = z.strictObject({
  weight: weight.default(0.2).describe("of the generator's loss"),
  adaptive: z
    .boolean()
    .default(true)
    .describe(
      "Whether the weight is multiplied by the ratio of gradients at the decoder's last layer (arXiv 2012.09841, eq. 7)",
    ),
  startStep: positiveInteger.default(401).describe('The first step in which the autoencoder feels the discriminator'),
  warmupSteps: stepCount.default(100).describe('Steps before `startStep` in which the discriminator trains alone'),
  rampSteps: stepCount.default(0).describe('steps in which its weight rises from zero'),
  loss: z.enum(adversarialLossNames).default('hinge').describe('of the two players'),
  layers: positiveInteger
    .default(2)
    .describe('Convolutions of stride 2: each logit of 1, 2, 3 or 4 sees 16, 34, 70 or 142 px'),
  width: positiveInteger.default(32).describe('Channels of the first layer'),
  norm: z.enum(discriminatorNormNames).default('group').describe('normalisation between its layers'),
  lecamWeight: weight.default(0).describe('Of the LeCAM regularisation (arXiv 2104.03310)'),
  learningRateRatio: z
    .number()
    .positive()
    .default(0.2)
    .describe("The discriminator's learning rate as a multiple of the autoencoder's"),
});

/** How a codebook learns (van den Oord et al., arXiv 1711.00937, section 3.2 and appendix A.1). */
export const codebookSchema = z.strictObject({
  commitmentWeight: weight
    .default(0.25)
    .describe(
      "Of the mean squared distance of the encoder's outputs to their codes, beside the mean error per element of an image",
    ),
  decay: z.number().min(0).lt(1).default(0.99).describe('Of the moving averages whose ratio the codes are'),
  revivalSteps: stepCount
    .default(20)
    .describe("Steps without use after which a code is replaced by an encoder's output, 0 = never"),
});

/** What makes latents easier for a diffusion model to learn; each is off at 0. */
export const regularizersSchema = z.strictObject({
  equivarianceWeight: weight
    .default(0)
    .describe('Of the error of decoded turned and halved latents, beside the error of reconstructions'),
  scaleEquivarianceWeight: weight.default(0).describe('Of halved latents alone'),
  varianceExpansionWeight: weight.default(0).describe('Of 1 / (variance + delta), reduced as the KL term is'),
  latentNoise: weight
    .default(0)
    .describe('Standard deviation of the noise that the decoder sees, in units of the latent'),
  latentMask: weight.max(1).default(0).describe('Largest share of positions that the decoder does not see'),
  channelPrefixShare: weight
    .max(1)
    .default(0)
    .describe('Share of the images of which the decoder sees the first channels alone'),
});
/** Checks an objective and fills in its defaults. */
export const objectiveSchema = z.strictObject({
  reduction: z
    .enum(reductionNames)
    .describe(
      "`perImageSum`: terms are summed over an image's elements, as in the ELBO and in LDM; `mean`: averaged over them",
    ),
  reconstruction: z.enum(reconstructionNames).describe('error of a pixel'),
  reconstructionWeight: weight.describe(
    "For mse this is 1 / (2 sigma'^2), the precision of p(x|z) = N(x_hat, sigma'^2 I)",
  ),
  klWeight: weight.describe('of the KL divergence to the prior, in nats'),
  klRampSteps: stepCount
    .default(0)
    .describe(
      'Steps in which the KL weight rises from zero (Sønderby et al., arXiv 1602.02282); `rampSteps` elsewhere likewise',
    ),
  perceptual: perceptualSchema.nullable().default(null).describe('the perceptual term; null: none'),
  adversarial: adversarialSchema.nullable().default(null).describe('the adversarial term; null: none'),
  detailWeight: weight
    .default(0)
    .describe('of the difference in local strength of detail, beside an error per element; 0 = none'),
  codebook: codebookSchema.nullable().default(null).describe('how a codebook learns; null for models that have none'),
  regularizers: regularizersSchema
    .nullable()
    .default(null)
    .describe('what makes the latent easier for diffusion; null: nothing'),
  learnedLogvar: z
    .boolean()
    .default(false)
    .describe('Whether error and distance are divided by a learned variance, whose logarithm is then added'),
  terms: z
    .record(z.string(), z.strictObject({ weight: z.number() }))
    .default({})
    .describe("Of a program's own, by their names: what they are is not written here"),
});

const ldmDiscriminator = {
  weight: 0.5,
  startStep: 50_001,
  warmupSteps: 0,
  layers: 3,
  width: 64,
  norm: 'batch',
} as const;

/** The objectives that have a name. */
export const objectives = {
  /** Sharp: squared error, a perceptual and an adversarial term, and a KL term too weak to erase detail. */
  default: objectiveSchema.parse({
    reduction: 'perImageSum',
    reconstruction: 'mse',
    reconstructionWeight: 1,
    klWeight: 1e-6,
    perceptual: {},
    adversarial: {},
  }),
  /** That of the kl-f models of LDM (Rombach et al., arXiv 2112.10752, appendix G). */
  ldm: objectiveSchema.parse({
    reduction: 'perImageSum',
    reconstruction: 'l1',
    reconstructionWeight: 1,
    klWeight: 1e-6,
    perceptual: { kind: 'lpips-vgg', weight: 1 },
    adversarial: { ...ldmDiscriminator, learningRateRatio: 1 },
  }),
  /** Squared error and a weak KL term. */
  mse: objectiveSchema.parse({
    reduction: 'perImageSum',
    reconstruction: 'mse',
    reconstructionWeight: 1,
    klWeight: 1e-6,
  }),
  /** Squared error alone: that of models whose posterior has no variance. */
  autoencoder: objectiveSchema.parse({
    reduction: 'perImageSum',
    reconstruction: 'mse',
    reconstructionWeight: 1,
    klWeight: 0,
  }),
  /** The textbook VAE: the complete ELBO with sigma' = 1/2 (Kingma & Welling, arXiv 1312.6114, eq. 10). */
  vanilla: objectiveSchema.parse({
    reduction: 'perImageSum',
    reconstruction: 'mse',
    reconstructionWeight: 2,
    klWeight: 1,
  }),
} as const satisfies Record<string, ObjectiveConfig>;
/** The name of an objective. */
export type ObjectiveName = keyof typeof objectives;
/** The names of all objectives. */
export const objectiveNames = Object.keys(objectives) as [ObjectiveName, ...ObjectiveName[]];
