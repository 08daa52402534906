/** Images to the moments of the posterior. */
import * as tf from '@tensorflow/tfjs';
import { downsamplingFactor, type KlModelConfig } from '../config.js';
import { conv2d, dense, groupNormSilu, type ImageFunction } from '../nn/layers.js';
import type { Scope } from '../nn/parameters.js';
import { attentionBlock, type BlockOptions, chain, downsample, midBlock, resnetBlock } from './blocks.js';
import { momentsBias } from './posterior.js';

/** [B, H, W, 3] -> mean and logvar side by side on the last axis: [B, h, w, 2Z]; h = w = 1 for a vector latent. */
export function encoder(scope: Scope, config: KlModelConfig, options: BlockOptions): ImageFunction {
  const { blockOutChannels, layersPerBlock, inChannels } = config;
  const firstChannels = blockOutChannels[0] as number;
  const lastChannels = blockOutChannels.at(-1) as number;
  const layers = [
    conv2d(scope.child('conv_in'), { inChannels, outChannels: firstChannels, kernelSize: 3, seed: options.seed }),
  ];
  blockOutChannels.forEach((channels, level) => {
    const block = scope.child('down_blocks').child(level);
    for (let index = 0; index < layersPerBlock; index++) {
      const blockInChannels = index > 0 ? channels : (blockOutChannels[level - 1] ?? firstChannels);
      layers.push(resnetBlock(block.child('resnets').child(index), blockInChannels, channels, options));
      if (config.attentionLevels.includes(level)) {
        layers.push(attentionBlock(block.child('attentions').child(index), channels, options));
      }
    }
    const isLast = level === blockOutChannels.length - 1;
    if (!isLast) layers.push(downsample(block.child('downsamplers').child(0), channels, options));
  });
  layers.push(midBlock(scope.child('mid_block'), lastChannels, config.midBlockAttention, options));
  layers.push(groupNormSilu(scope.child('conv_norm_out'), lastChannels, options.normGroups));
  layers.push(momentsHead(scope, config, lastChannels, options.seed));
  return chain(layers);
}

function momentsHead(scope: Scope, config: KlModelConfig, channels: number, seed: number): ImageFunction {
  if (config.latent === 'spatial') {
    const head = { inChannels: channels, outChannels: 2 * config.latentChannels, kernelSize: 3, seed };
    // A quant_conv after it makes the moments instead.
    return conv2d(scope.child('conv_out'), config.useQuantConv ? head : { ...head, initialBias: momentsBias });
  }
  const positions = (config.imageSize / downsamplingFactor(config)) ** 2;
  const head = { inFeatures: positions * channels, outFeatures: 2 * config.latentFloats, seed };
  const toMoments = dense(scope.child('to_moments'), { ...head, initialBias: momentsBias });
  return (x) => {
    const flat = tf.reshape(x, [x.shape[0], positions * channels]) as tf.Tensor2D; // [B, hwC]
    return tf.reshape(toMoments(flat), [x.shape[0], 1, 1, 2 * config.latentFloats]); // [B, 1, 1, 2Z]
  };
}
