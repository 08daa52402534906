/** Made of the schemas by tools/option-types.mjs (`npm run option-types`): change them, not this. */

/** LDM's blocks (Rombach et al., arXiv 2112.10752) around a latent of [h, w, Z]. */
export interface SpatialModelConfig {
  /** LDM's blocks around a grid of h × w positions. */
  latent: 'spatial';
  /** Channels of an image: 1, 3 or 4. Default: 3. */
  inChannels: number;
  /** Square size the network was made for; a vector latent accepts this size alone (px). Default: 64. */
  imageSize: number;
  /** Channels per resolution level, from the highest on; each level but the last halves the resolution. */
  blockOutChannels: number[];
  /** Residual blocks per level. Default: 1. */
  layersPerBlock: number;
  /** Groups of each group normalisation. Default: 32. */
  normNumGroups: number;
  /**
   * Side of the squares whose pixels become the channels of the first level (LiteVAE, arXiv 2405.14477, with
   * space-to-depth in the place of wavelets), so that nothing runs at full resolution; absent: LDM's network (px).
   */
  stem?: 2 | 4 | 8 | undefined;
  /** Residual blocks per level of an encoder with a stem; absent: `layersPerBlock` in each. */
  encoderLayers?: number[] | undefined;
  /** Residual blocks per level of a decoder with a stem; absent: `layersPerBlock` in each. */
  decoderLayers?: number[] | undefined;
  /** Levels (0 = the highest resolution) whose blocks carry self-attention. */
  attentionLevels: number[];
  /** Whether the middle of both halves carries self-attention. Default: true. */
  midBlockAttention: boolean;
  /** `blockOutChannels` of the decoder; absent: the encoder's. */
  decoderBlockOutChannels?: number[] | undefined;
  /** `layersPerBlock` of the decoder; absent: the encoder's. */
  decoderLayersPerBlock?: number | undefined;
  /** `attentionLevels` of the decoder; absent: the encoder's. */
  decoderAttentionLevels?: number[] | undefined;
  /** The one half of an autoencoder that is there; absent: both are. */
  half?: 'encoder' | 'decoder' | undefined;
  /** Z, numbers at each position of the latent. */
  latentChannels: number;
  /**
   * Channels between the networks and the 1×1 convolutions, where those change them: LDM's z_channels beside
   * embed_dim.
   */
  zChannels?: number | undefined;
  /** What the encoder answers with. Default: "gaussian". */
  posterior: 'gaussian' | 'deterministic' | 'quantized';
  /** Entries of the codebook of a quantized posterior (van den Oord et al., arXiv 1711.00937). */
  codes?: number | undefined;
  /**
   * How an entry is chosen: by the largest of as many logits, which a 1×1 convolution makes, as the Gumbel quantizer
   * of taming-transformers does once it no longer draws (arXiv 1611.01144); absent: the nearest.
   */
  codeChoice?: 'projection' | undefined;
  /** Whether a 1×1 convolution ends the encoder. Default: true. */
  useQuantConv: boolean;
  /** Whether a 1×1 convolution begins the decoder. Default: true. */
  usePostQuantConv: boolean;
  /** Squares of the VAE's latent that become the channels of one position, as FLUX.2 has them. */
  latentPatch?: { size: number; epsilon: number; momentum: number } | undefined;
  /**
   * Whether the decoder carries the layers that take the unmasked part of an image (arXiv 2306.04632); they compute
   * nothing.
   */
  maskCondition?: true | undefined;
  /** Fields of a diffusers config.json that mean nothing here and that an export writes again. */
  passedOn?:
    | {
        forceUpcast?: boolean | undefined;
        sampleSize?: [number, number] | undefined;
        lookupFromCodebook?: boolean | undefined;
      }
    | undefined;
  /** Diffusion sees (latent - shift) * scaling (Rombach et al., arXiv 2112.10752, appendix G); null until measured. */
  scalingFactor: number | null;
  /** The shift of `scalingFactor`; null: 0. */
  shiftFactor: number | null;
  /** By channel, in the place of the shift; factors are then scalingFactor / std. */
  latentsMean: number[] | null;
  /** By channel, with `latentsMean`. */
  latentsStd: number[] | null;
}

/** LDM's blocks around one latent vector per image. */
export interface VectorModelConfig {
  /** LDM's blocks around one vector per image. */
  latent: 'vector';
  /** Channels of an image: 1, 3 or 4. Default: 3. */
  inChannels: number;
  /** Square size the network was made for; a vector latent accepts this size alone (px). Default: 64. */
  imageSize: number;
  /** Channels per resolution level, from the highest on; each level but the last halves the resolution. */
  blockOutChannels: number[];
  /** Residual blocks per level. Default: 1. */
  layersPerBlock: number;
  /** Groups of each group normalisation. Default: 32. */
  normNumGroups: number;
  /**
   * Side of the squares whose pixels become the channels of the first level (LiteVAE, arXiv 2405.14477, with
   * space-to-depth in the place of wavelets), so that nothing runs at full resolution; absent: LDM's network (px).
   */
  stem?: 2 | 4 | 8 | undefined;
  /** Residual blocks per level of an encoder with a stem; absent: `layersPerBlock` in each. */
  encoderLayers?: number[] | undefined;
  /** Residual blocks per level of a decoder with a stem; absent: `layersPerBlock` in each. */
  decoderLayers?: number[] | undefined;
  /** Levels (0 = the highest resolution) whose blocks carry self-attention. */
  attentionLevels: number[];
  /** Whether the middle of both halves carries self-attention. Default: true. */
  midBlockAttention: boolean;
  /** Length of the one latent vector of an image. */
  latentFloats: number;
  /** What the encoder answers with. Default: "gaussian". */
  posterior: 'gaussian' | 'deterministic';
  /**
   * The classes that encoder, decoder and prior are told of (Sohn et al., NeurIPS 2015); absent: the prior is N(0,
   * 1).
   */
  classes?: string[] | undefined;
}

/** One dense layer each way: PCA or LDA. */
export interface LinearModelConfig {
  /** One dense layer each way. */
  latent: 'linear';
  /** Channels of an image: 1, 3 or 4. Default: 3. */
  inChannels: number;
  /** Side of the square images it takes, and no others (px). Default: 64. */
  imageSize: number;
  /** Length of the one latent vector of an image. */
  latentFloats: number;
  /**
   * What its directions are chosen for: the most variance (PCA), or telling the classes of the training images apart
   * (LDA). Default: "principal".
   */
  directions: 'principal' | 'discriminant';
}

/** TAESD and its relatives (github.com/madebyollin/taesd). */
export interface TinyModelConfig {
  /** TAESD's network, for the latents of a larger one. */
  latent: 'tiny';
  /** The one half of an autoencoder that is there; absent: both are. */
  half?: 'encoder' | 'decoder' | undefined;
  /** Channels of an image. Default: 3. */
  inChannels: 3;
  /** Square size it is shown at by default (px). Default: 256. */
  imageSize: number;
  /** Of every convolution: 64 in every published network. */
  channels: number;
  /** Z, numbers at each position of the latent. */
  latentChannels: number;
  /** Residual blocks per resolution, from the highest on: 1, 3, 3, 3 in TAESD. */
  encoderBlocks: number[];
  /** Residual blocks per resolution, from the lowest on: 3, 3, 3, 1 in TAESD. */
  decoderBlocks: number[];
  /** Whether the blocks at the lowest resolution see statistics of the whole image, as TAEF2's do. */
  midBlockNorm: boolean;
}

/** The encoder of a DC-AE. */
export interface DeepCompressionEncoderConfig {
  /** Kind of a level's blocks: convolutions, or EfficientViT's linear attention and a gated convolution. */
  blocks: ('residual' | 'attention')[];
  /** Channels per level. */
  blockOutChannels: number[];
  /** Blocks per level; 0 at the first: the network begins at half resolution. */
  layersPerBlock: number[];
  /** Sides of the depthwise convolutions through which attention sees its surroundings. */
  attentionScales: number[][];
  /** How resolution is halved. */
  downsampling: 'convolution' | 'shuffle';
  /** Whether a shortcut without weights goes around each change of resolution. */
  shortcut: boolean;
}

/** The decoder of a DC-AE. */
export interface DeepCompressionDecoderConfig {
  /** Kind of a level's blocks: convolutions, or EfficientViT's linear attention and a gated convolution. */
  blocks: ('residual' | 'attention')[];
  /** Channels per level. */
  blockOutChannels: number[];
  /** Blocks per level; 0 at the first: the network begins at half resolution. */
  layersPerBlock: number[];
  /** Sides of the depthwise convolutions through which attention sees its surroundings. */
  attentionScales: number[][];
  /** How resolution is doubled. */
  upsampling: 'interpolation' | 'shuffle';
  /** Whether a shortcut without weights goes around each change of resolution. */
  shortcut: boolean;
  /** Normalisation of each level's blocks. */
  norms: ('rms' | 'batch')[];
  /** Activation of each level's blocks. */
  activations: ('silu' | 'relu' | 'relu6')[];
  /** Before the last convolution. */
  lastActivation: 'silu' | 'relu' | 'relu6';
}

/** DC-AE (Chen et al., arXiv 2410.10733). */
export interface DeepCompressionConfig {
  /** DC-AE's network. */
  latent: 'deep-compression';
  /** Channels of an image. Default: 3. */
  inChannels: number;
  /** Square size it is shown at by default (px). Default: 512. */
  imageSize: number;
  /** Z, numbers at each position of the latent. */
  latentChannels: number;
  /** Channels of a head of attention. */
  attentionHeadDim: number;
  /** The encoder. */
  encoder: DeepCompressionEncoderConfig;
  /** The decoder. */
  decoder: DeepCompressionDecoderConfig;
  /** Diffusion sees latent * scalingFactor; null until measured. */
  scalingFactor: number | null;
  /** The one half of an autoencoder that is there; absent: both are. */
  half?: 'encoder' | 'decoder' | undefined;
}

/** Wan's autoencoder for videos (arXiv 2503.20314) and Qwen-Image's (arXiv 2508.02324), for single images. */
export interface CausalVideoConfig {
  /** An autoencoder for videos, of which images are a single frame. */
  latent: 'causal-video';
  /** Whose it is: each has a class of its own in diffusers. */
  maker: 'Wan' | 'Qwen-Image';
  /** Channels of an image. Default: 3. */
  inChannels: number;
  /** Square size it is shown at by default (px). Default: 256. */
  imageSize: number;
  /** Z, numbers at each position of the latent. */
  latentChannels: number;
  /**
   * Channels of the first layer; a level has as many times more as `channelMultipliers` says, from the highest
   * resolution on.
   */
  baseChannels: number;
  /** The same of the decoder; absent: as the encoder's. */
  decoderBaseChannels?: number | undefined;
  /** By level, from the highest resolution on. */
  channelMultipliers: number[];
  /** Residual blocks per level. */
  layersPerBlock: number;
  /** Sides of a level as shares of the image's, at which the encoder's blocks carry attention. */
  attentionScales: number[];
  /** Whether levels halve the frames too, from the highest resolution on: layers that one frame passes by. */
  temporalDownsampling: boolean[];
  /** Whether the means, or copies, of groups of channels go around every level, as in Wan 2.2. */
  shortcuts: boolean;
  /** Side of the squares whose pixels become channels before the first layer (px). */
  patchSize?: number | undefined;
  /** Diffusion sees (latent - mean) / std · factor; null until measured. */
  scalingFactor: number | null;
  /** By channel; null until measured. */
  latentsMean: number[] | null;
  /** By channel; null until measured. */
  latentsStd: number[] | null;
  /** Fields of a diffusers config.json that mean nothing here and that an export writes again. */
  passedOn?:
    | {
        dropout?: number | undefined;
        scaleFactorTemporal?: number | null | undefined;
        scaleFactorSpatial?: number | null | undefined;
      }
    | undefined;
  /** The one half of an autoencoder that is there; absent: both are. */
  half?: 'encoder' | 'decoder' | undefined;
}
