/** Pooling of images and its gradients. */
import * as tf from '@tensorflow/tfjs-core';
import { asNchw, fromNchw } from '../../graph/value.js';
import type { TensorMeta } from '../../numbers.js';
import { defineKernel, floatOnly, type KernelSpec } from '../kernel.js';

interface PoolAttributes {
  filterSize: [number, number] | number;
  strides: [number, number] | number;
  pad: 'valid' | 'same' | number | tf.backend_util.ExplicitPadding;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

function poolInfo({ shape }: TensorMeta, { filterSize, strides, pad, dimRoundingMode }: PoolAttributes) {
  const image = [...shape] as [number, number, number, number];
  return tf.backend_util.computePool2DInfo(image, filterSize, strides, 1, pad, dimRoundingMode);
}

function onnxAttributes(info: tf.backend_util.Conv2DInfo) {
  const { top, left, bottom, right } = info.padInfo;
  return {
    kernel_shape: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    pads: [top, left, bottom, right],
  };
}

const isOnPlane = ([x]: readonly TensorMeta[]) => x!.shape.length === 4 && !x!.shape.includes(0);

/** ONNX wants every window to meet the image, and rounds a window that hangs over the edge down. */
const fitsOnnx = (inputs: readonly TensorMeta[], attributes: PoolAttributes): boolean => {
  if (!isOnPlane(inputs)) return false;
  const { padInfo, filterHeight, filterWidth } = poolInfo(inputs[0]!, attributes);
  return Math.max(padInfo.top, padInfo.bottom) < filterHeight && Math.max(padInfo.left, padInfo.right) < filterWidth;
};

function pool(name: string, operator: string, extra: Record<string, number>): KernelSpec {
  return defineKernel<PoolAttributes>({
    name,
    inputs: ['x'],
    dtypes: floatOnly,
    supports: fitsOnnx,
    infer: ([x], attributes) => [{ shape: poolInfo(x!, attributes).outShape, dtype: x!.dtype }],
    lower({ graph, inputs: [x], metas: [meta], attributes, outputs: [output] }) {
      const options = { ...onnxAttributes(poolInfo(meta!, attributes)), ...extra };
      return [fromNchw(graph, output!, graph.node(operator, [asNchw(x!)], options))];
    },
  });
}

/** Sends each gradient to the place that the forward pass took its maximum from; exact for ties and overlapping windows. */
const maxPoolGradient = defineKernel<PoolAttributes>({
  name: 'MaxPoolGrad',
  inputs: ['dy', 'input', 'output'],
  shapeOnly: [2],
  dtypes: floatOnly,
  supports: ([, input], attributes) => fitsOnnx([input!], attributes),
  infer: ([, input]) => [input!],
  lower({ graph, inputs: [dy, input], metas: [, meta], attributes, outputs: [output] }) {
    const [batch, height, width, channels] = meta!.shape as [number, number, number, number];
    const options = onnxAttributes(poolInfo(meta!, attributes));
    const [, places] = graph.multiple('MaxPool', [asNchw(input!)], 2, options);
    const zeros = graph.node('Expand', [graph.scalar(0), graph.int64s([batch * height * width * channels])]);
    const flat = graph.node(
      'ScatterElements',
      [zeros, graph.reshape(places!, [-1]), graph.reshape(asNchw(dy!), [-1])],
      { axis: 0, reduction: 'add' },
    );
    return [fromNchw(graph, output!, graph.reshape(flat, [batch, channels, height, width]))];
  },
});

/** Spreads each gradient evenly over its window: a transposed convolution, channel by channel, with a constant filter. */
const averagePoolGradient = defineKernel<PoolAttributes>({
  name: 'AvgPoolGrad',
  inputs: ['dy', 'input'],
  shapeOnly: [1],
  dtypes: floatOnly,
  supports: ([, input], attributes) => isOnPlane([input!]) && onnxAttributesAreUnpadded(input!, attributes),
  infer: ([, input]) => [input!],
  lower({ graph, inputs: [dy], metas: [, meta], attributes, outputs: [output] }) {
    const info = poolInfo(meta!, attributes);
    const { filterHeight, filterWidth, inChannels, strideHeight, strideWidth } = info;
    const taps = filterHeight * filterWidth;
    const filter = graph.constant(
      'float32',
      [inChannels, 1, filterHeight, filterWidth],
      new Float32Array(inChannels * taps).fill(1 / taps),
    );
    const name = graph.node('ConvTranspose', [asNchw(dy!), filter], {
      kernel_shape: [filterHeight, filterWidth],
      strides: [strideHeight, strideWidth],
      group: inChannels,
      output_padding: [
        info.inHeight - ((info.outHeight - 1) * strideHeight + filterHeight),
        info.inWidth - ((info.outWidth - 1) * strideWidth + filterWidth),
      ],
    });
    return [fromNchw(graph, output!, name)];
  },
});

const onnxAttributesAreUnpadded = (meta: TensorMeta, attributes: PoolAttributes): boolean =>
  onnxAttributes(poolInfo(meta, attributes)).pads.every((size) => size === 0);

export const poolKernels: readonly KernelSpec[] = [
  pool('MaxPool', 'MaxPool', {}),
  pool('AvgPool', 'AveragePool', { count_include_pad: 0 }),
  maxPoolGradient,
  averagePoolGradient,
];
