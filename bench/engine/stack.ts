/** Six convolutions of 64 channels on 64 px, batch 4: what a convolutional network spends its time on, and nothing else. */
import * as tf from '@tensorflow/tfjs-core';
import { createRepeat } from '../../src/engine/repeat.js';
import { createAdam } from '../../src/nn/adam.js';
import { gradientsOf } from '../../src/nn/gradients.js';
import { conv2d, groupNormSilu, type ImageFunction } from '../../src/nn/layers.js';
import { createParameterTree, type Scope, variablesOf } from '../../src/nn/parameters.js';
import { adamOptions, learningRate } from './adam-options.js';
import { draws } from './draws.js';
import type { Workload } from './race.js';

const layers = 6;
const channels = 64;
const groups = 32;

export interface StackOptions {
  /** GroupNorm and SiLU instead of ReLU. */
  readonly norm: boolean;
  /** Forward, backward and Adam, or forward alone. */
  readonly train: boolean;
}

export interface StackWorkload extends Workload {
  /** The mean square of what becomes of images [B, H, W, C]. */
  forward(images: tf.Tensor4D): tf.Scalar;
}

/** On the tfjs backend in use. Its value is the mean square of the outputs. */
export function convStack({ norm, train }: StackOptions): StackWorkload {
  const { scope, parameters } = createParameterTree();
  const functions = Array.from({ length: layers }, (_, index) => layer(scope.child(index), norm));
  const adam = createAdam(parameters, adamOptions);
  const images = draws([4, 64, 64, channels], 1, 'stack');
  const meanSquare = (x: tf.Tensor4D): tf.Scalar => {
    const outputs = functions.reduce((image, apply) => apply(image), x); // [B, H, W, C] throughout
    return tf.mean(tf.square(outputs));
  };
  const repeat = createRepeat();
  const variables = variablesOf(parameters, adam.state.firstMoments, adam.state.secondMoments);
  const step = (): tf.Scalar => {
    const scalars = adam.next(learningRate);
    const { value } = repeat({ key: 'train', inputs: [images, ...Object.values(scalars)], variables }, () => {
      const { value, gradients } = gradientsOf(() => meanSquare(images), parameters);
      adam.move(gradients, scalars);
      return { value };
    });
    tf.dispose(scalars);
    return value;
  };
  const forward = (): tf.Scalar =>
    repeat({ key: 'forward', inputs: [images], variables }, () => ({ value: meanSquare(images) })).value;
  return {
    job: { kind: 'stack', layers, channels, groups, norm, train, adam: adamOptions, learningRate },
    parameters,
    inputs: { images },
    forward: meanSquare,
    async run() {
      const value = train ? step() : forward();
      const [number] = await value.data();
      value.dispose();
      return number as number;
    },
    dispose() {
      tf.dispose([images, ...variables]);
    },
  };
}

function layer(scope: Scope, norm: boolean): ImageFunction {
  const conv = conv2d(scope.child('conv'), { inChannels: channels, outChannels: channels, kernelSize: 3, seed: 0 });
  const activation: ImageFunction = norm ? groupNormSilu(scope.child('norm'), channels, groups) : (x) => tf.relu(x);
  return (x) => activation(conv(x));
}
