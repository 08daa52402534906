/** Latents to images. */
import * as tf from '@tensorflow/tfjs-core';
import { classesOf, decoderLevels, downsamplingFactor, type KlModelConfig, zChannelsOf } from '../../config/config.js';
import { pixelShuffle } from '../../engine/ops.js';
import { conv2d, dense, groupNormSilu, type ImageFunction } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import { attentionBlock, type BlockOptions, chain, midBlock, resnetBlock, upsample } from '../blocks.js';
import { type ClassedFunction, perClass } from '../class-condition.js';
import { declareMaskCondition } from './mask-condition.js';
import { channelsToSpace, levelLayers, midAttention } from './stem-blocks.js';

/** [B, h, w, Z] -> [B, H, W, 3], unbounded: no tanh, as in LDM. */
export function decoder(scope: Scope, config: KlModelConfig, options: BlockOptions): ClassedFunction {
  const { blockOutChannels } = decoderLevels(config);
  const fromLatent = latentStem(scope, config, blockOutChannels.at(-1) as number, options.seed);
  const layers = config.stem === undefined ? ldmLevels(scope, config, options) : stemLevels(scope, config, options);
  layers.push(groupNormSilu(scope.child('conv_norm_out'), blockOutChannels[0] as number, options.normGroups));
  layers.push(imageHead(scope.child('conv_out'), config, options.seed));
  const isAsymmetric = config.latent === 'spatial' && config.maskCondition;
  if (isAsymmetric) declareMaskCondition(scope, config.inChannels, blockOutChannels);
  const rest = chain(layers);
  return (latents, classes) => rest(fromLatent(latents, classes));
}

/** LDM's mid block, and its levels up to full resolution. */
function ldmLevels(scope: Scope, config: KlModelConfig, options: BlockOptions): ImageFunction[] {
  const { blockOutChannels, layersPerBlock, attentionLevels } = decoderLevels(config);
  const reversed = [...blockOutChannels].reverse();
  const lastChannels = reversed[0] as number;
  const layers = [midBlock(scope.child('mid_block'), lastChannels, config.midBlockAttention, options)];
  reversed.forEach((channels, index) => {
    const block = scope.child('up_blocks').child(index);
    const level = blockOutChannels.length - 1 - index;
    for (let layer = 0; layer <= layersPerBlock; layer++) {
      const blockInChannels = layer > 0 ? channels : (reversed[index - 1] ?? lastChannels);
      layers.push(resnetBlock(block.child('resnets').child(layer), blockInChannels, channels, options));
      if (attentionLevels.includes(level)) {
        layers.push(attentionBlock(block.child('attentions').child(layer), channels, options));
      }
    }
    if (level > 0) layers.push(upsample(block.child('upsamplers').child(0), channels, options));
  });
  return layers;
}

/** The encoder's levels of a network with a stem, mirrored. */
function stemLevels(scope: Scope, config: KlModelConfig, options: BlockOptions): ImageFunction[] {
  const { blockOutChannels } = config;
  const layers: ImageFunction[] = config.midBlockAttention ? [midAttention(scope, config, options)] : [];
  [...blockOutChannels].reverse().forEach((channels, index) => {
    const block = scope.child('up_blocks').child(index);
    const level = blockOutChannels.length - 1 - index;
    layers.push(...levelLayers(block, config, 'decoderLayers', level, options));
    const next = blockOutChannels[level - 1];
    if (next !== undefined) layers.push(channelsToSpace(block.child('upsamplers').child(0), channels, next, options));
  });
  return layers;
}

/** The first level's [B, H, W, C], or [B, H/stem, W/stem, C] -> [B, H, W, 3]. */
function imageHead(scope: Scope, config: KlModelConfig, seed: number): ImageFunction {
  const { inChannels, stem } = config;
  const { blockOutChannels } = decoderLevels(config);
  const channels = { inChannels: blockOutChannels[0] as number, outChannels: inChannels * (stem ?? 1) ** 2 };
  const conv = conv2d(scope, { ...channels, kernelSize: 3, seed });
  return stem === undefined ? conv : (x) => pixelShuffle(conv(x), stem);
}

function latentStem(scope: Scope, config: KlModelConfig, channels: number, seed: number): ClassedFunction {
  if (config.latent === 'spatial') {
    const stem = { inChannels: zChannelsOf(config), outChannels: channels, kernelSize: 3, seed };
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
