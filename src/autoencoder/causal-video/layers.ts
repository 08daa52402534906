/** The layers of causal video autoencoders (AutoencoderKLWan in diffusers, whose parameter names are used), for one frame. */
import * as tf from '@tensorflow/tfjs-core';
import * as ops from '../../engine/ops.js';
import { attend } from '../../nn/attention.js';
import { segment } from '../../nn/checkpoint.js';
import { ones, varianceKeeping, zeros } from '../../nn/initializers.js';
import { conv2d, type ImageFunction } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import { chain } from '../blocks.js';
import { channelCopies, channelMeans } from '../channel-groups.js';
import type { VideoLayer, VideoShortcut } from './levels.js';

export interface VideoOptions {
  readonly seed: number;
  readonly checkpointing: boolean;
}

/**
 * A convolution over frames, rows and columns whose frames see themselves and earlier ones alone. Before the first frame are
 * zeros, so that one frame is convolved with the last slice of the kernel.
 */
export function causalConv(
  scope: Scope,
  [inChannels, outChannels]: readonly [number, number],
  size: 1 | 3,
  seed: number,
): ImageFunction {
  const shape = [size, size, size, inChannels, outChannels];
  const weight = scope.parameter('weight', shape, varianceKeeping(seed, inChannels * size ** 2));
  const bias = scope.parameter('bias', [outChannels], zeros);
  return (x) => {
    const last = tf.slice(weight, [size - 1, 0, 0, 0, 0], [1, size, size, inChannels, outChannels]);
    const filter = tf.reshape(last, [size, size, inChannels, outChannels]) as tf.Tensor4D;
    return ops.conv2d(x, filter, bias as tf.Tensor as tf.Tensor1D, 1, (size - 1) / 2);
  };
}

/** x / |x| · √C · gamma over the channels (Zhang & Sennrich, arXiv 1910.07467, eq. 4), where |x| is at least 1e-12. */
export function rootMeanSquareNorm(scope: Scope, channels: number, shape: readonly number[]): ImageFunction {
  const gamma = scope.parameter('gamma', shape, ones);
  return (x) => {
    const length = tf.sqrt(tf.maximum(tf.sum(tf.square(x), 3, true), 1e-24)); // [B, H, W, 1]
    const scale = tf.mul(tf.reshape(gamma, [channels]), Math.sqrt(channels));
    return tf.mul(tf.div(x, length), scale);
  };
}

/** Of the norms between convolutions over frames, and of those in attention, which sees frames one by one. */
export const gammaShapes = {
  frames: (channels: number) => [1, 1, 1, channels],
  images: (channels: number) => [channels, 1, 1],
} as const;

export function videoLayer(half: Scope, layer: VideoLayer, options: VideoOptions): ImageFunction {
  const scope = half.child(layer.name);
  if (layer.kind === 'residual') return residualBlock(scope, layer, options);
  if (layer.kind === 'attention') return attentionBlock(scope, layer.inChannels, options);
  return resample(scope, layer, options);
}

/** shortcut(x) + conv(silu(norm(conv(silu(norm(x)))))) */
export function residualBlock(
  scope: Scope,
  { inChannels, outChannels }: Pick<VideoLayer, 'inChannels' | 'outChannels'>,
  { seed, checkpointing }: VideoOptions,
): ImageFunction {
  const normOf = (name: string, channels: number) =>
    rootMeanSquareNorm(scope.child(name), channels, gammaShapes.frames(channels));
  const branch = chain([
    normOf('norm1', inChannels),
    ops.silu,
    causalConv(scope.child('conv1'), [inChannels, outChannels], 3, seed),
    normOf('norm2', outChannels),
    ops.silu,
    causalConv(scope.child('conv2'), [outChannels, outChannels], 3, seed),
  ]);
  const shortcut: ImageFunction =
    inChannels === outChannels
      ? (x) => x
      : causalConv(scope.child('conv_shortcut'), [inChannels, outChannels], 1, seed);
  return segment(scope, checkpointing, (x) => tf.add(shortcut(x), branch(x)));
}

/** Single-head self-attention over the positions of a frame, with a residual. */
export function attentionBlock(scope: Scope, channels: number, { seed, checkpointing }: VideoOptions): ImageFunction {
  const norm = rootMeanSquareNorm(scope.child('norm'), channels, gammaShapes.images(channels));
  const pointwise = { inChannels: channels, kernelSize: 1, seed };
  const toAll = conv2d(scope.child('to_qkv'), { ...pointwise, outChannels: 3 * channels });
  const project = conv2d(scope.child('proj'), { ...pointwise, outChannels: channels });
  return segment(scope, checkpointing, (x) => {
    const [batch, height, width] = x.shape;
    const rows = tf.reshape(toAll(norm(x)), [batch, height * width, 3 * channels]) as tf.Tensor3D;
    const [query, key, value] = tf.split(rows, 3, 2) as [tf.Tensor3D, tf.Tensor3D, tf.Tensor3D]; // [B, HW, C]
    return tf.add(x, project(tf.reshape(attend(query, key, value), x.shape)));
  });
}

/** Halves or doubles the resolution as LDM's networks do. */
function resample(
  scope: Scope,
  { kind, inChannels, outChannels, joinsFrames }: VideoLayer,
  { seed, checkpointing }: VideoOptions,
): ImageFunction {
  const halves = kind === 'halve';
  const padding = [
    [0, 1],
    [0, 1],
  ] as const;
  const options = { inChannels, outChannels, kernelSize: 3, seed, ...(halves && { stride: 2, padding }) };
  const conv = conv2d(scope.child('resample').child(1), options);
  if (joinsFrames) declareFrameConv(scope.child('time_conv'), inChannels, halves ? inChannels : 2 * inChannels);
  return segment(scope, checkpointing, (x) => conv(halves ? x : ops.upsampleNearest2x(x)));
}

/** The weights of a convolution across frames, which the first frame passes by: kept so that an export is whole. */
function declareFrameConv(scope: Scope, inChannels: number, outChannels: number): void {
  scope.constant('weight', [3, 1, 1, inChannels, outChannels], zeros);
  scope.constant('bias', [outChannels], zeros);
}

/** Means over groups of the channels that squares of positions, and frames, become. */
export function averageDown(x: tf.Tensor4D, { inChannels, outChannels, factor, frames }: VideoShortcut): tf.Tensor4D {
  const squares = factor === 1 ? x : ops.pixelUnshuffle(x, factor); // [B, h, w, C·factor²]
  if (frames === 1) return channelMeans(squares, outChannels);
  const [batch, height, width] = squares.shape;
  const rows = [batch * height * width, inChannels, factor ** 2] as const;
  const last = tf.reshape(squares, [...rows]);
  const all = tf.concat([tf.zeros([rows[0], inChannels, (frames - 1) * factor ** 2]), last], 2);
  return channelMeans(tf.reshape(all, [batch, height, width, inChannels * frames * factor ** 2]), outChannels);
}

/** Copies of channels as positions of squares, and as frames, of which the last stays. */
export function duplicateUp(x: tf.Tensor4D, { outChannels, factor, frames }: VideoShortcut): tf.Tensor4D {
  const copies = channelCopies(x, outChannels * frames * factor ** 2);
  if (frames === 1) return ops.pixelShuffle(copies, factor);
  const [batch, height, width] = x.shape;
  const area = factor ** 2;
  const apart = tf.reshape(copies, [batch * height * width, outChannels, frames, area]);
  const last = tf.slice(apart, [0, 0, frames - 1, 0], [-1, -1, 1, area]);
  return ops.pixelShuffle(tf.reshape(last, [batch, height, width, outChannels * area]), factor);
}
