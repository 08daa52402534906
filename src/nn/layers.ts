/**
 * Layers as functions. Building one on a scope declares its parameters and returns the function that applies it, so what a
 * layer owns and what it does stand in one place. Parameter names are PyTorch's, layouts are tfjs': [kh, kw, in, out].
 */
import * as tf from '@tensorflow/tfjs-core';
import * as ops from '../engine/ops.js';
import { ones, varianceKeeping, zeros } from './initializers.js';
import type { Initializer, Scope } from './parameters.js';

/** A layer or network that maps images to images: [B, H, W, C] -> [B, H', W', C']. */
export type ImageFunction = (x: tf.Tensor4D) => tf.Tensor4D;

export interface Conv2dOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly kernelSize: number;
  /** Default 1. */
  readonly stride?: number;
  /** Default `(kernelSize - 1) / 2` on every side: keeps the size at stride 1. */
  readonly padding?: ops.Padding;
  /** Default true. */
  readonly bias?: boolean;
  /** Default: keeps the variance, see `varianceKeeping`. */
  readonly initialWeight?: Initializer;
  /** Default: zeros. */
  readonly initialBias?: Initializer;
  /** Seed of the first weights. */
  readonly seed: number;
}

export function conv2d(scope: Scope, options: Conv2dOptions): ImageFunction {
  const { inChannels, outChannels, kernelSize, stride = 1, padding = (kernelSize - 1) / 2, seed } = options;
  const hasBias = options.bias ?? true;
  const { initialWeight = varianceKeeping(seed, inChannels * kernelSize ** 2), initialBias = zeros } = options;
  const weight = scope.parameter('weight', [kernelSize, kernelSize, inChannels, outChannels], initialWeight);
  const bias = hasBias ? scope.parameter('bias', [outChannels], initialBias) : null;
  return (x) => ops.conv2d(x, weight as tf.Tensor4D, bias as tf.Tensor1D | null, stride, padding);
}

/** Group normalisation with a learned scale and offset per channel, epsilon 1e-6 as in LDM. */
export function groupNorm(scope: Scope, channels: number, groups: number): ImageFunction {
  return normalization(scope, channels, groups, ops.groupNorm);
}

/** Group normalisation, then SiLU. */
export function groupNormSilu(scope: Scope, channels: number, groups: number): ImageFunction {
  return normalization(scope, channels, groups, ops.groupNormSilu);
}

function normalization(scope: Scope, channels: number, groups: number, normalize: typeof ops.groupNorm): ImageFunction {
  const scale = scope.parameter('weight', [channels], ones);
  const offset = scope.parameter('bias', [channels], zeros);
  return (x) => normalize(x, scale as tf.Tensor1D, offset as tf.Tensor1D, groups);
}

export interface DenseOptions {
  readonly inFeatures: number;
  readonly outFeatures: number;
  /** Default: keeps the variance, see `varianceKeeping`. */
  readonly initialWeight?: Initializer;
  /** Default: zeros. */
  readonly initialBias?: Initializer;
  /** Seed of the first weights. */
  readonly seed: number;
}

/** An affine map of the last axis: [B, in] -> [B, out]. */
export function dense(scope: Scope, options: DenseOptions): (x: tf.Tensor2D) => tf.Tensor2D {
  const { inFeatures, outFeatures, seed } = options;
  const { initialWeight = varianceKeeping(seed, inFeatures), initialBias = zeros } = options;
  const weight = scope.parameter('weight', [inFeatures, outFeatures], initialWeight);
  const bias = scope.parameter('bias', [outFeatures], initialBias);
  return (x) => tf.add(tf.matMul(x, weight as tf.Tensor2D), bias);
}
