/** Nearest enlargement by two, the decoder's way up. */
import { fromNchw } from '../../graph/value.js';
import { enlargedConvBefore, lowerEnlargedInputGradient } from '../conv/enlarged-conv.js';
import { defineKernel, floatOnly, type KernelSpec } from '../kernel.js';
import { repeatPixels, sumRepeatedPixels } from './resize.js';

const upsample = defineKernel({
  name: 'UpsampleNearest2x',
  inputs: ['x'],
  dtypes: floatOnly,
  infer([x]) {
    const [batch, height, width, channels] = x!.shape as [number, number, number, number];
    return [{ shape: [batch, 2 * height, 2 * width, channels], dtype: 'float32' }];
  },
  lower: ({ graph, inputs: [x], outputs: [output] }) => [fromNchw(graph, output!, repeatPixels(graph, x!, [2, 2]))],
});

const upsampleGradient = defineKernel({
  name: 'UpsampleNearest2xGrad',
  inputs: ['dy'],
  dtypes: floatOnly,
  infer([dy]) {
    const [batch, height, width, channels] = dy!.shape as [number, number, number, number];
    return [{ shape: [batch, height / 2, width / 2, channels], dtype: 'float32' }];
  },
  lower({ graph, inputs: [dy], outputs: [output] }) {
    const convolution = enlargedConvBefore(graph, dy!);
    const gradient = convolution
      ? lowerEnlargedInputGradient(graph, convolution.dy, convolution.filter)
      : sumRepeatedPixels(graph, dy!, [2, 2]);
    return [fromNchw(graph, output!, gradient)];
  },
});

export const upsampleKernels: readonly KernelSpec[] = [upsample, upsampleGradient];
