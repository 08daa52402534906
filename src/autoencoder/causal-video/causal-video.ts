/**
 * Wan's autoencoder for videos and Qwen-Image's, on single images: a video of one frame, for which causal convolutions reduce to
 * convolutions of an image. Decoded images are not clamped, as diffusers' classes do.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { CausalVideoConfig } from '../../config/config.js';
import { pixelShuffle, pixelUnshuffle, silu } from '../../engine/ops.js';
import type { ImageFunction } from '../../nn/layers.js';
import { createParameterTree, type Parameters, type Scope, type WeightSource } from '../../nn/parameters.js';
import { chain, type NetworkOptions } from '../blocks.js';
import { hasHalf } from '../halves.js';
import { type Posterior, posteriorOf } from '../posterior.js';
import {
  attentionBlock,
  averageDown,
  causalConv,
  duplicateUp,
  gammaShapes,
  residualBlock,
  rootMeanSquareNorm,
  type VideoOptions,
  videoLayer,
} from './layers.js';
import { decoderHalf, encoderHalf, type VideoLevel } from './levels.js';

export interface CausalVideoAutoencoder {
  readonly parameters: Parameters;
  readonly lastLayer: tf.Variable;
  /** [B, H, W, C] in [-1, 1] -> a Gaussian over [B, h, w, Z]. */
  encode(images: tf.Tensor4D): Posterior;
  /** [B, h, w, Z] -> [B, H, W, C], nominally in [-1, 1] and not clamped. */
  decode(latents: tf.Tensor4D): tf.Tensor4D;
}

export function createCausalVideoAutoencoder(
  config: CausalVideoConfig,
  source: WeightSource,
  { checkpointing = false }: NetworkOptions = {},
): CausalVideoAutoencoder {
  const { scope, parameters } = createParameterTree('weights' in source ? source.weights : undefined);
  const options = { seed: 'seed' in source ? source.seed : 0, checkpointing };
  const absent: ImageFunction = (x) => x;
  const toMoments = hasHalf(config, 'encoder') ? encoder(scope, config, options) : absent;
  const toImages = hasHalf(config, 'decoder') ? decoder(scope, config, options) : absent;
  return {
    parameters,
    lastLayer: parameters.get('decoder.conv_out.weight') as tf.Variable,
    encode: (images) => posteriorOf(toMoments(images)),
    decode: toImages,
  };
}

function encoder(root: Scope, config: CausalVideoConfig, options: VideoOptions): ImageFunction {
  const { inChannels, latentChannels, patchSize = 1 } = config;
  const { seed } = options;
  const scope = root.child('encoder');
  const { firstChannels, midChannels, levels } = encoderHalf(config);
  const moments = 2 * latentChannels;
  return chain([
    (images) => (patchSize === 1 ? images : patchesOf(images, patchSize)),
    causalConv(scope.child('conv_in'), [inChannels * patchSize ** 2, firstChannels], 3, seed),
    ...levels.map((level) => around(level, videoLevel(scope, level, options), averageDown)),
    midBlock(scope.child('mid_block'), midChannels, options),
    head(scope, midChannels, moments, seed),
    causalConv(root.child('quant_conv'), [moments, moments], 1, seed),
  ]);
}

function decoder(root: Scope, config: CausalVideoConfig, options: VideoOptions): ImageFunction {
  const { inChannels, latentChannels, patchSize = 1 } = config;
  const { seed } = options;
  const scope = root.child('decoder');
  const { firstChannels, levels, lastChannels } = decoderHalf(config);
  return chain([
    causalConv(root.child('post_quant_conv'), [latentChannels, latentChannels], 1, seed),
    causalConv(scope.child('conv_in'), [latentChannels, firstChannels], 3, seed),
    midBlock(scope.child('mid_block'), firstChannels, options),
    ...levels.map((level) => around(level, videoLevel(scope, level, options), duplicateUp)),
    head(scope, lastChannels, inChannels * patchSize ** 2, seed),
    (images) => (patchSize === 1 ? images : imageOf(images, patchSize)),
  ]);
}

const videoLevel = (scope: Scope, { layers }: VideoLevel, options: VideoOptions): ImageFunction =>
  chain(layers.map((layer) => videoLayer(scope, layer, options)));

/** A level with its shortcut around it, where it has one. */
function around({ shortcut }: VideoLevel, level: ImageFunction, along: typeof averageDown): ImageFunction {
  return shortcut === undefined ? level : (x) => tf.add(level(x), along(x, shortcut));
}

function midBlock(scope: Scope, channels: number, options: VideoOptions): ImageFunction {
  const square = { inChannels: channels, outChannels: channels };
  return chain([
    residualBlock(scope.child('resnets').child(0), square, options),
    attentionBlock(scope.child('attentions').child(0), channels, options),
    residualBlock(scope.child('resnets').child(1), square, options),
  ]);
}

function head(scope: Scope, inChannels: number, outChannels: number, seed: number): ImageFunction {
  return chain([
    rootMeanSquareNorm(scope.child('norm_out'), inChannels, gammaShapes.frames(inChannels)),
    silu,
    causalConv(scope.child('conv_out'), [inChannels, outChannels], 3, seed),
  ]);
}

const swapSides = (x: tf.Tensor4D) => tf.transpose(x, [0, 2, 1, 3]) as tf.Tensor4D;

/** As `pixelUnshuffle`, with the columns of a square before its rows. */
const patchesOf = (x: tf.Tensor4D, size: number) => swapSides(pixelUnshuffle(swapSides(x), size));

const imageOf = (x: tf.Tensor4D, size: number) => swapSides(pixelShuffle(swapSides(x), size));
