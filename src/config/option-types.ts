/** Made of the schemas by tools/option-types.mjs (`npm run option-types`): change them, not this. */

/** What computes, and where. */
export interface EngineOptions {
  /** What computes: ours on ONNX Runtime, or a tfjs backend. Default: "onnxruntime". */
  engine: 'onnxruntime' | 'tensorflow' | 'tensorflow-gpu' | 'cpu';
  /** Where the onnxruntime engine computes. Default: "cpu". */
  device: 'cpu' | 'webgpu' | 'cuda';
  /** Threads of the onnxruntime engine, 0 = one per core. Default: 0. */
  threads: number;
}

/** Which files are read as images, and how. */
export interface ImageFilter {
  /** Only files that match this glob, relative to DIR. */
  include?: string | undefined;
  /** No files that match this glob, relative to DIR. */
  exclude?: string | undefined;
  /**
   * Which of the folders above an image is its class: 1 is the first one below DIR, 0 all of them together. Default:
   * 1.
   */
  classDepth: number;
  /** Refuse larger members of tar files before reading them (bytes). Default: 268435456. */
  maxFileBytes: number;
  /**
   * Values that become black and white in pictures of more than 8 bits: LOW,HIGH (without it, 0,65535 in those of 16
   * bits).
   */
  range?: [number, number] | undefined;
  /** Refuse larger pictures before decoding them (px). Default: 268402689. */
  maxPixels: number;
}

/** How images go through a trained model. */
export interface InferenceOptions extends ImageFilter, EngineOptions {
  /** Side of the square centre crop (default: the model's) (px). */
  size?: number | undefined;
  /** Images per pass through the model (images). Default: 16. */
  batch: number;
}

/** How latents are stored. */
export interface EncodeOptions extends InferenceOptions {
  /** Keep every picture whole, in its own size, and encode it in tiles. Default: false. */
  tile: boolean;
  /** Side of a tile (px). Default: 512. */
  tileSize: number;
  /** Share of a tile that its neighbour sees too; it is blended in the middle half. Default: 0.25. */
  tileOverlap: number;
  /**
   * Resize each picture to the nearest of several shapes of about equal area, instead of to a square. Default:
   * false.
   */
  buckets: boolean;
  /** Of a bucket, as WIDTHxHEIGHT (default: the square of the model's size) (px). */
  area?: string | undefined;
  /** Of which both sides of a bucket are (default: 64) (px). */
  multiple?: number | undefined;
  /** Number format of the stored latents. Default: "float32". */
  dtype: 'float32' | 'float16' | 'bfloat16';
  /**
   * Of the encoder; int8 is faster, calibrates itself on 16 of the images and says what it costs. Default:
   * "float32".
   */
  precision: 'float32' | 'int8';
  /** Store the latents of the mirrored images too. Default: false. */
  mirrored: boolean;
  /** Upper bound of one shard (bytes). Default: 67108864. */
  shardBytes: number;
  /**
   * Threads that read and decode images while the model computes; with 0 that goes on between two batches. They are
   * for models that leave cores idle (on a GPU, or with fewer --threads), and cost a few per cent elsewhere.
   * Default: 0.
   */
  workers: number;
  /** Encode one part of all, such as 3/8, to merge later; without it, asks Slurm and MPI; 1/1 = no parts. */
  part?: string | undefined;
  /** How many parts there are, where an index from 0 says which this is (Kubernetes, lone Slurm tasks). */
  parts?: number | undefined;
  /** Try images again that could not be read before. Default: false. */
  retrySkipped: boolean;
  /**
   * Name the images of the store that changed or are gone, which reads those that were stored before. Default: true.
   */
  checkSources: boolean;
  /** Encode anew what changed since it was encoded, and try again what could not be read. Default: false. */
  update: boolean;
  /** Drop from the store what is not among the images any more. Default: false. */
  prune: boolean;
}

/** How latents are made into pictures again. */
export interface DecodeOptions extends EngineOptions {
  /** Of the pictures. Default: "png". */
  format: 'png' | 'jpeg' | 'webp';
  /** Decode the mean of each posterior or a draw from it. Default: "mean". */
  from: 'mean' | 'sample';
  /** Of the draws. Default: 0. */
  seed: number;
  /** Images per pass through the model (images). Default: 16. */
  batch: number;
  /** Side of a tile (px). Default: 512. */
  tileSize: number;
  /** Share of a tile that its neighbour sees too; it is blended in the middle half. Default: 0.25. */
  tileOverlap: number;
  /** Decode latents of another encoder, and replace what is in --out. Default: false. */
  force: boolean;
}

/** How a store is copied to another format. */
export interface ConvertOptions {
  /** Tar files, two .npy files per image, or one .npz. Default: "webdataset". */
  format: 'webdataset' | 'npy' | 'npz';
  /** Mean and logvar, the mean alone, one draw, or the codes of a vq model, int32. Default: "moments". */
  values: 'moments' | 'mean' | 'sample' | 'codes';
  /** Apply the store's scale (to mean and sample). Default: false. */
  scaled: boolean;
  /** Of the draws. Default: 0. */
  seed: number;
}

/** What trained networks measure. */
export interface FeatureOptions {
  /** Network of the perceptual distance. Default: "builtin". */
  perceptual: 'builtin' | 'lpips-vgg' | 'lpips-alex' | 'lpips-squeeze';
  /** Measure perceptual and Fréchet distance. Default: true. */
  features: boolean;
}

/** How the bound on log p(x) is estimated. */
export interface BoundOptions {
  /** Estimate how probable a model finds images: ELBO and IWAE bounds. Default: false. */
  bound: boolean;
  /** Draws per image of the importance-weighted bounds, separated by commas. */
  importanceSamples: number[];
  /** How many of the images the bound is of, evenly chosen (images). Default: 8. */
  boundImages: number;
  /** Of p(x|z) = N(decoded, sigma² I), in units of images in [-1, 1]. Default: 0.5. */
  sigma: number;
}

/** How a latent space is looked at. */
export interface LatentSpaceOptions {
  /** Add t-SNE, UMAP, walks between images and samples of the prior. Default: false. */
  latentSpace: boolean;
  /** How many of the images are projected, evenly chosen; time grows with their square (images). Default: 256. */
  latentImages: number;
}

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
  /** Weight of the difference in local strength of detail, 0 = none: sharper at little cost. */
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
}

/** What the training of a diffusion model can be told. */
export interface DiffusionOptions extends EngineOptions {
  /** Network (without it: unet-tiny for grids, mlp-tiny for vectors). */
  preset?: 'unet-tiny' | 'dit-tiny' | 'dit-small' | 'mlp-tiny' | undefined;
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
