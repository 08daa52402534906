/**
 * Gradients that are registered with tfjs: those of this project's own kernels, and better ones for some of tfjs' kernels,
 * whose own build full-size tensors of ones in JavaScript at every step.
 */
import '@tensorflow/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import type { ConvAttributes } from './kernels/conv/conv-geometry.js';
import type { GroupNormAttributes } from './kernels/group-norm.js';

type Inputs = Record<string, tf.Tensor>;

const runKernel = (name: string, inputs: Inputs, attributes: object = {}): tf.Tensor[] => {
  const result = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
  return [result].flat() as tf.Tensor[];
};

/** `x` repeated along the axes where it has size 1. */
function broadcast(x: tf.Tensor, shape: number[]): tf.Tensor {
  const hasKernel = tf.getKernel('BroadcastTo', tf.getBackend()) !== undefined;
  return hasKernel ? runKernel('BroadcastTo', { x }, { shape })[0]! : tf.broadcastTo(x, shape as [number]);
}

/** Puts back the axes that a reduction folded away, with size 1. */
function unfold(dy: tf.Tensor, shape: number[], axes: number[]): tf.Tensor {
  return tf.reshape(
    dy,
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
  );
}

interface AxisAttributes {
  axis: number[];
}

const betterGradients: tf.GradConfig[] = [
  {
    // tfjs keeps the input, which the output says as much as: without it, ReLU and the convolution before it are one.
    kernelName: 'Relu',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => tf.mul(dy as tf.Tensor, tf.step(y!)) }),
  },
  {
    kernelName: 'Sum',
    inputsToSave: ['x'],
    gradFunc(dy, [x], attributes) {
      const { axis } = attributes as unknown as AxisAttributes;
      const axes = tf.util.parseAxisParam(axis, x!.shape);
      return { x: () => broadcast(unfold(dy as tf.Tensor, x!.shape, axes), x!.shape) };
    },
  },
  {
    kernelName: 'Mean',
    inputsToSave: ['x'],
    gradFunc(dy, [x], attributes) {
      const { axis } = attributes as unknown as AxisAttributes;
      const axes = tf.util.parseAxisParam(axis, x!.shape);
      const count = axes.reduce((product, folded) => product * x!.shape[folded]!, 1);
      return { x: () => broadcast(tf.div(unfold(dy as tf.Tensor, x!.shape, axes), count), x!.shape) };
    },
  },
  {
    kernelName: 'Rsqrt',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => tf.mul(tf.mul(dy as tf.Tensor, -0.5), tf.mul(y!, tf.square(y!))) }),
  },
  {
    kernelName: 'Sqrt',
    outputsToSave: [true],
    gradFunc: (dy, [y]) => ({ x: () => tf.div(dy as tf.Tensor, tf.mul(y!, 2)) }),
  },
];

const ownGradients: tf.GradConfig[] = [
  {
    kernelName: 'BiasedConv2D',
    inputsToSave: ['x', 'filter'],
    gradFunc(dy, [x, filter], attributes) {
      const options = attributes as unknown as ConvAttributes;
      const gradient = dy as tf.Tensor;
      return {
        x: () =>
          runKernel('Conv2DBackpropInput', { dy: gradient, filter: filter! }, { ...options, inputShape: x!.shape })[0]!,
        filter: () =>
          runKernel('Conv2DBackpropFilter', { x: x!, dy: gradient }, { ...options, filterShape: filter!.shape })[0]!,
        bias: () => tf.sum(gradient, [0, 1, 2]),
      };
    },
  },
  {
    kernelName: 'GroupNorm',
    inputsToSave: ['x', 'scale', 'offset'],
    outputsToSave: [false, true, true],
    gradFunc(dy, saved, attributes) {
      const [x, scale, offset, mean, inverse] = saved as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
      const inputs = { dy: (dy as tf.Tensor[])[0]!, x, scale, offset, mean, inverse };
      const [dx, dScale, dOffset] = runKernel('GroupNormGrad', inputs, attributes as unknown as GroupNormAttributes);
      return { x: () => dx!, scale: () => dScale!, offset: () => dOffset! };
    },
  },
  {
    kernelName: 'Silu',
    inputsToSave: ['x'],
    gradFunc: (dy, [x]) => ({ x: () => runKernel('SiluGrad', { dy: dy as tf.Tensor, x: x! })[0]! }),
  },
  {
    kernelName: 'UpsampleNearest2x',
    gradFunc: (dy) => ({ x: () => runKernel('UpsampleNearest2xGrad', { dy: dy as tf.Tensor })[0]! }),
  },
  // Either moves elements back to where the other took them from.
  {
    kernelName: 'PixelShuffle',
    gradFunc: (dy, _saved, attributes) => ({
      x: () => runKernel('PixelUnshuffle', { x: dy as tf.Tensor }, attributes)[0]!,
    }),
  },
  {
    kernelName: 'PixelUnshuffle',
    gradFunc: (dy, _saved, attributes) => ({
      x: () => runKernel('PixelShuffle', { x: dy as tf.Tensor }, attributes)[0]!,
    }),
  },
];

let isRegistered = false;

/** Registers all gradients; further calls do nothing. */
export function registerGradients(): void {
  if (isRegistered) return;
  isRegistered = true;
  for (const config of betterGradients) {
    tf.unregisterGradient(config.kernelName);
    tf.registerGradient(config);
  }
  for (const config of ownGradients) tf.registerGradient(config);
}
