/** Resizing of images. Source positions are worked out here, so that tfjs' three conventions are met exactly. */
import type { Graph } from '../../graph/graph.js';
import { asNchw, fromNchw, type GraphValue } from '../../graph/value.js';
import type { TensorMeta } from '../../numbers.js';
import { defineKernel, floatOnly, type KernelSpec } from '../kernel.js';
import { product } from '../matmul.js';

interface ResizeAttributes {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}
type SizedAttributes = ResizeAttributes & { size: [number, number] };

/** Scale from target to source pixels, as in tfjs. */
const scale = (source: number, target: number, { alignCorners }: ResizeAttributes): number =>
  alignCorners && target > 1 ? (source - 1) / (target - 1) : source / target;

/** The source pixel of every target pixel. */
function nearestPixels(source: number, target: number, attributes: ResizeAttributes): number[] {
  const ratio = scale(source, target, attributes);
  return Array.from({ length: target }, (_, index) => {
    const position = attributes.halfPixelCenters ? ratio * (index + 0.5) : ratio * index;
    const pixel = attributes.alignCorners ? Math.round(position) : Math.floor(position);
    return Math.max(0, Math.min(source - 1, pixel));
  });
}

/** How often each source pixel is repeated, where that is the same for all. */
function repetition(source: number, pixels: readonly number[]): number | undefined {
  const times = pixels.length / source;
  const isEven = Number.isInteger(times) && pixels.every((pixel, index) => pixel === Math.floor(index / times));
  return isEven ? times : undefined;
}

/** The matrix [source, target] of the weight that each source pixel has in each target pixel. */
type Weights = (source: number, target: number, attributes: ResizeAttributes) => Float32Array;

const nearestWeights: Weights = (source, target, attributes) => {
  const weights = new Float32Array(source * target);
  nearestPixels(source, target, attributes).forEach((pixel, index) => {
    weights[pixel * target + index] = 1;
  });
  return weights;
};

const bilinearWeights: Weights = (source, target, attributes) => {
  const weights = new Float32Array(source * target);
  const ratio = scale(source, target, attributes);
  for (let index = 0; index < target; index++) {
    const position = attributes.halfPixelCenters ? ratio * (index + 0.5) - 0.5 : ratio * index;
    const below = Math.max(0, Math.floor(position));
    const above = Math.min(source - 1, Math.ceil(position));
    const share = position - below;
    weights[below * target + index]! += 1 - share;
    weights[above * target + index]! += share;
  }
  return weights;
};

const spatialSize = ({ shape }: TensorMeta): [number, number] => [shape[1]!, shape[2]!];

/** Rows and columns, each multiplied by its matrix; the gradient multiplies by the transposed ones. */
function multiplyBothAxes(
  graph: Graph,
  image: GraphValue,
  sizes: { source: [number, number]; target: [number, number]; isGradient: boolean },
  attributes: ResizeAttributes,
  weights: Weights,
): string {
  const { source, target, isGradient } = sizes;
  const matrix = (axis: 0 | 1) => {
    const data = weights(source[axis], target[axis], attributes);
    return graph.constant('float32', [source[axis], target[axis]], data);
  };
  const columns = product(
    graph,
    { name: asNchw(image), rank: 4, transposed: false },
    { name: matrix(1), rank: 2, transposed: isGradient },
  );
  const rows = { name: matrix(0), rank: 2, transposed: !isGradient };
  return product(graph, rows, { name: columns, rank: 4, transposed: false });
}

function resize(name: string, weights: Weights): KernelSpec {
  return defineKernel<SizedAttributes>({
    name,
    inputs: ['images'],
    dtypes: floatOnly,
    infer: ([images], { size }) => [{ shape: [images!.shape[0]!, ...size, images!.shape[3]!], dtype: 'float32' }],
    lower({ graph, inputs: [images], metas: [meta], attributes, outputs: [output] }) {
      const source = spatialSize(meta!);
      const times = name === 'ResizeNearestNeighbor' ? evenRepetition(source, attributes.size, attributes) : undefined;
      const resized = times
        ? repeatPixels(graph, images!, times)
        : multiplyBothAxes(graph, images!, { source, target: attributes.size, isGradient: false }, attributes, weights);
      return [fromNchw(graph, output!, resized)];
    },
  });
}

function resizeGradient(name: string, weights: Weights): KernelSpec {
  return defineKernel<ResizeAttributes>({
    name,
    inputs: ['images', 'dy'],
    shapeOnly: [0],
    dtypes: floatOnly,
    infer: ([images]) => [{ shape: images!.shape, dtype: 'float32' }],
    lower({ graph, inputs: [, dy], metas: [images, gradient], attributes, outputs: [output] }) {
      const [source, target] = [spatialSize(images!), spatialSize(gradient!)];
      const times = name === 'ResizeNearestNeighborGrad' ? evenRepetition(source, target, attributes) : undefined;
      const summed = times
        ? sumRepeatedPixels(graph, dy!, times)
        : multiplyBothAxes(graph, dy!, { source, target, isGradient: true }, attributes, weights);
      return [fromNchw(graph, output!, summed)];
    },
  });
}

function evenRepetition(source: [number, number], target: [number, number], attributes: ResizeAttributes) {
  const rows = repetition(source[0], nearestPixels(source[0], target[0], attributes));
  const columns = repetition(source[1], nearestPixels(source[1], target[1], attributes));
  return rows && columns ? ([rows, columns] as const) : undefined;
}

/** Nearest enlargement by whole factors. */
export function repeatPixels(graph: Graph, image: GraphValue, [rows, columns]: readonly [number, number]): string {
  const scales = graph.constant('float32', [4], Float32Array.of(1, 1, rows, columns));
  return graph.node('Resize', [asNchw(image), '', scales], {
    mode: 'nearest',
    coordinate_transformation_mode: 'asymmetric',
    nearest_mode: 'floor',
  });
}

/** The gradient of `repeatPixels`: the sum over each pixel's copies, as a convolution of each channel with a filter of ones. */
export function sumRepeatedPixels(
  graph: Graph,
  gradient: GraphValue,
  [rows, columns]: readonly [number, number],
): string {
  const channels = gradient.shape[3] as number;
  const ones = new Float32Array(channels * rows * columns).fill(1);
  return graph.node('Conv', [asNchw(gradient), graph.constant('float32', [channels, 1, rows, columns], ones)], {
    kernel_shape: [rows, columns],
    strides: [rows, columns],
    group: channels,
  });
}

export const resizeKernels: readonly KernelSpec[] = [
  resize('ResizeNearestNeighbor', nearestWeights),
  resize('ResizeBilinear', bilinearWeights),
  resizeGradient('ResizeNearestNeighborGrad', nearestWeights),
  resizeGradient('ResizeBilinearGrad', bilinearWeights),
];
