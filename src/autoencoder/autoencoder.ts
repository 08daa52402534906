/**
 * The autoencoder, spatial (AutoencoderKL of LDM and diffusers, Rombach et al., arXiv 2112.10752) or vector (Kingma & Welling,
 * arXiv 1312.6114). Both share every layer but the one that makes the latent, so that a comparison changes one thing.
 */
import type * as tf from '@tensorflow/tfjs-core';
import {
  decoderLevels,
  downsamplingFactor,
  hasVectorLatent,
  type KlModelConfig,
  type ModelConfig,
  type PosteriorKind,
  vaeChannelsOf,
  zChannelsOf,
} from '../config/config.js';
import { assertShape, UserError } from '../errors.js';
import { conv2d, type ImageFunction } from '../nn/layers.js';
import { createParameterTree, type Parameters, type WeightSource } from '../nn/parameters.js';
import type { NetworkOptions } from './blocks.js';
import { createCausalVideoAutoencoder } from './causal-video/causal-video.js';
import { checkClasses, classPriors } from './class-condition.js';
import { createCodebook, projectedCodes, quantize } from './codebook.js';
import { createDeepCompressionAutoencoder } from './deep-compression/deep-compression.js';
import { assertHalf, hasHalf } from './halves.js';
import { decoder } from './kl/decoder.js';
import { encoder, headOf } from './kl/encoder.js';
import { patchPosterior, patchSizeOf, unpatchLatents } from './kl/latent-patch.js';
import { createLinearAutoencoder } from './linear-autoencoder.js';
import { type Gaussian, type Posterior, posteriorOf, withoutVariance } from './posterior.js';
import { createTinyAutoencoder } from './tiny-autoencoder.js';

/** An autoencoder with its weights: `encode` gives posteriors of images, `decode` images of latents. */
export interface Autoencoder {
  readonly config: ModelConfig;
  readonly parameters: Parameters;
  /** The parameter whose gradient balances adversarial and reconstruction terms (LDM's last layer); of a whole model. */
  readonly lastLayer: tf.Variable;
  /** The codes [Z, K] that a latent is made of; null where it is not. */
  readonly codebook: tf.Variable | null;
  /** p(z|y) for classes int32 [B], over [B, h, w, Z]; null where the prior is N(0, 1). */
  readonly prior: ((classes: tf.Tensor1D) => Gaussian) | null;
  /**
   * [B, H, W, 3] in [-1, 1] -> q(z|x) over [B, h, w, Z]. Height and width must be multiples of the factor.
   *
   * @param classes int32 [B], for a model with classes; see `classIndices`
   */
  encode(images: tf.Tensor4D, classes?: tf.Tensor1D): Posterior;
  /** [B, h, w, Z] -> [B, H, W, 3], nominally in [-1, 1] and not clamped. `classes` as for `encode`. */
  decode(latents: tf.Tensor4D, classes?: tf.Tensor1D): tf.Tensor4D;
}

type Network = Omit<Autoencoder, 'config'>;

/** The network that `config` describes. Shapes are checked at its two doors. */
export function createAutoencoder(
  config: ModelConfig,
  source: WeightSource,
  options: NetworkOptions = {},
): Autoencoder {
  const network = createNetwork(config, source, options);
  return {
    ...network,
    config,
    encode(images, classes) {
      assertHalf(config, 'encoder');
      checkImages(config, images.shape);
      checkClasses(config, images.shape[0], classes);
      return network.encode(images, classes);
    },
    decode(latents, classes) {
      assertHalf(config, 'decoder');
      checkLatents(config, latents.shape);
      checkClasses(config, latents.shape[0], classes);
      return network.decode(latents, classes);
    },
  };
}

function createNetwork(config: ModelConfig, source: WeightSource, options: NetworkOptions): Network {
  const plain = { codebook: null, prior: null };
  if (config.latent === 'tiny') return { ...createTinyAutoencoder(config, source, options), ...plain };
  if (config.latent === 'linear') return { ...createLinearAutoencoder(config, source), ...plain };
  if (config.latent === 'deep-compression')
    return { ...createDeepCompressionAutoencoder(config, source, options), ...plain };
  if (config.latent === 'causal-video') return { ...createCausalVideoAutoencoder(config, source, options), ...plain };
  return createKlNetwork(config, source, options);
}

function createKlNetwork(
  config: KlModelConfig,
  source: WeightSource,
  { checkpointing = false }: NetworkOptions,
): Network {
  checkGroups(config);
  const { scope, parameters } = createParameterTree('weights' in source ? source.weights : undefined);
  const seed = 'seed' in source ? source.seed : 0;
  const options = { normGroups: config.normNumGroups, seed, checkpointing };
  const { width, initialBias } = headOf(config);
  const [encodes, decodes] = [hasHalf(config, 'encoder'), hasHalf(config, 'decoder')];
  const identity: ImageFunction = (x) => x;
  const toMoments = encodes ? encoder(scope.child('encoder'), config, options) : identity;
  const toImages = decodes ? decoder(scope.child('decoder'), config, options) : identity;
  const pointwise = { kernelSize: 1, seed };
  const quantConv =
    encodes && config.latent === 'spatial' && config.useQuantConv
      ? conv2d(scope.child('quant_conv'), {
          ...pointwise,
          inChannels: width * zChannelsOf(config),
          outChannels: width * vaeChannelsOf(config),
          initialBias,
        })
      : identity;
  const postQuantConv =
    decodes && config.latent === 'spatial' && config.usePostQuantConv
      ? conv2d(scope.child('post_quant_conv'), {
          ...pointwise,
          inChannels: vaeChannelsOf(config),
          outChannels: zChannelsOf(config),
        })
      : identity;
  const codebook =
    config.latent === 'spatial' && config.codes !== undefined
      ? createCodebook(scope, config.codes, config.latentChannels, seed)
      : null;
  const choice =
    config.latent === 'spatial' && config.codeChoice === 'projection'
      ? projectedCodes(scope, config.codes as number, config.latentChannels, seed)
      : undefined;
  const prior =
    config.latent === 'vector' && config.classes !== undefined
      ? classPriors(scope.child('prior'), config.classes.length, config.latentFloats)
      : null;
  const posteriorKinds: Record<PosteriorKind, (outputs: tf.Tensor4D) => Posterior> = {
    gaussian: posteriorOf,
    deterministic: withoutVariance,
    quantized: (outputs) => quantize(outputs, codebook as tf.Tensor as tf.Tensor2D, choice),
  };
  const toPosterior = posteriorKinds[config.posterior];
  const patch = patchSizeOf(config);
  return {
    parameters,
    lastLayer: parameters.get('decoder.conv_out.weight') as tf.Variable,
    codebook,
    prior,
    encode: (images, classes) => patchPosterior(toPosterior(quantConv(toMoments(images, classes))), patch),
    decode: (latents, classes) => toImages(postQuantConv(unpatchLatents(latents, patch)), classes),
  };
}

/** [h, w, Z] of the latent of an image of [H, W] px; a size of -1 stays open. */
export function latentShape(config: ModelConfig, [height, width]: readonly [number, number]): [number, number, number] {
  if (hasVectorLatent(config)) return [1, 1, config.latentFloats];
  const factor = downsamplingFactor(config);
  return [height === -1 ? -1 : height / factor, width === -1 ? -1 : width / factor, config.latentChannels];
}

function checkGroups(config: KlModelConfig): void {
  for (const channels of [...config.blockOutChannels, ...decoderLevels(config).blockOutChannels]) {
    if (channels % config.normNumGroups === 0) continue;
    throw new UserError(
      `model: got ${channels} channels (blockOutChannels), which do not divide into the ${config.normNumGroups} groups of its ` +
        'normalisation (normNumGroups): change either.',
    );
  }
}

/** Throws a `UserError` unless the model takes latents of this shape, [B, h, w, Z]. */
export function checkLatents(config: ModelConfig, shape: readonly number[]): void {
  assertShape('latents', shape, [-1, ...latentShape(config, [-1, -1])], 'use the model that encoded them');
}

/** Throws a `UserError` unless the model takes images of this shape, [B, H, W, C]. */
export function checkImages(config: ModelConfig, shape: readonly number[]): void {
  const side = hasVectorLatent(config) ? config.imageSize : -1;
  assertShape('images', shape, [-1, side, side, config.inChannels], 'resize them to the size the model was made for');
  const factor = downsamplingFactor(config);
  const [, height = 0, width = 0] = shape;
  if (height % factor === 0 && width % factor === 0) return;
  throw new UserError(`images: got ${height}×${width} px, wanted multiples of ${factor}: choose another --size.`);
}
