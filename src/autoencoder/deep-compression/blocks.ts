/** The blocks of DC-AE: residual ones of convolutions, and EfficientViT's (Cai et al., arXiv 2205.14756). */
import * as tf from '@tensorflow/tfjs-core';
import { silu } from '../../engine/ops.js';
import { varianceKeeping } from '../../nn/initializers.js';
import { conv2d, type ImageFunction } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import { chain } from '../blocks.js';
import { type ActivationKind, activations, channelNorm, depthwise, groupedPointwise, type NormKind } from './layers.js';

export interface BlockShape {
  readonly channels: number;
  readonly norm: NormKind;
  readonly activation: ActivationKind;
  readonly headDim: number;
  readonly scales: readonly number[];
  readonly seed: number;
}

/** x + norm(conv(act(conv(x)))) */
export function residualBlock(scope: Scope, { channels, norm, activation, seed }: BlockShape): ImageFunction {
  const square = { inChannels: channels, outChannels: channels, kernelSize: 3, seed };
  const layers = [
    conv2d(scope.child('conv1'), square),
    activations[activation],
    conv2d(scope.child('conv2'), { ...square, bias: false }),
    channelNorm(scope.child('norm'), channels, norm),
  ];
  const branch = chain(layers);
  return (x) => tf.add(branch(x), x);
}

export function attentionBlock(scope: Scope, shape: BlockShape): ImageFunction {
  const attention = linearAttention(scope.child('attn'), shape);
  const convolution = gatedConvolution(scope.child('conv_out'), shape);
  return (x) => convolution(attention(x));
}

/**
 * Multi-scale ReLU attention, linear in the number of positions (arXiv 2205.14756, eq. 1 and 2): every head gives
 * relu(q) (relu(k)ᵀ v) / (relu(q) relu(k)ᵀ 1). The heads are groups of 3·headDim channels of queries, keys and values side by
 * side, cut as DC-AE's weights expect.
 */
function linearAttention(scope: Scope, { channels, norm, headDim, scales, seed }: BlockShape): ImageFunction {
  const inner = Math.floor(channels / headDim) * headDim;
  const dense = (name: string, inputs: number, outputs: number) =>
    scope.child(name).parameter('weight', [inputs, outputs], varianceKeeping(seed, inputs)) as tf.Tensor as tf.Tensor2D;
  const projections = ['to_q', 'to_k', 'to_v'].map((name) => dense(name, channels, inner));
  const surroundings = scales.map((size, index) => {
    const own = scope.child('to_qkv_multiscale').child(index);
    const wide = 3 * inner;
    return chain([
      depthwise(own.child('proj_in'), wide, size, false, seed),
      groupedPointwise(own.child('proj_out'), wide, headDim, seed),
    ]);
  });
  const toOut = dense('to_out', inner * (1 + scales.length), channels);
  const normOut = channelNorm(scope.child('norm_out'), channels, norm);
  return (x) => {
    const [batch, height, width] = x.shape;
    const positions = height * width;
    const flat = tf.reshape(x, [batch * positions, channels]) as tf.Tensor2D;
    const rows = tf.concat(
      projections.map((weight) => tf.matMul(flat, weight)),
      1,
    ); // [BN, 3·inner]
    const image = tf.reshape(rows, [batch, height, width, 3 * inner]) as tf.Tensor4D;
    const all = tf.concat([image, ...surroundings.map((layer) => layer(image))], 3);
    const heads = ((1 + scales.length) * inner) / headDim;
    const perHead = tf.transpose(tf.reshape(all, [batch, positions, heads, 3 * headDim]), [0, 2, 1, 3]); // [B, G, N, 3d]
    const [query, key, value] = tf.split(perHead, 3, 3) as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
    const mixed = reluAttention(tf.relu(query), tf.relu(key), value); // [B, G, N, d]
    const joined = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [batch * positions, heads * headDim]) as tf.Tensor2D;
    return tf.add(normOut(tf.reshape(tf.matMul(joined, toOut), x.shape) as tf.Tensor4D), x);
  };
}

/** [B, G, N, d] each; the sum that divides is never exactly zero. */
function reluAttention(query: tf.Tensor4D, key: tf.Tensor4D, value: tf.Tensor4D): tf.Tensor4D {
  const context = tf.matMul(key, value, true, false); // [B, G, d, d]
  const sums = tf.sum(key, 2, true); // [B, G, 1, d]
  const weights = tf.sum(tf.mul(query, sums), 3, true); // [B, G, N, 1]
  return tf.div(tf.matMul(query, context), tf.add(weights, 1e-15));
}

/** x + norm(conv(a · silu(b))), where a and b are the halves of a depthwise convolution in eight times the channels. */
function gatedConvolution(scope: Scope, { channels, seed }: BlockShape): ImageFunction {
  const wide = 8 * channels;
  const inverted = conv2d(scope.child('conv_inverted'), {
    inChannels: channels,
    outChannels: wide,
    kernelSize: 1,
    seed,
  });
  const depth = depthwise(scope.child('conv_depth'), wide, 3, true, seed);
  const point = conv2d(scope.child('conv_point'), {
    inChannels: wide / 2,
    outChannels: channels,
    kernelSize: 1,
    bias: false,
    seed,
  });
  const norm = channelNorm(scope.child('norm'), channels, 'rms');
  return (x) => {
    const [main, gate] = tf.split(depth(silu(inverted(x))), 2, 3) as [tf.Tensor4D, tf.Tensor4D];
    return tf.add(norm(point(tf.mul(main, silu(gate)))), x);
  };
}
