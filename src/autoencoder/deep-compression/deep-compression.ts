/**
 * DC-AE, an autoencoder that halves an image's sides five times and more (Chen et al., arXiv 2410.10733; AutoencoderDC in
 * diffusers, whose parameter names are used). Its latent has no variance.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { DeepCompressionConfig } from '../../config/config.js';
import { segment } from '../../nn/checkpoint.js';
import { conv2d, type ImageFunction } from '../../nn/layers.js';
import { createParameterTree, type Parameters, type Scope, type WeightSource } from '../../nn/parameters.js';
import { chain, type NetworkOptions } from '../blocks.js';
import { channelCopies, channelMeans } from '../channel-groups.js';
import { hasHalf } from '../halves.js';
import { type Posterior, withoutVariance } from '../posterior.js';
import { attentionBlock, residualBlock } from './blocks.js';
import { activations, channelNorm, double, halve } from './layers.js';

export interface DeepCompressionAutoencoder {
  readonly parameters: Parameters;
  readonly lastLayer: tf.Variable;
  /** [B, H, W, 3] in [-1, 1] -> a latent [B, h, w, Z] without variance. */
  encode(images: tf.Tensor4D): Posterior;
  /** [B, h, w, Z] -> [B, H, W, 3], nominally in [-1, 1] and not clamped. */
  decode(latents: tf.Tensor4D): tf.Tensor4D;
}

type Options = Required<NetworkOptions> & { readonly seed: number };

export function createDeepCompressionAutoencoder(
  config: DeepCompressionConfig,
  source: WeightSource,
  { checkpointing = false }: NetworkOptions = {},
): DeepCompressionAutoencoder {
  const { scope, parameters } = createParameterTree('weights' in source ? source.weights : undefined);
  const options = { seed: 'seed' in source ? source.seed : 0, checkpointing };
  const absent: ImageFunction = (x) => x;
  const toLatent = hasHalf(config, 'encoder') ? encoder(scope.child('encoder'), config, options) : absent;
  const toImages = hasHalf(config, 'decoder') ? decoder(scope.child('decoder'), config, options) : absent;
  const last = ['decoder.conv_out.weight', 'decoder.conv_out.conv.weight'].find((name) => parameters.has(name));
  return {
    parameters,
    lastLayer: parameters.get(last ?? '') as tf.Variable,
    encode: (images) => withoutVariance(toLatent(images)),
    decode: toImages,
  };
}

/** The first level that has layers: a network without any at full resolution begins at half of it. */
const firstWidth = ({ blockOutChannels, layersPerBlock }: DeepCompressionConfig['encoder' | 'decoder']): number =>
  blockOutChannels[layersPerBlock[0] === 0 ? 1 : 0] as number;

function levelBlocks(
  level: Scope,
  firstIndex: number,
  index: number,
  half: DeepCompressionConfig['encoder'] | DeepCompressionConfig['decoder'],
  headDim: number,
  { seed, checkpointing }: Options,
): ImageFunction[] {
  return Array.from({ length: half.layersPerBlock[index] as number }, (_, layer) => {
    const scope = level.child(firstIndex + layer);
    const shape = {
      channels: half.blockOutChannels[index] as number,
      norm: 'norms' in half ? (half.norms[index] as 'rms') : ('rms' as const),
      activation: 'activations' in half ? (half.activations[index] as 'silu') : ('silu' as const),
      headDim,
      scales: half.attentionScales[index] as number[],
      seed,
    };
    const block = half.blocks[index] === 'attention' ? attentionBlock(scope, shape) : residualBlock(scope, shape);
    return segment(scope, checkpointing, block);
  });
}

function encoder(scope: Scope, config: DeepCompressionConfig, options: Options): ImageFunction {
  const { encoder: half, inChannels, latentChannels, attentionHeadDim } = config;
  const { seed } = options;
  const { blockOutChannels, layersPerBlock } = half;
  const shuffles = half.downsampling === 'shuffle';
  const stem = { inChannels, outChannels: firstWidth(half), seed };
  const layers: ImageFunction[] = [
    layersPerBlock[0] === 0
      ? halve(scope.child('conv_in'), { ...stem, shuffles, shortcut: false })
      : conv2d(scope.child('conv_in'), { ...stem, kernelSize: 3 }),
  ];
  blockOutChannels.forEach((channels, index) => {
    const level = scope.child('down_blocks').child(index);
    const count = layersPerBlock[index] as number;
    layers.push(...levelBlocks(level, 0, index, half, attentionHeadDim, options));
    const next = blockOutChannels[index + 1];
    if (next === undefined || count === 0) return;
    layers.push(halve(level.child(count), { inChannels: channels, outChannels: next, shuffles, shortcut: true, seed }));
  });
  const last = blockOutChannels.at(-1) as number;
  const convOut = conv2d(scope.child('conv_out'), {
    inChannels: last,
    outChannels: latentChannels,
    kernelSize: 3,
    seed,
  });
  layers.push((x) => (half.shortcut ? tf.add(convOut(x), channelMeans(x, latentChannels)) : convOut(x)));
  return chain(layers);
}

function decoder(scope: Scope, config: DeepCompressionConfig, options: Options): ImageFunction {
  const { decoder: half, inChannels, latentChannels, attentionHeadDim } = config;
  const { seed } = options;
  const { blockOutChannels, layersPerBlock } = half;
  const shuffles = half.upsampling === 'shuffle';
  const last = blockOutChannels.at(-1) as number;
  const convIn = conv2d(scope.child('conv_in'), { inChannels: latentChannels, outChannels: last, kernelSize: 3, seed });
  const layers: ImageFunction[] = [(x) => (half.shortcut ? tf.add(convIn(x), channelCopies(x, last)) : convIn(x))];
  for (let index = blockOutChannels.length - 1; index >= 0; index--) {
    const level = scope.child('up_blocks').child(index);
    const below = blockOutChannels[index + 1];
    const doubles = below !== undefined && layersPerBlock[index] !== 0;
    const channels = { inChannels: below as number, outChannels: blockOutChannels[index] as number };
    if (doubles) layers.push(double(level.child(0), { ...channels, shuffles, shortcut: true, seed }));
    layers.push(...levelBlocks(level, doubles ? 1 : 0, index, half, attentionHeadDim, options));
  }
  const width = firstWidth(half);
  layers.push(channelNorm(scope.child('norm_out'), width, 'rms'), activations[half.lastActivation]);
  const head = { inChannels: width, outChannels: inChannels, seed };
  layers.push(
    layersPerBlock[0] === 0
      ? double(scope.child('conv_out'), { ...head, shuffles, shortcut: false })
      : conv2d(scope.child('conv_out'), { ...head, kernelSize: 3 }),
  );
  return chain(layers);
}
