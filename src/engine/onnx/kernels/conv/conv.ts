/**
 * Convolutions and their gradients. Images are taken and given as NCHW. The forms chosen here are the fastest of those
 * measured: correlation with the turned filter for the input's gradient, phase by phase with a stride of two, and
 * ConvTranspose only where neither fits.
 */
import type { Graph } from '../../graph/graph.js';
import { oihw } from '../../graph/layout.js';
import { asNchw, fromNchw, GraphValue } from '../../graph/value.js';
import { defineKernel, floatOnly, type KernelSpec } from '../kernel.js';
import { lowerFilterGradient } from './conv-filter-gradient.js';
import { type ConvAttributes, type Four, type Geometry, geometryOf, onnxPads } from './conv-geometry.js';
import { convolve } from './convolve.js';
import { lowerEnlargedConv, lowerEnlargedFilterGradient, smallImage } from './enlarged-conv.js';
import { hasEvenPhases, lowerStridedInputGradient } from './strided-conv.js';

const isNhwc = (_inputs: readonly unknown[], { dataFormat = 'NHWC' }: ConvAttributes): boolean => dataFormat === 'NHWC';

const isUndilated = (inputs: readonly unknown[], attributes: ConvAttributes): boolean => {
  const dilations = [attributes.dilations ?? 1].flat();
  return isNhwc(inputs, attributes) && dilations.every((dilation) => dilation === 1);
};

/** Whether an output's gradient has the shape of that output, which tfjs' conv2dTranspose does not see to. */
const isOutputShape = (dy: readonly number[], geometry: Geometry): boolean => dy.join() === geometry.outShape.join();

function lowerConv(graph: Graph, inputs: readonly (GraphValue | undefined)[], geometry: Geometry): string {
  const [x, filter, bias] = inputs as [GraphValue, GraphValue, GraphValue | undefined];
  const small = smallImage(graph, x, geometry);
  if (small) return lowerEnlargedConv(graph, [small, filter, bias], geometry);
  return convolve(graph, {
    image: asNchw(x),
    filter,
    bias: bias?.logical(),
    strides: [geometry.strideHeight, geometry.strideWidth],
    dilations: [geometry.dilationHeight, geometry.dilationWidth],
    pads: onnxPads(geometry),
  });
}

function convolution(name: string, inputs: readonly string[]): KernelSpec {
  return defineKernel<ConvAttributes>({
    name,
    inputs,
    dtypes: floatOnly,
    supports: (metas, attributes) => isNhwc(metas, attributes) && metas.every(({ shape }) => !shape.includes(0)),
    infer: ([x, filter], attributes) => [
      { shape: geometryOf(x!.shape, filter!.shape, attributes).outShape, dtype: 'float32' },
    ],
    lower({ graph, inputs: values, metas, attributes, outputs: [output] }) {
      const geometry = geometryOf(metas[0]!.shape, metas[1]!.shape, attributes);
      return [fromNchw(graph, output!, lowerConv(graph, values, geometry))];
    },
  });
}

/** Correlates the output's gradient with the turned filter. */
function correlateTurned(graph: Graph, dy: string, filter: GraphValue, geometry: Geometry): string {
  const { filterHeight: height, filterWidth: width } = geometry;
  const [top, left, bottom, right] = onnxPads(geometry);
  return convolve(graph, {
    image: dy,
    filter,
    turned: true,
    pads: [height - 1 - top, width - 1 - left, height - 1 - bottom, width - 1 - right],
  });
}

const inputGradient = defineKernel<ConvAttributes & { inputShape: Four }>({
  name: 'Conv2DBackpropInput',
  inputs: ['dy', 'filter'],
  dtypes: floatOnly,
  supports: (metas, attributes) =>
    isUndilated(metas, attributes) &&
    isOutputShape(metas[0]!.shape, geometryOf(attributes.inputShape, metas[1]!.shape, attributes)),
  infer: (_inputs, { inputShape }) => [{ shape: inputShape, dtype: 'float32' }],
  lower({ graph, inputs: [dy, filter], metas, attributes, outputs: [output] }) {
    const geometry = geometryOf(attributes.inputShape, metas[1]!.shape, attributes);
    const pads = onnxPads(geometry);
    const isPadCorrelation =
      pads[0] < geometry.filterHeight &&
      pads[2] < geometry.filterHeight &&
      pads[1] < geometry.filterWidth &&
      pads[3] < geometry.filterWidth;
    if (geometry.strideHeight === 1 && geometry.strideWidth === 1 && isPadCorrelation) {
      return [fromNchw(graph, output!, correlateTurned(graph, asNchw(dy!), filter!, geometry))];
    }
    if (hasEvenPhases(graph, geometry)) {
      return [fromNchw(graph, output!, lowerStridedInputGradient(graph, dy!, filter!, geometry))];
    }
    // Rows and columns at the far edge that the forward pass never touched.
    const unread = (size: number, outputs: number, stride: number, taps: number, padding: number) =>
      size - ((outputs - 1) * stride + taps - padding);
    const name = graph.node('ConvTranspose', [asNchw(dy!), filter!.form(oihw)], {
      kernel_shape: [geometry.filterHeight, geometry.filterWidth],
      strides: [geometry.strideHeight, geometry.strideWidth],
      pads,
      output_padding: [
        unread(geometry.inHeight, geometry.outHeight, geometry.strideHeight, geometry.filterHeight, pads[0] + pads[2]),
        unread(geometry.inWidth, geometry.outWidth, geometry.strideWidth, geometry.filterWidth, pads[1] + pads[3]),
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
    const geometry = geometryOf(metas[0]!.shape, attributes.filterShape, attributes);
    const small = smallImage(graph, x!, geometry);
    if (small) return [GraphValue.of(graph, output!, lowerEnlargedFilterGradient(graph, small, dy!, geometry))];
    const { name, layout } = lowerFilterGradient(graph, asNchw(x!), asNchw(dy!), geometry);
    return [GraphValue.of(graph, output!, name, layout)];
  },
});

export const convKernels: readonly KernelSpec[] = [
  convolution('Conv2D', ['x', 'filter']),
  convolution('BiasedConv2D', ['x', 'filter', 'bias']),
  inputGradient,
  filterGradient,
];
