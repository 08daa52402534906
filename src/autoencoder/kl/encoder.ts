/** Images to the moments of the posterior, or to the latent itself. */
import * as tf from '@tensorflow/tfjs-core';
import { classesOf, downsamplingFactor, type KlModelConfig, zChannelsOf } from '../../config/config.js';
import { pixelUnshuffle } from '../../engine/ops.js';
import { zeros } from '../../nn/initializers.js';
import { conv2d, dense, groupNormSilu, type ImageFunction } from '../../nn/layers.js';
import type { Initializer, Scope } from '../../nn/parameters.js';
import { attentionBlock, type BlockOptions, chain, downsample, midBlock, resnetBlock } from '../blocks.js';
import { type ClassedFunction, perClass } from '../class-condition.js';
import { momentsBias } from '../posterior.js';
import { levelLayers, midAttention, spaceToChannels } from './stem-blocks.js';

/**
 * [B, H, W, 3] -> mean and logvar side by side on the last axis: [B, h, w, 2Z]; h = w = 1 for a vector latent. The latent
 * alone, [B, h, w, Z], where the posterior has no variance.
 */
export function encoder(scope: Scope, config: KlModelConfig, options: BlockOptions): ClassedFunction {
  const { blockOutChannels } = config;
  const firstChannels = blockOutChannels[0] as number;
  const lastChannels = blockOutChannels.at(-1) as number;
  const convIn = imageStem(scope.child('conv_in'), config, options.seed);
  const layers = config.stem === undefined ? ldmLevels(scope, config, options) : stemLevels(scope, config, options);
  layers.push(groupNormSilu(scope.child('conv_norm_out'), lastChannels, options.normGroups));
  layers.push(momentsHead(scope, config, lastChannels, options.seed));
  const rest = chain(layers);
  const classes = classesOf(config)?.length;
  if (classes === undefined) return (images) => rest(convIn(images));
  const classedStem = perClass(scope.child('class_in'), classes, [1, 1, firstChannels], convIn);
  return (images, indices) => rest(classedStem(images, indices));
}

/** [B, H, W, 3] -> the first level's [B, H, W, C], or [B, H/stem, W/stem, C]. */
function imageStem(scope: Scope, { inChannels, blockOutChannels, stem }: KlModelConfig, seed: number): ImageFunction {
  const outChannels = blockOutChannels[0] as number;
  const conv = conv2d(scope, { inChannels: inChannels * (stem ?? 1) ** 2, outChannels, kernelSize: 3, seed });
  return stem === undefined ? conv : (images) => conv(pixelUnshuffle(images, stem));
}

/** LDM's levels, from full resolution down, and its mid block. */
function ldmLevels(scope: Scope, config: KlModelConfig, options: BlockOptions): ImageFunction[] {
  const { blockOutChannels, layersPerBlock } = config;
  const layers: ImageFunction[] = [];
  blockOutChannels.forEach((channels, level) => {
    const block = scope.child('down_blocks').child(level);
    for (let index = 0; index < layersPerBlock; index++) {
      const blockInChannels = index > 0 ? channels : (blockOutChannels[level - 1] ?? channels);
      layers.push(resnetBlock(block.child('resnets').child(index), blockInChannels, channels, options));
      if (config.attentionLevels.includes(level)) {
        layers.push(attentionBlock(block.child('attentions').child(index), channels, options));
      }
    }
    const isLast = level === blockOutChannels.length - 1;
    if (!isLast) layers.push(downsample(block.child('downsamplers').child(0), channels, options));
  });
  layers.push(midBlock(scope.child('mid_block'), blockOutChannels.at(-1) as number, config.midBlockAttention, options));
  return layers;
}

/** The levels of a network with a stem: residual blocks of one width each, and nothing else but the ways between them. */
function stemLevels(scope: Scope, config: KlModelConfig, options: BlockOptions): ImageFunction[] {
  const { blockOutChannels } = config;
  const layers: ImageFunction[] = [];
  blockOutChannels.forEach((channels, level) => {
    const block = scope.child('down_blocks').child(level);
    layers.push(...levelLayers(block, config, 'encoderLayers', level, options));
    const next = blockOutChannels[level + 1];
    if (next !== undefined) layers.push(spaceToChannels(block.child('downsamplers').child(0), channels, next, options));
  });
  if (config.midBlockAttention) layers.push(midAttention(scope, config, options));
  return layers;
}

/** What the encoder's last layer makes for every number of the latent, and what it starts with. */
export function headOf({ posterior }: KlModelConfig): { width: number; initialBias: Initializer } {
  return posterior === 'gaussian' ? { width: 2, initialBias: momentsBias } : { width: 1, initialBias: zeros };
}

function momentsHead(scope: Scope, config: KlModelConfig, channels: number, seed: number): ImageFunction {
  const { width, initialBias } = headOf(config);
  if (config.latent === 'spatial') {
    const head = { inChannels: channels, outChannels: width * zChannelsOf(config), kernelSize: 3, seed };
    // A quant_conv after it makes the moments instead.
    return conv2d(scope.child('conv_out'), config.useQuantConv ? head : { ...head, initialBias });
  }
  const positions = (config.imageSize / downsamplingFactor(config)) ** 2;
  const outFeatures = width * config.latentFloats;
  const toMoments = dense(scope.child('to_moments'), {
    inFeatures: positions * channels,
    outFeatures,
    seed,
    initialBias,
  });
  return (x) => {
    const flat = tf.reshape(x, [x.shape[0], positions * channels]) as tf.Tensor2D; // [B, hwC]
    return tf.reshape(toMoments(flat), [x.shape[0], 1, 1, outFeatures]); // [B, 1, 1, 2Z]
  };
}
