/** What a network with a stem has besides LDM's blocks: ways between its levels that lose nothing by themselves. */
import * as tf from '@tensorflow/tfjs-core';
import type { KlModelConfig } from '../../config/config.js';
import { pixelShuffle, pixelUnshuffle } from '../../engine/ops.js';
import { segment } from '../../nn/checkpoint.js';
import { varianceKeeping } from '../../nn/initializers.js';
import { conv2d, type ImageFunction } from '../../nn/layers.js';
import type { Initializer, Scope } from '../../nn/parameters.js';
import { attentionBlock, type BlockOptions, resnetBlock } from '../blocks.js';

/** The residual blocks of one level, each followed by attention where the level has it. */
export function levelLayers(
  block: Scope,
  config: KlModelConfig,
  half: 'encoderLayers' | 'decoderLayers',
  level: number,
  options: BlockOptions,
): ImageFunction[] {
  const channels = config.blockOutChannels[level] as number;
  const count = config[half]?.[level] ?? config.layersPerBlock;
  return Array.from({ length: count }, (_, layer) => {
    const resnet = resnetBlock(block.child('resnets').child(layer), channels, channels, options);
    if (!config.attentionLevels.includes(level)) return [resnet];
    return [resnet, attentionBlock(block.child('attentions').child(layer), channels, options)];
  }).flat();
}

/** Attention over the lowest level. */
export const midAttention = (scope: Scope, config: KlModelConfig, options: BlockOptions): ImageFunction =>
  attentionBlock(
    scope.child('mid_block').child('attentions').child(0),
    config.blockOutChannels.at(-1) as number,
    options,
  );

/**
 * Halves the resolution: squares of 2×2 become channels, which a 1×1 convolution mixes. DC-AE adds the means of groups of these
 * channels to the result (arXiv 2410.10733, section 3.2); as both maps are linear, they are one here, whose first weights are
 * the means beside the usual random ones: the same function, the same gradients, no pass over memory.
 */
export function spaceToChannels(
  scope: Scope,
  inChannels: number,
  outChannels: number,
  options: BlockOptions,
): ImageFunction {
  const wide = 4 * inChannels;
  const conv = mixer(
    scope,
    wide,
    outChannels,
    options.seed,
    (input, output) =>
      // The shortcut gives every output an equal share of the inputs, in order.
      overlap([input / wide, (input + 1) / wide], [output / outChannels, (output + 1) / outChannels]) * outChannels,
  );
  return segment(scope, options.checkpointing, (x) => conv(pixelUnshuffle(x, 2)));
}

/** Doubles the resolution, `spaceToChannels` the other way round: its shortcut repeats channels. */
export function channelsToSpace(
  scope: Scope,
  inChannels: number,
  outChannels: number,
  options: BlockOptions,
): ImageFunction {
  const wide = 4 * outChannels;
  const conv = mixer(
    scope,
    inChannels,
    wide,
    options.seed,
    (input, output) =>
      overlap([input / inChannels, (input + 1) / inChannels], [output / wide, (output + 1) / wide]) * wide,
  );
  return segment(scope, options.checkpointing, (x) => pixelShuffle(conv(x), 2));
}

type Interval = readonly [start: number, end: number];

/** The length that two intervals share. */
const overlap = ([a, b]: Interval, [c, d]: Interval): number => Math.max(0, Math.min(b, d) - Math.max(a, c));

/** A 1×1 convolution that begins as the map `shortcut` plus random weights. */
function mixer(
  scope: Scope,
  inChannels: number,
  outChannels: number,
  seed: number,
  shortcut: (input: number, output: number) => number,
): ImageFunction {
  const random = varianceKeeping(seed, inChannels);
  const initialWeight: Initializer = (name, shape) =>
    tf.tidy(() => {
      const values = Float32Array.from({ length: inChannels * outChannels }, (_, index) =>
        shortcut(Math.floor(index / outChannels), index % outChannels),
      );
      return tf.add(random(name, shape), tf.tensor(values, [...shape]));
    });
  return conv2d(scope.child('conv'), { inChannels, outChannels, kernelSize: 1, initialWeight, seed });
}
