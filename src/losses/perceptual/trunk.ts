/** A classification network up to its last compared layer. */
import * as tf from '@tensorflow/tfjs-core';
import { conv2d, type ImageFunction } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import type { ConvLayer, FireLayer, PoolLayer, TrunkLayer } from './trunks.js';

/** Images [B, H, W, 3] to features [B, h, w, C] of several layers, the finest first. */
export type FeatureFunction = (images: tf.Tensor4D) => tf.Tensor4D[];

export interface Trunk {
  readonly features: FeatureFunction;
  /** Channels of each of the layers that `features` answers with. */
  readonly channels: readonly number[];
}

/** Weights come from a file, so these seeds are never drawn from. */
const seed = 0;

/** @param scope of the whole network; parameters are named `features.<index>.…` as in torchvision */
export function createTrunk(scope: Scope, layers: readonly TrunkLayer[]): Trunk {
  let inChannels = 3;
  const channels: number[] = [];
  const steps = layers.map((layer) => {
    if (layer.kind === 'pool') return { apply: maxPool(layer), tap: false };
    const layerScope = scope.child('features').child(layer.index);
    const apply =
      layer.kind === 'conv' ? convolution(layerScope, inChannels, layer) : fireModule(layerScope, inChannels, layer);
    inChannels = layer.kind === 'conv' ? layer.outChannels : 2 * layer.expandChannels;
    if (layer.tap) channels.push(inChannels);
    return { apply, tap: layer.tap };
  });
  return {
    channels,
    features(images) {
      const tapped: tf.Tensor4D[] = [];
      let x = images;
      for (const { apply, tap } of steps) {
        x = apply(x);
        if (tap) tapped.push(x);
      }
      return tapped;
    },
  };
}

function convolution(
  scope: Scope,
  inChannels: number,
  layer: Omit<ConvLayer, 'kind' | 'index' | 'tap'>,
): ImageFunction {
  const { outChannels, kernelSize, stride, padding } = layer;
  const convolve = conv2d(scope, { inChannels, outChannels, kernelSize, stride, padding, seed });
  return (x) => tf.relu(convolve(x));
}

function fireModule(scope: Scope, inChannels: number, { squeezeChannels, expandChannels }: FireLayer): ImageFunction {
  const part = (name: string, partInChannels: number, outChannels: number, kernelSize: number) => {
    const options = { outChannels, kernelSize, stride: 1, padding: (kernelSize - 1) / 2 };
    return convolution(scope.child(name), partInChannels, options);
  };
  const squeeze = part('squeeze', inChannels, squeezeChannels, 1);
  const expand1x1 = part('expand1x1', squeezeChannels, expandChannels, 1);
  const expand3x3 = part('expand3x3', squeezeChannels, expandChannels, 3);
  return (x) => {
    const squeezed = squeeze(x); // [B, H, W, squeezeChannels]
    return tf.concat([expand1x1(squeezed), expand3x3(squeezed)], 3); // [B, H, W, 2 · expandChannels]
  };
}

function maxPool({ size, ceil }: PoolLayer): ImageFunction {
  const stride = 2;
  // What is pooled comes out of ReLU, so zeros in place of what a window lacks change no maximum.
  const missing = (length: number) => (ceil ? (stride - ((length - size) % stride)) % stride : 0);
  return (x) => {
    const [, height, width] = x.shape;
    const [below, right] = [missing(height), missing(width)];
    const whole = below + right === 0 ? x : tf.pad(x, pads(below, right));
    return tf.maxPool(whole, size, stride, 'valid');
  };
}

function pads(below: number, right: number): [number, number][] {
  return [
    [0, 0],
    [0, below],
    [0, right],
    [0, 0],
  ];
}
