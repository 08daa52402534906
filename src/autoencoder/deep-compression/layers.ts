/** Layers that DC-AE has besides LDM's (diffusers' AutoencoderDC, whose parameter names are used). */
import * as tf from '@tensorflow/tfjs-core';
import { pixelShuffle, pixelUnshuffle, silu, upsampleNearest2x } from '../../engine/ops.js';
import { ones, varianceKeeping, zeros } from '../../nn/initializers.js';
import { conv2d, type ImageFunction } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import { channelCopies, channelMeans } from '../channel-groups.js';

export type NormKind = 'rms' | 'batch';
export type ActivationKind = 'silu' | 'relu' | 'relu6';

const epsilon = 1e-5;

export const activations: Readonly<Record<ActivationKind, ImageFunction>> = {
  silu,
  relu: (x) => tf.relu(x),
  relu6: (x) => tf.relu6(x),
};

/**
 * x / sqrt(mean over channels of x² + 1e-5), scaled and shifted (Zhang & Sennrich, arXiv 1910.07467, eq. 4); or a batch
 * normalisation by its running statistics, which nothing moves.
 */
export function channelNorm(scope: Scope, channels: number, kind: NormKind): ImageFunction {
  const weight = scope.parameter('weight', [channels], ones);
  const bias = scope.parameter('bias', [channels], zeros);
  if (kind === 'rms') {
    return (x) => {
      const meanSquare = tf.mean(tf.square(x), 3, true); // [B, H, W, 1]
      return tf.add(tf.mul(tf.mul(x, tf.rsqrt(tf.add(meanSquare, epsilon))), weight), bias);
    };
  }
  const mean = scope.constant('running_mean', [channels], zeros);
  const variance = scope.constant('running_var', [channels], ones);
  return (x) => tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, epsilon))), weight), bias);
}

/** A convolution of every channel by itself, which keeps the size: the sum of images shifted by each tap of the filter. */
export function depthwise(scope: Scope, channels: number, size: number, hasBias: boolean, seed: number): ImageFunction {
  const filter = scope.parameter('weight', [size, size, 1, channels], varianceKeeping(seed, size ** 2));
  const bias = hasBias ? scope.parameter('bias', [channels], zeros) : undefined;
  const margin = Math.floor(size / 2);
  return (x) => {
    const padded = tf.pad(x, [
      [0, 0],
      [margin, margin],
      [margin, margin],
      [0, 0],
    ]) as tf.Tensor4D;
    const taps = Array.from({ length: size ** 2 }, (_, tap) => {
      const [row, column] = [Math.floor(tap / size), tap % size];
      const weight = tf.reshape(tf.slice(filter, [row, column, 0, 0], [1, 1, 1, channels]), [channels]);
      return tf.mul(tf.slice(padded, [0, row, column, 0], x.shape), weight);
    });
    const sum = tf.addN(taps);
    return (bias ? tf.add(sum, bias) : sum) as tf.Tensor4D;
  };
}

/** A 1×1 convolution within groups of `width` channels. */
export function groupedPointwise(scope: Scope, channels: number, width: number, seed: number): ImageFunction {
  const filter = scope.parameter('weight', [1, 1, width, channels], varianceKeeping(seed, width));
  const groups = channels / width;
  return (x) => {
    const rows = x.size / channels;
    const grouped = tf.transpose(tf.reshape(x, [rows, groups, width]), [1, 0, 2]); // [G, BHW, in]
    const weights = tf.transpose(tf.reshape(filter, [width, groups, width]), [1, 0, 2]); // [G, in, out]
    const mixed = tf.matMul(grouped, weights); // [G, BHW, out]
    return tf.reshape(tf.transpose(mixed, [1, 0, 2]), x.shape);
  };
}

export interface ResampleOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  /** Whether channels become positions, or a convolution's stride and interpolation change the size. */
  readonly shuffles: boolean;
  /** Whether the means, or copies, of groups of channels are added (arXiv 2410.10733, section 3.2). */
  readonly shortcut: boolean;
  readonly seed: number;
}

/** Halves the resolution. */
export function halve(
  scope: Scope,
  { inChannels, outChannels, shuffles, shortcut, seed }: ResampleOptions,
): ImageFunction {
  const width = shuffles ? outChannels / 4 : outChannels;
  const padding = [
    [1, 1],
    [1, 1],
  ] as const;
  const conv = conv2d(scope.child('conv'), {
    inChannels,
    outChannels: width,
    kernelSize: 3,
    stride: shuffles ? 1 : 2,
    padding,
    seed,
  });
  return (x) => {
    const main = shuffles ? pixelUnshuffle(conv(x), 2) : conv(x); // [B, H/2, W/2, outChannels]
    return shortcut ? tf.add(main, channelMeans(pixelUnshuffle(x, 2), outChannels)) : main;
  };
}

/** Doubles the resolution. */
export function double(
  scope: Scope,
  { inChannels, outChannels, shuffles, shortcut, seed }: ResampleOptions,
): ImageFunction {
  const width = shuffles ? outChannels * 4 : outChannels;
  const conv = conv2d(scope.child('conv'), { inChannels, outChannels: width, kernelSize: 3, seed });
  return (x) => {
    const main = shuffles ? pixelShuffle(conv(x), 2) : conv(upsampleNearest2x(x)); // [B, 2H, 2W, outChannels]
    return shortcut ? tf.add(main, pixelShuffle(channelCopies(x, outChannels * 4), 2)) : main;
  };
}
