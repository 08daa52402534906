/** Made of the schemas by tools/option-types.mjs (`npm run option-types`): change them, not this. */

/** The perceptual term of an objective. */
export interface PerceptualConfig {
  /**
   * `builtin`: the features that come with this package; the others are LPIPS (arXiv 1801.03924). Default:
   * "builtin".
   */
  kind: 'builtin' | 'lpips-vgg' | 'lpips-alex' | 'lpips-squeeze';
  /** Of the distance of an image to its reconstruction, beside an error per element. Default: 0.1. */
  weight: number;
  /** Steps in which its weight rises from zero. Default: 0. */
  rampSteps: number;
}

/** The adversarial term of an objective, and its discriminator. */
export interface AdversarialConfig {
  /** Of the generator's loss. Default: 0.2. */
  weight: number;
  /**
   * Whether the weight is multiplied by the ratio of gradients at the decoder's last layer (arXiv 2012.09841, eq.
   * 7). Default: true.
   */
  adaptive: boolean;
  /** The first step in which the autoencoder feels the discriminator. Default: 401. */
  startStep: number;
  /** Steps before `startStep` in which the discriminator trains alone. Default: 100. */
  warmupSteps: number;
  /** Steps in which its weight rises from zero. Default: 0. */
  rampSteps: number;
  /** Of the two players. Default: "hinge". */
  loss: 'hinge' | 'vanilla';
  /** Convolutions of stride 2: each logit of 1, 2, 3 or 4 sees 16, 34, 70 or 142 px. Default: 2. */
  layers: number;
  /** Channels of the first layer. Default: 32. */
  width: number;
  /** Normalisation between its layers. Default: "group". */
  norm: 'group' | 'batch' | 'none';
  /** Of the LeCAM regularisation (arXiv 2104.03310). Default: 0. */
  lecamWeight: number;
  /** The discriminator's learning rate as a multiple of the autoencoder's. Default: 0.2. */
  learningRateRatio: number;
}

/** How a codebook learns (van den Oord et al., arXiv 1711.00937). */
export interface CodebookConfig {
  /**
   * Of the mean squared distance of the encoder's outputs to their codes, beside the mean error per element of an
   * image. Default: 0.25.
   */
  commitmentWeight: number;
  /** Of the moving averages whose ratio the codes are. Default: 0.99. */
  decay: number;
  /** Steps without use after which a code is replaced by an encoder's output, 0 = never. Default: 20. */
  revivalSteps: number;
}

/** What makes latents easier for a diffusion model to learn; each is off at 0. */
export interface RegularizersConfig {
  /** Of the error of decoded turned and halved latents, beside the error of reconstructions. Default: 0. */
  equivarianceWeight: number;
  /** Of halved latents alone. Default: 0. */
  scaleEquivarianceWeight: number;
  /** Of 1 / (variance + delta), reduced as the KL term is. Default: 0. */
  varianceExpansionWeight: number;
  /** Standard deviation of the noise that the decoder sees, in units of the latent. Default: 0. */
  latentNoise: number;
  /** Largest share of positions that the decoder does not see. Default: 0. */
  latentMask: number;
  /** Share of the images of which the decoder sees the first channels alone. Default: 0. */
  channelPrefixShare: number;
}

/** What a training lowers: every term with its weight, reduction and schedule. */
export interface ObjectiveConfig {
  /**
   * `perImageSum`: terms are summed over an image's elements, as in the ELBO and in LDM; `mean`: averaged over them.
   */
  reduction: 'perImageSum' | 'mean';
  /** Error of a pixel. */
  reconstruction: 'mse' | 'l1';
  /** For mse this is 1 / (2 sigma'^2), the precision of p(x|z) = N(x_hat, sigma'^2 I). */
  reconstructionWeight: number;
  /** Of the KL divergence to the prior, in nats. */
  klWeight: number;
  /**
   * Steps in which the KL weight rises from zero (Sønderby et al., arXiv 1602.02282); `rampSteps` elsewhere
   * likewise. Default: 0.
   */
  klRampSteps: number;
  /** The perceptual term; null: none. */
  perceptual: PerceptualConfig | null;
  /** The adversarial term; null: none. */
  adversarial: AdversarialConfig | null;
  /** Of the difference in local strength of detail, beside an error per element; 0 = none. Default: 0. */
  detailWeight: number;
  /** How a codebook learns; null for models that have none. */
  codebook: CodebookConfig | null;
  /** What makes the latent easier for diffusion; null: nothing. */
  regularizers: RegularizersConfig | null;
  /** Whether error and distance are divided by a learned variance, whose logarithm is then added. Default: false. */
  learnedLogvar: boolean;
  /** Of a program's own, by their names: what they are is not written here. */
  terms: Record<string, { weight: number }>;
}
