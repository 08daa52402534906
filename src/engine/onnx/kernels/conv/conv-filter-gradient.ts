/**
 * The gradient of a convolution's filter: for every tap (row r, column c), the sum over images and pixels of
 * x[h + r, w + c] · dy[h, w]. ONNX Runtime has no such operator; matrix products over shifted copies come close to the speed
 * of its convolution. Which copies are made decides the speed, so there are several ways.
 */
import type { Graph } from '../../graph/graph.js';
import { identity, type Permutation } from '../../graph/layout.js';
import { product } from '../matmul.js';
import type { Geometry } from './conv-geometry.js';
import { channelsFirst, pixelsSeen } from './filter-taps.js';
import { fitsPixelBlocks, fromPixelBlocks } from './pixel-blocks.js';

/** A filter [rows, columns, I, O] that lies in memory as `layout` says. */
interface FilterGradient {
  readonly name: string;
  readonly layout: Permutation;
}

/** From this many pixels on, saving copies is worth more than long matrix products. */
const largePlane = 1024;

/** Up to this many channels, copies for all taps cost less than a copy of the other side. */
const fewChannels = 8;

/** From x and dy as NCHW. */
export function lowerFilterGradient(graph: Graph, x: string, dy: string, geometry: Geometry): FilterGradient {
  const { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth } = geometry;
  const isUnstrided = strideHeight === 1 && strideWidth === 1;
  if (filterHeight * filterWidth === 1 || !isUnstrided) return fromTaps(graph, x, dy, geometry);
  const { inChannels, outChannels } = geometry;
  if (Math.min(inChannels, outChannels) <= fewChannels) return fromStackedTaps(graph, x, dy, geometry);
  const isLarge = outHeight * outWidth >= largePlane;
  if (!isLarge && fitsPixelBlocks(graph, geometry)) {
    return { name: fromPixelBlocks(graph, x, dy, geometry), layout: identity(4) };
  }
  return isLarge || geometry.batchSize === 1
    ? fromShiftedRows(graph, x, dy, geometry)
    : fromTaps(graph, x, dy, geometry);
}

/**
 * Shifts dy by rows (one Concat) and x by columns (one Pad each), so that one product per filter column gives all rows of the
 * filter: as many copies as the filter has rows plus columns, rather than taps. A few images at a time, so that the copies
 * are still in the processor's cache when they are multiplied.
 */
function fromShiftedRows(graph: Graph, x: string, dy: string, geometry: Geometry): FilterGradient {
  const { batchSize: batch, inChannels, outChannels, filterHeight, filterWidth } = geometry;
  const portion = imagesAtOnce(geometry);
  const sums: string[] = [];
  for (let first = 0; first < batch; first += portion) {
    sums.push(...shiftedProducts(graph, x, dy, { geometry, first, count: Math.min(portion, batch - first) }));
  }
  const stacked = graph.concat(sums, 0);
  const shape = [-1, filterWidth, outChannels, filterHeight, inChannels];
  const summed = graph.node('ReduceSum', [graph.reshape(stacked, shape), graph.int64s([0])], { keepdims: 0 });
  return { name: graph.transpose(summed, [2, 0, 1, 3]), layout: [0, 1, 3, 2] }; // [rows, columns, O, I] in memory
}

/** Bytes of shifted copies of dy that a processor's cache holds next to all else. */
const cachedBytes = 16 * 2 ** 20;

function imagesAtOnce({ batchSize, outChannels, outHeight, outWidth, filterHeight }: Geometry): number {
  const bytes = 4 * filterHeight * outChannels * (outHeight + filterHeight - 1) * outWidth;
  const most = Math.max(1, Math.floor(cachedBytes / bytes));
  return Math.ceil(batchSize / Math.ceil(batchSize / most));
}

interface Portion {
  readonly geometry: Geometry;
  /** Image of the batch. */
  readonly first: number;
  readonly count: number;
}

/** Sums over the pixels of some images, [images, columns, O, rows, I]. */
function shiftedProducts(graph: Graph, x: string, dy: string, { geometry, first, count }: Portion): string[] {
  const { batchSize: batch, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const { top, left, bottom, right } = geometry.padInfo;
  const pixels = (outHeight + filterHeight - 1) * outWidth;
  const range = [graph.int64s([first]), graph.int64s([first + count]), graph.int64s([0])];
  const part = count < batch ? graph.node('Slice', [dy, ...range]) : dy;
  const gradient = graph.reshape(part, [count, outChannels, outHeight * outWidth]);
  const gap = graph.node('ConstantOfShape', [graph.int64s([count, outChannels, filterHeight * outWidth])]);
  const copies = Array.from({ length: filterHeight }, (_, row) => (row === 0 ? [gradient] : [gap, gradient])).flat();
  const shiftedRows = graph.concat(copies, 2);
  const rows = {
    name: graph.reshape(shiftedRows, [count, outChannels * filterHeight, pixels]),
    rank: 3,
    transposed: false,
  };
  const products = Array.from({ length: filterWidth }, (_, column) => {
    // A negative pad crops.
    const pads = [-first, 0, top, left - column, first + count - batch, 0, bottom, right - (filterWidth - 1 - column)];
    const shifted = graph.reshape(graph.node('Pad', [x, graph.int64s(pads)]), [count, inChannels, pixels]);
    return product(graph, rows, { name: shifted, rank: 3, transposed: true }); // [images, O·rows, I]
  });
  return [graph.concat(products, 1)];
}

/** Where x or dy has few channels: copies of that side alone for all taps next to each other, and one product. */
function fromStackedTaps(graph: Graph, x: string, dy: string, geometry: Geometry): FilterGradient {
  const { batchSize: batch, inChannels, outChannels, filterHeight, filterWidth } = geometry;
  const { inHeight, inWidth, outHeight, outWidth } = geometry;
  const { top, left } = geometry.padInfo;
  const movesX = inChannels <= outChannels;
  const [moved, channels, height, width] = movesX
    ? ([x, inChannels, outHeight, outWidth] as const)
    : ([dy, outChannels, inHeight, inWidth] as const);
  const [movedHeight, movedWidth] = movesX ? [inHeight, inWidth] : [outHeight, outWidth];
  const copies = Array.from({ length: filterHeight * filterWidth }, (_, tap) => {
    const [down, across] = [Math.floor(tap / filterWidth) - top, (tap % filterWidth) - left];
    // Where the copy begins in what is moved; dy moves the other way. A negative pad crops.
    const [row, column] = movesX ? [down, across] : [-down, -across];
    const pads = [0, 0, -row, -column, 0, 0, row + height - movedHeight, column + width - movedWidth];
    return graph.reshape(graph.node('Pad', [moved, graph.int64s(pads)]), [batch, channels, height * width]);
  });
  const taps = graph.concat(copies, 1); // [B, taps·channels, HW]
  const [other, others] = movesX ? [dy, outChannels] : [x, inChannels];
  const products = product(
    graph,
    { name: taps, rank: 3, transposed: false },
    { name: graph.reshape(other, [batch, others, height * width]), rank: 3, transposed: true },
  ); // [B, taps·channels, others]
  const name = graph.reshape(graph.node('ReduceSum', [products, graph.int64s([0])], { keepdims: 0 }), [
    filterHeight,
    filterWidth,
    channels,
    others,
  ]);
  return { name, layout: movesX ? identity(4) : [0, 1, 3, 2] };
}

/** One product per tap over the pixels of all images at once. */
function fromTaps(graph: Graph, x: string, dy: string, geometry: Geometry): FilterGradient {
  const { batchSize: batch, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const pixels = batch * outHeight * outWidth;
  const gradient = graph.reshape(channelsFirst(graph, dy, batch), [outChannels, pixels]);
  const seenBy = pixelsSeen(graph, x, geometry);
  const taps: string[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const seen = { name: graph.reshape(seenBy(row, column), [inChannels, pixels]), rank: 2, transposed: false };
      taps.push(product(graph, seen, { name: gradient, rank: 2, transposed: true })); // [I, O]
    }
  }
  const stacked = graph.concat(taps, 0);
  const shape = [filterHeight, filterWidth, inChannels, outChannels];
  return { name: graph.reshape(stacked, shape), layout: identity(4) };
}
