/** The building blocks of LDM's autoencoder (Rombach et al., arXiv 2112.10752), under the names of a diffusers file. */
import * as tf from '@tensorflow/tfjs-core';
import { upsampleNearest2x } from '../engine/ops.js';
import { attend } from '../nn/attention.js';
import { segment } from '../nn/checkpoint.js';
import { zeros } from '../nn/initializers.js';
import { conv2d, dense, groupNorm, groupNormSilu, type ImageFunction } from '../nn/layers.js';
import type { Scope } from '../nn/parameters.js';

/** How a network computes, not what: its parameters and outputs are the same. */
export interface NetworkOptions {
  /** Whether blocks keep their input alone for the gradients, and compute the rest again. Default false. */
  readonly checkpointing?: boolean;
}

/** What all blocks of a network share. */
export interface BlockOptions extends Required<NetworkOptions> {
  readonly normGroups: number;
  readonly seed: number;
}

/**
 * x + conv(silu(norm(conv(silu(norm(x)))))), with a 1×1 convolution on the shortcut where the channels change. The last
 * convolution starts at zero, so that an untrained network is its shortcuts alone (Goyal et al., arXiv 1706.02677, section
 * 5.1), from which it learns much faster than from LDM's random start.
 */
export function resnetBlock(
  scope: Scope,
  inChannels: number,
  outChannels: number,
  { normGroups, seed, checkpointing }: BlockOptions,
): ImageFunction {
  const norm1 = groupNormSilu(scope.child('norm1'), inChannels, normGroups);
  const conv1 = conv2d(scope.child('conv1'), { inChannels, outChannels, kernelSize: 3, seed });
  const norm2 = groupNormSilu(scope.child('norm2'), outChannels, normGroups);
  const residual = { inChannels: outChannels, outChannels, kernelSize: 3, initialWeight: zeros, seed };
  const conv2 = conv2d(scope.child('conv2'), residual);
  const shortcut: ImageFunction =
    inChannels === outChannels
      ? (x) => x
      : conv2d(scope.child('conv_shortcut'), { inChannels, outChannels, kernelSize: 1, seed });
  return segment(scope, checkpointing, (x) => {
    const hidden = conv1(norm1(x)); // [B, H, W, outChannels]
    return tf.add(shortcut(x), conv2(norm2(hidden)));
  });
}

/** Single-head self-attention over all positions, with a residual. */
export function attentionBlock(
  scope: Scope,
  channels: number,
  { normGroups, seed, checkpointing }: BlockOptions,
): ImageFunction {
  const norm = groupNorm(scope.child('group_norm'), channels, normGroups);
  const square = { inFeatures: channels, outFeatures: channels, seed };
  const toQuery = dense(scope.child('to_q'), square);
  const toKey = dense(scope.child('to_k'), square);
  const toValue = dense(scope.child('to_v'), square);
  const toOut = dense(scope.child('to_out').child(0), { ...square, initialWeight: zeros });
  return segment(scope, checkpointing, (x) => {
    const [batch, height, width] = x.shape;
    const positions = height * width;
    const flat = tf.reshape(norm(x), [batch * positions, channels]) as tf.Tensor2D; // [BHW, C]
    const perImage = (rows: tf.Tensor2D) => tf.reshape(rows, [batch, positions, channels]) as tf.Tensor3D; // [B, HW, C]
    const mixed = attend(perImage(toQuery(flat)), perImage(toKey(flat)), perImage(toValue(flat))); // [B, HW, C]
    const out = toOut(tf.reshape(mixed, [batch * positions, channels])); // [BHW, C]
    return tf.add(x, tf.reshape(out, x.shape));
  });
}

/** Resnet, attention (unless left out), resnet, at the lowest resolution. */
export function midBlock(scope: Scope, channels: number, attention: boolean, options: BlockOptions): ImageFunction {
  const layers = [resnetBlock(scope.child('resnets').child(0), channels, channels, options)];
  if (attention) layers.push(attentionBlock(scope.child('attentions').child(0), channels, options));
  layers.push(resnetBlock(scope.child('resnets').child(1), channels, channels, options));
  return chain(layers);
}

/** Halves the resolution. One row and column of zeros go to the bottom and right only, as LDM's weights expect. */
export function downsample(scope: Scope, channels: number, { seed }: BlockOptions): ImageFunction {
  const padding = [
    [0, 1],
    [0, 1],
  ] as const;
  const options = { inChannels: channels, outChannels: channels, kernelSize: 3, stride: 2, padding, seed };
  return conv2d(scope.child('conv'), options);
}

/** Doubles the resolution: nearest neighbour, then a convolution. */
export function upsample(scope: Scope, channels: number, { seed, checkpointing }: BlockOptions): ImageFunction {
  const conv = conv2d(scope.child('conv'), { inChannels: channels, outChannels: channels, kernelSize: 3, seed });
  return segment(scope, checkpointing, (x) => conv(upsampleNearest2x(x)));
}

/** Applies `layers` one after the other. */
export function chain(layers: readonly ImageFunction[]): ImageFunction {
  return (x) => layers.reduce((value, layer) => layer(value), x);
}
