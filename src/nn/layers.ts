/**
 * Layers as functions. Building one on a scope declares its parameters and returns the function that applies it, so what a
 * layer owns and what it does stand in one place. Parameter names are PyTorch's, layouts are tfjs': [kh, kw, in, out].
 */
import * as tf from '@tensorflow/tfjs';
import * as ops from '../engine/ops.js';
import { ones, uniformFanIn, zeros } from './initializers.js';
import type { Scope } from './parameters.js';

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
  /** Seed of the first weights. */
  readonly seed: number;
}

export function conv2d(scope: Scope, options: Conv2dOptions): ImageFunction {
  const { inChannels, outChannels, kernelSize, stride = 1, padding = (kernelSize - 1) / 2, seed } = options;
  const hasBias = options.bias ?? true;
  const initializer = uniformFanIn(seed, inChannels * kernelSize ** 2);
  const weight = scope.parameter('weight', [kernelSize, kernelSize, inChannels, outChannels], initializer);
  const bias = hasBias ? scope.parameter('bias', [outChannels], initializer) : null;
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

/** An affine map of the last axis: [..., in] -> [..., out]. */
export function dense(
  scope: Scope,
  inFeatures: number,
  outFeatures: number,
  seed: number,
): (x: tf.Tensor2D) => tf.Tensor2D {
  const initializer = uniformFanIn(seed, inFeatures);
  const weight = scope.parameter('weight', [inFeatures, outFeatures], initializer);
  const bias = scope.parameter('bias', [outFeatures], initializer);
  return (x) => tf.add(tf.matMul(x, weight as tf.Tensor2D), bias);
}
