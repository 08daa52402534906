/** Gradients of this engine's own kernels. */
import * as tf from '@tensorflow/tfjs-core';
import { registerTfjsGradients } from '../gradients/register.js';
import type { ConvAttributes } from './kernels/conv/conv-geometry.js';
import type { GroupNormAttributes } from './kernels/group-norm.js';

type Inputs = Record<string, tf.Tensor>;

const runKernel = (name: string, inputs: Inputs, attributes: object = {}): tf.Tensor[] => {
  const result = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
  return [result].flat() as tf.Tensor[];
};

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

/** Registers these and tfjs' own; further calls do nothing. */
export function registerGradients(): void {
  if (isRegistered) return;
  isRegistered = true;
  registerTfjsGradients();
  for (const config of ownGradients) tf.registerGradient(config);
}
