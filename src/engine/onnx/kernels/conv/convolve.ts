/** One convolution of an NCHW image, blocked where that is faster. */
import { fitsBlocks, fromBlocks, toBlocks } from '../../graph/blocks.js';
import type { Graph } from '../../graph/graph.js';
import { oihw } from '../../graph/layout.js';
import type { GraphValue } from '../../graph/value.js';
import { blockedConv, blockedFilter, type FilterSize, swappedFilter } from './blocked.js';

export interface Convolution {
  readonly image: string;
  /** [rows, columns, I, O] */
  readonly filter: GraphValue;
  /** Whether the filter's taps run backwards, and from its outputs to its inputs. */
  readonly turned?: boolean;
  readonly bias?: string | undefined;
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  /** top, left, bottom, right */
  readonly pads: readonly [number, number, number, number];
}

/** The name of the convolved image, NCHW. */
export function convolve(graph: Graph, convolution: Convolution): string {
  const { image, filter, turned, bias, strides = [1, 1], dilations = [1, 1], pads } = convolution;
  const size = sizeOf(filter);
  const attributes = { kernel_shape: size.kernel, strides, dilations, pads };
  const biases = bias ? [bias] : [];
  if (!fitsBlocks(graph, size.inChannels, size.outChannels) || pads.some((pad) => pad < 0)) {
    const taps = turned ? turnedOihw(graph, filter.form(oihw), size) : filter.form(oihw);
    return graph.node('Conv', [image, taps, ...biases], attributes);
  }
  const logical = filter.logical();
  const taps = turned
    ? blockedFilter(graph, swappedFilter(graph, logical), swapped(size), true)
    : blockedFilter(graph, logical, size);
  const convolved = blockedConv(graph, [toBlocks(graph, image), taps, ...biases], attributes);
  return fromBlocks(graph, convolved, turned ? size.inChannels : size.outChannels);
}

export function sizeOf({ shape }: GraphValue): FilterSize {
  const [height, width, inChannels, outChannels] = shape as [number, number, number, number];
  return { kernel: [height, width], inChannels, outChannels };
}

export const swapped = ({ kernel, inChannels, outChannels }: FilterSize): FilterSize => ({
  kernel,
  inChannels: outChannels,
  outChannels: inChannels,
});

/** An OIHW filter with its taps in reverse order, and O and I swapped. */
function turnedOihw(graph: Graph, filter: string, { kernel: [height, width] }: FilterSize): string {
  const swappedFilter = graph.transpose(filter, [1, 0, 2, 3]);
  if (height * width === 1) return swappedFilter;
  const both = (value: number) => graph.int64s([value, value]);
  const beforeFirst = -(2 ** 31);
  return graph.node('Slice', [swappedFilter, both(-1), both(beforeFirst), graph.int64s([2, 3]), both(-1)]);
}
