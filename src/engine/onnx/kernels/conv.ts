/**
 * Convolutions and their gradients. Images are taken and given as NCHW, filters as OIHW. The forms chosen here are the
 * fastest of those measured: correlation with the flipped filter for the input's gradient (ConvTranspose only where a
 * stride demands it).
 */
import * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph.js';
import { oihw } from '../layout.js';
import { asNchw, fromNchw, GraphValue } from '../value.js';
import { lowerFilterGradient } from './conv-filter-gradient.js';
import { convolve } from './convolve.js';
import { defineKernel, floatOnly, type KernelSpec } from './kernel.js';

export type Padding = number | 'same' | 'valid' | tf.backend_util.ExplicitPadding;

export interface ConvAttributes {
  strides: [number, number] | number;
  pad: Padding;
  dataFormat?: 'NHWC' | 'NCHW';
  dilations?: [number, number] | number;
  dimRoundingMode?: 'floor' | 'round' | 'ceil';
}

type Info = tf.backend_util.Conv2DInfo;
type Four = [number, number, number, number];

function convInfo(inputShape: readonly number[], filterShape: readonly number[], attributes: ConvAttributes): Info {
  const { strides, pad, dilations = 1, dimRoundingMode } = attributes;
  const [image, filter] = [[...inputShape] as Four, [...filterShape] as Four];
  return tf.backend_util.computeConv2DInfo(image, filter, strides, dilations, pad, dimRoundingMode, false);
}

const isNhwc = (_inputs: readonly unknown[], { dataFormat = 'NHWC' }: ConvAttributes): boolean => dataFormat === 'NHWC';

const isUndilated = (inputs: readonly unknown[], attributes: ConvAttributes): boolean => {
  const dilations = [attributes.dilations ?? 1].flat();
  return isNhwc(inputs, attributes) && dilations.every((dilation) => dilation === 1);
};

/** Whether an output's gradient has the shape of that output, which tfjs' conv2dTranspose does not see to. */
const isOutputShape = (dy: readonly number[], info: Info): boolean => dy.join() === info.outShape.join();

const onnxPads = ({ padInfo }: Info): Four => [padInfo.top, padInfo.left, padInfo.bottom, padInfo.right];

function lowerConv(graph: Graph, inputs: readonly (GraphValue | undefined)[], info: Info): string {
  const [x, filter, bias] = inputs;
  return convolve(graph, {
    image: asNchw(x!),
    filter: filter!.form(oihw),
    bias: bias?.logical(),
    inChannels: info.inChannels,
    outChannels: info.outChannels,
    kernel: [info.filterHeight, info.filterWidth],
    strides: [info.strideHeight, info.strideWidth],
    dilations: [info.dilationHeight, info.dilationWidth],
    pads: onnxPads(info),
  });
}

function convolution(name: string, inputs: readonly string[]): KernelSpec {
  return defineKernel<ConvAttributes>({
    name,
    inputs,
    dtypes: floatOnly,
    supports: (metas, attributes) => isNhwc(metas, attributes) && metas.every(({ shape }) => !shape.includes(0)),
    infer: ([x, filter], attributes) => [
      { shape: convInfo(x!.shape, filter!.shape, attributes).outShape, dtype: 'float32' },
    ],
    lower({ graph, inputs: values, metas, attributes, outputs: [output] }) {
      const info = convInfo(metas[0]!.shape, metas[1]!.shape, attributes);
      return [fromNchw(graph, output!, lowerConv(graph, values, info))];
    },
  });
}

/** Correlates the output's gradient with the flipped filter. */
function correlateFlipped(graph: Graph, dy: string, filter: GraphValue, info: Info): string {
  const { filterHeight: height, filterWidth: width } = info;
  const [top, left, bottom, right] = onnxPads(info);
  return convolve(graph, {
    image: dy,
    // O and I swap.
    filter: graph.transpose(filter.form(oihw), [1, 0, 2, 3]),
    flipped: true,
    inChannels: info.outChannels,
    outChannels: info.inChannels,
    kernel: [height, width],
    pads: [height - 1 - top, width - 1 - left, height - 1 - bottom, width - 1 - right],
  });
}

const inputGradient = defineKernel<ConvAttributes & { inputShape: Four }>({
  name: 'Conv2DBackpropInput',
  inputs: ['dy', 'filter'],
  dtypes: floatOnly,
  supports: (metas, attributes) =>
    isUndilated(metas, attributes) &&
    isOutputShape(metas[0]!.shape, convInfo(attributes.inputShape, metas[1]!.shape, attributes)),
  infer: (_inputs, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  lower({ graph, inputs: [dy, filter], metas, attributes, outputs: [output] }) {
    const info = convInfo(attributes.inputShape, metas[1]!.shape, attributes);
    const pads = onnxPads(info);
    const isPadCorrelation =
      pads[0] < info.filterHeight &&
      pads[2] < info.filterHeight &&
      pads[1] < info.filterWidth &&
      pads[3] < info.filterWidth;
    if (info.strideHeight === 1 && info.strideWidth === 1 && isPadCorrelation) {
      return [fromNchw(graph, output!, correlateFlipped(graph, asNchw(dy!), filter!, info))];
    }
    // Rows and columns at the far edge that the forward pass never touched.
    const unread = (size: number, outputs: number, stride: number, taps: number, padding: number) =>
      size - ((outputs - 1) * stride + taps - padding);
    const name = graph.node('ConvTranspose', [asNchw(dy!), filter!.form(oihw)], {
      kernel_shape: [info.filterHeight, info.filterWidth],
      strides: [info.strideHeight, info.strideWidth],
      pads,
      output_padding: [
        unread(info.inHeight, info.outHeight, info.strideHeight, info.filterHeight, pads[0] + pads[2]),
        unread(info.inWidth, info.outWidth, info.strideWidth, info.filterWidth, pads[1] + pads[3]),
      ],
    });
    return [fromNchw(graph, output!, name)];
  },
});

const filterGradient = defineKernel<ConvAttributes & { filterShape: Four }>({
  name: 'Conv2DBackpropFilter',
  inputs: ['x', 'dy'],
  dtypes: floatOnly,
  supports: isUndilated,
  infer: (_inputs, { filterShape }) => [{ shape: filterShape, dtype: 'float32' }],
  lower({ graph, inputs: [x, dy], metas, attributes, outputs: [output] }) {
    const info = convInfo(metas[0]!.shape, attributes.filterShape, attributes);
    return [GraphValue.of(graph, output!, lowerFilterGradient(graph, asNchw(x!), asNchw(dy!), info), oihw)];
  },
});

export const convKernels: readonly KernelSpec[] = [
  convolution('Conv2D', ['x', 'filter']),
  convolution('BiasedConv2D', ['x', 'filter', 'bias']),
  inputGradient,
  filterGradient,
];
