/**
 * The yardstick: SqueezeNet 1.1 as its authors trained it on ImageNet with Caffe. A distance on it is a SqueezeNet feature
 * distance; LPIPS belongs to torchvision's training of the network.
 */
import * as tf from '@tensorflow/tfjs-core';
import { featureDistance } from '../../src/losses/perceptual/feature-distance.js';
import { createTrunk, type FeatureFunction } from '../../src/losses/perceptual/trunk.js';
import { trunks } from '../../src/losses/perceptual/trunks.js';
import { createParameterTree, type Initializer } from '../../src/nn/parameters.js';
import { type MatlabArray, readMatlabCells } from './matlab-file.js';

/** Subtracted from blue, green and red in [0, 255]. */
const meanBlueGreenRed = [104, 117, 123];

export interface FeatureNetwork {
  readonly features: FeatureFunction;
  /** Mean over layers and positions of 1 - cos, [B]. */
  distances(images: tf.Tensor4D, changed: tf.Tensor4D): tf.Tensor1D;
}

export async function loadSqueezenet(path: string): Promise<FeatureNetwork> {
  const cells = await readMatlabCells(path);
  const weights: Initializer = (name, shape) => {
    const [weight, bias] = cells.get(caffeName(name)) as [MatlabArray, MatlabArray];
    return name.endsWith('.bias') ? tf.tensor1d(bias.values) : fromColumnMajor(weight, shape);
  };
  const { features, channels } = createTrunk(createParameterTree(weights).scope, trunks.squeeze);
  return networkOf((images) => features(toCaffe(images)), channels);
}

export function networkOf(features: FeatureFunction, channels: readonly number[]): FeatureNetwork {
  return {
    features,
    distances(images, changed) {
      const [before, after] = [features(images), features(changed)];
      const layers = channels.map((count, index) => {
        const weights: tf.Tensor1D = tf.fill([count], 0.5 / channels.length);
        return featureDistance(before[index] as tf.Tensor4D, after[index] as tf.Tensor4D, weights);
      });
      return tf.addN(layers);
    },
  };
}

/** `features.3.squeeze.weight` -> `fire2/squeeze1x1`: Caffe counts modules, torchvision layers with poolings. */
function caffeName(name: string): string {
  const [, index = '0', part = ''] = name.split('.');
  if (index === '0') return 'conv1';
  const pools = [5, 8].filter((pool) => Number(index) > pool).length;
  return `fire${Number(index) - 1 - pools}/${part === 'squeeze' ? 'squeeze1x1' : part}`;
}

/** [kh, kw, in, out] with the first index fastest, to the last fastest. */
function fromColumnMajor({ values }: MatlabArray, shape: readonly number[]): tf.Tensor {
  return tf.tidy(() => tf.transpose(tf.tensor(values, [...shape].reverse())));
}

function toCaffe(images: tf.Tensor4D): tf.Tensor4D {
  const bytes: tf.Tensor4D = tf.mul(tf.add(images, 1), 127.5);
  return tf.sub(tf.reverse(bytes, 3), tf.tensor1d(meanBlueGreenRed));
}
