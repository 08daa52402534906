/**
 * A 3×3 convolution of an image whose every pixel was made 2 × 2 pixels. Each output pixel sees just 2 × 2 different pixels,
 * so that the same numbers come from convolutions at the small size with sums of the filter's taps: 16 products per small
 * pixel where there were 36, and no large image to keep.
 *
 * Along one axis, with pixels x[i], outputs y and taps w0, w1, w2: y[2i] = w0·x[i-1] + (w1+w2)·x[i] and
 * y[2i+1] = (w0+w1)·x[i] + w2·x[i+1]. So dx[i] is a correlation of dy[2i-1…2i+2] with (w2, w1+w2, w0+w1, w0).
 */
import { fitsBlocks, fromBlocks, toBlocks } from '../../graph/blocks.js';
import type { Graph } from '../../graph/graph.js';
import { asNchw, type GraphValue } from '../../graph/value.js';
import { product } from '../matmul.js';
import { blockedConv, blockedFilter } from './blocked.js';
import { type ConvAttributes, type Four, type Geometry, geometryOf } from './conv-geometry.js';
import { sizeOf, swapped } from './convolve.js';
import { eachPhase, joinPhases, type PhaseSize, splitPhases } from './phases.js';

/** The four sums along one axis, in the order in which dx reads them. */
const sums = [
  [0, 0, 1],
  [0, 1, 1],
  [1, 1, 0],
  [1, 0, 0],
] as const;

/** The sums that a phase reads, along one axis: the one of the pixel before, or of the same pixel, first. */
const sumsOfPhase = [
  [3, 1],
  [2, 0],
] as const;

/** For each sum along one axis: the phase of dy that it belongs to, and how far off the pixel of x is. */
const meetings = [
  { phase: 1, offset: 1 },
  { phase: 0, offset: 0 },
  { phase: 1, offset: 0 },
  { phase: 0, offset: -1 },
] as const;

/** The small image, where `image` is an enlarged one and this convolution can be done on the small one. */
export function smallImage(graph: Graph, image: GraphValue, geometry: Geometry): GraphValue | undefined {
  const { producer } = image;
  return producer?.kernel === 'UpsampleNearest2x' && isCovered(graph, geometry) ? producer.inputs[0] : undefined;
}

/** The operands of the convolution whose input's gradient `gradient` is, where it can be had for the small image. */
export function enlargedConvBefore(
  graph: Graph,
  gradient: GraphValue,
): { dy: GraphValue; filter: GraphValue } | undefined {
  const { producer } = gradient;
  if (producer?.kernel !== 'Conv2DBackpropInput') return undefined;
  const [dy, filter] = producer.inputs as [GraphValue, GraphValue];
  const attributes = producer.attributes as ConvAttributes & { inputShape: Four };
  return isCovered(graph, geometryOf(attributes.inputShape, filter.shape, attributes)) ? { dy, filter } : undefined;
}

/** Whether the convolution of an enlarged image can be done on the small one. */
function isCovered(graph: Graph, geometry: Geometry): boolean {
  const { filterHeight, filterWidth, strideHeight, strideWidth, dilationHeight, dilationWidth, padInfo } = geometry;
  const { top, left, bottom, right } = padInfo;
  return (
    fitsBlocks(graph, geometry.inChannels, geometry.outChannels) &&
    [filterHeight, filterWidth].every((taps) => taps === 3) &&
    [strideHeight, strideWidth, dilationHeight, dilationWidth, top, left, bottom, right].every((size) => size === 1)
  );
}

const smallSize = ({ batchSize, inHeight, inWidth }: Geometry, channels: number): PhaseSize => ({
  batch: batchSize,
  channels,
  height: inHeight / 2,
  width: inWidth / 2,
});

/** [16, 9]: which taps are in which sum. */
const sumMatrix = (graph: Graph) => {
  const rows = sums.flatMap((row) => sums.map((column) => row.flatMap((a) => column.map((b) => a * b)))).flat();
  return graph.constant('float32', [16, 9], Float32Array.from(rows));
};

/** All sums of taps, [16, I·O]. */
function summedTaps(graph: Graph, filter: GraphValue): string {
  const { inChannels, outChannels } = sizeOf(filter);
  return graph.node('MatMul', [sumMatrix(graph), graph.reshape(filter.logical(), [9, inChannels * outChannels])]);
}

/** @returns NCHW */
export function lowerEnlargedConv(
  graph: Graph,
  [x, filter, bias]: readonly [GraphValue, GraphValue, GraphValue | undefined],
  geometry: Geometry,
): string {
  const taps = summedTaps(graph, filter);
  const size = { ...sizeOf(filter), kernel: [2, 2] as const };
  const image = toBlocks(graph, asNchw(x));
  const phases = eachPhase((row, column) => {
    const chosen = sumsOfPhase[row].flatMap((a) => sumsOfPhase[column].map((b) => 4 * a + b));
    const phaseTaps = blockedFilter(graph, graph.node('Gather', [taps, graph.int64s(chosen)], { axis: 0 }), size);
    const operands = [image, phaseTaps, ...(bias ? [bias.logical()] : [])];
    return blockedConv(graph, operands, { kernel_shape: [2, 2], pads: [1 - row, 1 - column, row, column] });
  });
  const { outChannels } = geometry;
  return fromBlocks(graph, joinPhases(graph, phases, smallSize(geometry, outChannels)), outChannels);
}

/** The gradient of the small image, NCHW. */
export function lowerEnlargedInputGradient(graph: Graph, dy: GraphValue, filter: GraphValue): string {
  const size = sizeOf(filter);
  const taps = graph.transpose(
    graph.reshape(summedTaps(graph, filter), [16, size.inChannels, size.outChannels]),
    [0, 2, 1],
  ); // [16, O, I]
  const operands = [toBlocks(graph, asNchw(dy)), blockedFilter(graph, taps, { ...swapped(size), kernel: [4, 4] })];
  const gradient = blockedConv(graph, operands, { kernel_shape: [4, 4], strides: [2, 2], pads: [1, 1, 1, 1] });
  return fromBlocks(graph, gradient, size.inChannels);
}

/** The gradient of the filter as [rows, columns, I, O], from the small image. */
export function lowerEnlargedFilterGradient(graph: Graph, x: GraphValue, dy: GraphValue, geometry: Geometry): string {
  const { batchSize: batch, inChannels, outChannels } = geometry;
  const { height, width } = smallSize(geometry, outChannels);
  const pixels = batch * height * width;
  const channelsFirst = (image: string) => graph.transpose(image, [1, 0, 2, 3]);
  const padded = graph.node('Pad', [channelsFirst(asNchw(x)), graph.int64s([0, 0, 1, 1, 0, 0, 1, 1])]);
  const shifted = (row: number, column: number) => {
    const first = [1 + row, 1 + column];
    const last = [first[0]! + height, first[1]! + width];
    const seen = graph.node('Slice', [padded, graph.int64s(first), graph.int64s(last), graph.int64s([2, 3])]);
    return { name: graph.reshape(seen, [inChannels, pixels]), rank: 2, transposed: false };
  };
  const phases = splitPhases(graph, toBlocks(graph, asNchw(dy)), smallSize(geometry, outChannels));
  const phaseOf = (row: 0 | 1, column: 0 | 1) => {
    const image = fromBlocks(graph, phases[row]![column]!, outChannels);
    return { name: graph.reshape(channelsFirst(image), [outChannels, pixels]), rank: 2, transposed: true };
  };
  const products = meetings.flatMap((row) =>
    meetings.map((column) => product(graph, shifted(row.offset, column.offset), phaseOf(row.phase, column.phase))),
  ); // 16 × [I, O]
  const gradients = graph.reshape(graph.concat(products, 0), [16, inChannels * outChannels]);
  const folded = product(
    graph,
    { name: sumMatrix(graph), rank: 2, transposed: true },
    { name: gradients, rank: 2, transposed: false },
  );
  return graph.reshape(folded, [3, 3, inChannels, outChannels]);
}
