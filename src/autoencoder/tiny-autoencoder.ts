/**
 * TAESD, an autoencoder of a million parameters distilled from a large one, and its relatives for other latent spaces
 * (github.com/madebyollin/taesd; AutoencoderTiny in diffusers, whose parameter names are used). Images stand in [-1, 1]
 * outside and in [0, 1] inside, latents are those that diffusion sees.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { TinyModelConfig } from '../config/config.js';
import { groupNorm, upsampleNearest2x } from '../engine/ops.js';
import { segment } from '../nn/checkpoint.js';
import { ones, zeros } from '../nn/initializers.js';
import { conv2d, type ImageFunction } from '../nn/layers.js';
import { createParameterTree, type Parameters, type Scope, type WeightSource } from '../nn/parameters.js';
import { type BlockOptions, chain, type NetworkOptions } from './blocks.js';
import { hasHalf } from './halves.js';
import { type Posterior, withoutVariance } from './posterior.js';

export interface TinyAutoencoder {
  readonly config: TinyModelConfig;
  readonly parameters: Parameters;
  readonly lastLayer: tf.Variable;
  /** [B, H, W, 3] in [-1, 1] -> a latent [B, h, w, Z] without variance. */
  encode(images: tf.Tensor4D): Posterior;
  /** [B, h, w, Z] -> [B, H, W, 3], nominally in [-1, 1] and not clamped. */
  decode(latents: tf.Tensor4D): tf.Tensor4D;
}

type LayerOptions = Pick<BlockOptions, 'seed' | 'checkpointing'>;

export function createTinyAutoencoder(
  config: TinyModelConfig,
  source: WeightSource,
  { checkpointing = false }: NetworkOptions = {},
): TinyAutoencoder {
  const { scope, parameters } = createParameterTree('weights' in source ? source.weights : undefined);
  const options = { seed: 'seed' in source ? source.seed : 0, checkpointing };
  const absent: ImageFunction = (x) => x;
  const encodes = hasHalf(config, 'encoder');
  const decodes = hasHalf(config, 'decoder');
  const toLatent = encodes ? encoder(scope.child('encoder').child('layers'), config, options) : absent;
  const toImages = decodes ? decoder(scope.child('decoder').child('layers'), config, options) : absent;
  const weights = [...parameters.keys()].filter((name) => name.endsWith('.weight'));
  return {
    config,
    parameters,
    lastLayer: parameters.get(weights.at(-1) as string) as tf.Variable,
    encode(images) {
      return withoutVariance(toLatent(tf.div(tf.add(images, 1), 2))); // [B, h, w, Z]
    },
    decode(latents) {
      const bounded = tf.mul(tf.tanh(tf.div(latents, 3)), 3) as tf.Tensor4D;
      return tf.sub(tf.mul(toImages(bounded), 2), 1); // [B, H, W, 3]
    },
  };
}

function encoder(scope: Scope, config: TinyModelConfig, options: LayerOptions): ImageFunction {
  const { seed } = options;
  const { channels, latentChannels, encoderBlocks } = config;
  const { layers, add } = sequence(scope);
  encoderBlocks.forEach((blocks, level) => {
    if (level === 0) add((layer) => conv3x3(layer, 3, channels, seed));
    else add((layer) => downsample(layer, channels, seed));
    const norm = config.midBlockNorm && level === encoderBlocks.length - 1;
    for (let block = 0; block < blocks; block++) add((layer) => residualBlock(layer, channels, norm, options));
  });
  add((layer) => conv3x3(layer, channels, latentChannels, seed));
  return chain(layers);
}

function decoder(scope: Scope, config: TinyModelConfig, options: LayerOptions): ImageFunction {
  const { seed } = options;
  const { channels, latentChannels, decoderBlocks } = config;
  const { layers, add } = sequence(scope);
  add((layer) => conv3x3(layer, latentChannels, channels, seed));
  add(() => tf.relu);
  decoderBlocks.forEach((blocks, index) => {
    const norm = config.midBlockNorm && index === 0;
    for (let block = 0; block < blocks; block++) add((layer) => residualBlock(layer, channels, norm, options));
    if (index === decoderBlocks.length - 1) return;
    add(() => upsampleNearest2x);
    add((layer) => conv3x3(layer, channels, channels, seed, false));
  });
  add((layer) => conv3x3(layer, channels, 3, seed));
  return chain(layers);
}

/** Layers that are called by their numbers. */
function sequence(scope: Scope) {
  const layers: ImageFunction[] = [];
  const add = (build: (layer: Scope) => ImageFunction) => layers.push(build(scope.child(layers.length)));
  return { layers, add };
}

function conv3x3(scope: Scope, inChannels: number, outChannels: number, seed: number, bias = true): ImageFunction {
  return conv2d(scope, { inChannels, outChannels, kernelSize: 3, bias, seed });
}

function downsample(scope: Scope, channels: number, seed: number): ImageFunction {
  return conv2d(scope, { inChannels: channels, outChannels: channels, kernelSize: 3, stride: 2, bias: false, seed });
}

/** relu(x + conv(relu(conv(relu(conv(x)))))), after x has been given statistics of the whole image where wanted. */
function residualBlock(
  scope: Scope,
  channels: number,
  norm: boolean,
  { seed, checkpointing }: LayerOptions,
): ImageFunction {
  const branch = scope.child('conv');
  const convs = [0, 2, 4].map((index) => conv3x3(branch.child(index), channels, channels, seed));
  const toHidden = chain(convs.flatMap((conv, index) => (index === 0 ? [conv] : [tf.relu<tf.Tensor4D>, conv])));
  const pool = norm ? poolBranch(scope.child('pool'), channels, seed) : undefined;
  return segment(scope, checkpointing, (x) => {
    const pooled = pool ? (tf.add(x, pool(x)) as tf.Tensor4D) : x;
    return tf.relu(tf.add(toHidden(pooled), pooled) as tf.Tensor4D);
  });
}

/** Group normalisation in four times the channels, with PyTorch's epsilon: how TAEF2 passes on global colour. */
function poolBranch(scope: Scope, channels: number, seed: number): ImageFunction {
  const wide = 4 * channels;
  const conv1x1 = { kernelSize: 1, bias: false, seed };
  const widen = conv2d(scope.child(0), { inChannels: channels, outChannels: wide, ...conv1x1 });
  const scale = scope.child(1).parameter('weight', [wide], ones);
  const offset = scope.child(1).parameter('bias', [wide], zeros);
  const narrow = conv2d(scope.child(3), { inChannels: wide, outChannels: channels, ...conv1x1 });
  return (x) => {
    const normalized = groupNorm(widen(x), scale as tf.Tensor1D, offset as tf.Tensor1D, 4, 1e-5); // [B, h, w, 4C]
    return narrow(tf.relu(normalized));
  };
}
