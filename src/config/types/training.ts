/** Made of the schemas by tools/option-types.mjs (`npm run option-types`): change them, not this. */
import type { EngineOptions, ImageFilter } from './images-and-latents.js';

/** What replaces single values of an objective. */
export interface ObjectiveOptions {
  /** The loss, instead of the preset's; what follows changes it. */
  objective?: 'default' | 'ldm' | 'mse' | 'autoencoder' | 'vanilla' | undefined;
  /** Whether terms are summed over an image or averaged. */
  reduction?: 'perImageSum' | 'mean' | undefined;
  /** Error of a pixel. */
  reconstruction?: 'mse' | 'l1' | undefined;
  /** Weight of the error. */
  reconstructionWeight?: number | undefined;
  /** Weight of the KL term. */
  klWeight?: number | undefined;
  /** Steps in which the KL weight rises from zero. */
  klRampSteps?: number | undefined;
  /** Network of the perceptual term. */
  perceptual?: 'builtin' | 'lpips-vgg' | 'lpips-alex' | 'lpips-squeeze' | 'none' | undefined;
  /** Weight of the perceptual term, 0 = none. */
  perceptualWeight?: number | undefined;
  /** Steps in which that weight rises from zero. */
  perceptualRampSteps?: number | undefined;
  /** Weight of the difference in local strength of detail, 0 = none; a pixel shuffle answers it with a grid. */
  detailWeight?: number | undefined;
  /** Weight of the adversarial term, 0 = none. */
  adversarialWeight?: number | undefined;
  /** Do not balance that weight by gradients. Default: false. */
  adversarialFixed: boolean;
  /** First step in which the autoencoder feels the discriminator. */
  adversarialStart?: number | undefined;
  /** Steps before in which the discriminator trains alone. */
  adversarialWarmup?: number | undefined;
  /** Steps in which the adversarial weight rises from zero. */
  adversarialRampSteps?: number | undefined;
  /** Loss of the two players. */
  adversarialLoss?: 'hinge' | 'vanilla' | undefined;
  /** Its convolutions of stride 2. */
  discriminatorLayers?: number | undefined;
  /** Channels of its first layer. */
  discriminatorWidth?: number | undefined;
  /** Its normalisation. */
  discriminatorNorm?: 'group' | 'batch' | 'none' | undefined;
  /** Its learning rate over the autoencoder's. */
  discriminatorRate?: number | undefined;
  /** Weight of the discriminator's LeCAM regularisation, 0 = none. */
  lecamWeight?: number | undefined;
  /** Weight of the encoder's distance to the codes, for vq presets. */
  commitmentWeight?: number | undefined;
  /** Decay of the moving averages that make the codes. */
  codebookDecay?: number | undefined;
  /** Steps without use before a code is replaced, 0 = never. */
  codebookRevivalSteps?: number | undefined;
  /** Weight of the error of turned and halved latents (EQ-VAE), beside 1 for reconstructions. */
  equivarianceWeight?: number | undefined;
  /** Weight of the error of halved latents alone. */
  scaleEquivarianceWeight?: number | undefined;
  /** Weight of 1/variance, against posteriors that collapse. */
  varianceExpansionWeight?: number | undefined;
  /** Noise on the latents that the decoder sees in training (l-DeTok: 3). */
  latentNoise?: number | undefined;
  /** Largest share of positions hidden from it (l-DeTok: 0.7). */
  latentMask?: number | undefined;
  /** Share of the images of which it sees the first channels alone. */
  channelPrefixShare?: number | undefined;
  /** Learn the variance of the reconstruction terms. Default: false. */
  learnedLogvar: boolean;
}

/** What a training can be told. */
export interface TrainOptions extends ImageFilter, ObjectiveOptions, EngineOptions {
  /** Network and objective. Default: "fast-f8". */
  preset:
    | 'fast-f8'
    | 'fast-f8c16'
    | 'fast-f4'
    | 'fast-f16c32'
    | 'fast-vector'
    | 'fast-ae'
    | 'fast-cvae'
    | 'fast-vq-f4'
    | 'kl-f4-tiny'
    | 'kl-f8-tiny'
    | 'vector-vae'
    | 'vector-vae-128'
    | 'vector-ae'
    | 'vector-cvae'
    | 'pca'
    | 'lda'
    | 'vq-f8-tiny'
    | 'vq-f4-tiny'
    | 'kl-f4'
    | 'kl-f8'
    | 'kl-f16'
    | 'kl-f32';
  /** Model to train further: its network and weights instead of the preset's. */
  from?: string | undefined;
  /** Train the decoder of --from alone: its latents stay what they are. Default: false. */
  decoderOnly: boolean;
  /** Side of the square crop (px). Default: 64. */
  size: number;
  /** Numbers per pixel: 1 for luminance, 3 for RGB, 4 for RGB and alpha (without it: 3). */
  imageChannels?: number | undefined;
  /** Channels per resolution, from the highest on, instead of the preset's. */
  channels?: number[] | undefined;
  /** Groups of the normalisation, instead of the preset's. */
  normGroups?: number | undefined;
  /** Floats of a vector latent, instead of the preset's. */
  latentFloats?: number | undefined;
  /** Of the covariances of preset lda, 1 = all (without it: the estimate of Ledoit and Wolf). */
  shrinkage?: number | undefined;
  /** Channels of a spatial latent, instead of the preset's. */
  latentChannels?: number | undefined;
  /** Glob of the files kept for validation; without it, one file in 16 by the hash of its path. */
  validation?: string | undefined;
  /** Which square of a training picture is used. Default: "random". */
  crop: 'random' | 'center';
  /**
   * Least share of the shorter side that a random crop covers: below 1, pictures are seen at many scales. Default:
   * 1.
   */
  cropScale: number;
  /** Mirror half of the training pictures. Default: true. */
  flip: boolean;
  /** Images per step (images). Default: 16. */
  batch: number;
  /** Parts in which the images of a step are computed, to save memory. Default: 1. */
  accumulate: number;
  /**
   * Keep less of the autoencoder for the gradients and compute it again: less memory, a slower step. Default: false.
   */
  gradientCheckpointing: boolean;
  /** How long to train (without --steps or --minutes: 1000 steps). */
  steps?: number | undefined;
  /** How long to train, by the clock. */
  minutes?: number | undefined;
  /** Decides initial weights, order, crops and noise. Default: 0. */
  seed: number;
  /** Draws from the posterior per image, whose errors are averaged. Default: 1. */
  latentSamples: number;
  /** Of Adam, after the warm-up. Default: 0.001. */
  learningRate: number;
  /** Steps in which the learning rate rises from zero. Default: 50. */
  warmupSteps: number;
  /** The learning rate after the warm-up. Default: "cosine". */
  schedule: 'cosine' | 'constant';
  /** Largest global gradient norm, 0 = no limit. Default: 1. */
  gradientClip: number;
  /** Decay of the moving average of the weights, 0 = none. Default: 0.995. */
  emaDecay: number;
  /** Steps between checkpoints. Default: 250. */
  checkpointSteps: number;
  /** Steps between validations with a picture of samples. Default: 250. */
  sampleSteps: number;
  /** Validation images used while training (images). Default: 64. */
  validationImages: number;
  /** Write TensorBoard event files into the run folder, too. Default: false. */
  tensorboard: boolean;
}

/** What the training of a diffusion model can be told. */
export interface DiffusionOptions extends EngineOptions {
  /** Network (without it: unet-tiny for grids, mlp-tiny for vectors). */
  preset?: 'unet-tiny' | 'dit-nano' | 'dit-tiny' | 'dit-small' | 'mlp-tiny' | undefined;
  /** Predict the velocity of a rectified flow, or the noise with a cosine schedule. Default: "flow". */
  process: 'flow' | 'epsilon';
  /** Tokenizer of the latents (without it: found by its sha256 near them). */
  model?: string | undefined;
  /** Glob of the images kept for validation; without it, one in 16 by the hash of its path, as in train. */
  validation?: string | undefined;
  /** Draw each latent anew in every epoch, or take means. Default: "sample". */
  posterior: 'sample' | 'mean';
  /** Take the mirrored latents of half of the images (encode --mirrored). Default: false. */
  mirror: boolean;
  /** Share of images whose class is kept back, for guidance. Default: 0.1. */
  labelDropout: number;
  /** Latents per step (latents). Default: 64. */
  batch: number;
  /** How long to train (without --steps or --minutes: 2000 steps). */
  steps?: number | undefined;
  /** How long to train, by the clock. */
  minutes?: number | undefined;
  /** Decides initial weights, order, times and noise. Default: 0. */
  seed: number;
  /** Of Adam, after the warm-up. Default: 0.001. */
  learningRate: number;
  /** Steps in which the learning rate rises from zero. Default: 100. */
  warmupSteps: number;
  /** The learning rate after the warm-up. Default: "cosine". */
  schedule: 'cosine' | 'constant';
  /** Largest global gradient norm, 0 = no limit. Default: 1. */
  gradientClip: number;
  /** Decay of the moving average of the weights, 0 = none. Default: 0.999. */
  emaDecay: number;
  /** Steps between checkpoints. Default: 250. */
  checkpointSteps: number;
  /** Steps between validations with a picture of samples. Default: 500. */
  sampleSteps: number;
  /** Write TensorBoard event files into the run folder, too. Default: false. */
  tensorboard: boolean;
}

/** How pictures are drawn from a diffusion model. */
export interface SamplingOptions {
  /** How much the class counts, 1 = as trained (without it: 1.5 where there are classes). */
  guidance?: number | undefined;
  /** Solver (without it: heun, or ddim where the noise is predicted). */
  sampler?: 'heun' | 'euler' | 'ddim' | undefined;
  /** Its steps; heun asks the network twice in each. Default: 25. */
  samplerSteps: number;
  /** Of the noise that pictures are made of. Default: 0. */
  seed: number;
  /** Images at a time (images). Default: 32. */
  batch: number;
}
