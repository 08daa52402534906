/** Latents to images. */
import * as tf from '@tensorflow/tfjs-core';
import { classesOf, downsamplingFactor, type KlModelConfig } from '../config/config.js';
import { conv2d, dense, groupNormSilu, type ImageFunction } from '../nn/layers.js';
import type { Scope } from '../nn/parameters.js';
import { attentionBlock, type BlockOptions, chain, midBlock, resnetBlock, upsample } from './blocks.js';
import { type ClassedFunction, perClass } from './class-condition.js';

/** [B, h, w, Z] -> [B, H, W, 3], unbounded: no tanh, as in LDM. */
export function decoder(scope: Scope, config: KlModelConfig, options: BlockOptions): ClassedFunction {
  const { blockOutChannels, layersPerBlock, inChannels } = config;
  const reversed = [...blockOutChannels].reverse();
  const firstChannels = blockOutChannels[0] as number;
  const lastChannels = reversed[0] as number;
  const stem = latentStem(scope, config, lastChannels, options.seed);
  const layers = [midBlock(scope.child('mid_block'), lastChannels, config.midBlockAttention, options)];
  reversed.forEach((channels, index) => {
    const block = scope.child('up_blocks').child(index);
    const level = blockOutChannels.length - 1 - index;
    for (let layer = 0; layer <= layersPerBlock; layer++) {
      const blockInChannels = layer > 0 ? channels : (reversed[index - 1] ?? lastChannels);
      layers.push(resnetBlock(block.child('resnets').child(layer), blockInChannels, channels, options));
      if (config.attentionLevels.includes(level)) {
        layers.push(attentionBlock(block.child('attentions').child(layer), channels, options));
      }
    }
    if (level > 0) layers.push(upsample(block.child('upsamplers').child(0), channels, options));
  });
  layers.push(groupNormSilu(scope.child('conv_norm_out'), firstChannels, options.normGroups));
  const output = { inChannels: firstChannels, outChannels: inChannels, kernelSize: 3, seed: options.seed };
  layers.push(conv2d(scope.child('conv_out'), output));
  const rest = chain(layers);
  return (latents, classes) => rest(stem(latents, classes));
}

function latentStem(scope: Scope, config: KlModelConfig, channels: number, seed: number): ClassedFunction {
  if (config.latent === 'spatial') {
    const stem = { inChannels: config.latentChannels, outChannels: channels, kernelSize: 3, seed };
    return conv2d(scope.child('conv_in'), stem);
  }
  const side = config.imageSize / downsamplingFactor(config);
  const fromLatent = dense(scope.child('from_latent'), {
    inFeatures: config.latentFloats,
    outFeatures: side * side * channels,
    seed,
  });
  const stem: ImageFunction = (z) => {
    const flat = tf.reshape(z, [z.shape[0], config.latentFloats]) as tf.Tensor2D; // [B, Z]
    return tf.reshape(fromLatent(flat), [z.shape[0], side, side, channels]); // [B, h, w, C]
  };
  const classes = classesOf(config)?.length;
  return classes === undefined ? stem : perClass(scope.child('from_class'), classes, [side, side, channels], stem);
}
