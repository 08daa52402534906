/**
 * The gradient of a convolution's filter: for every tap (row r, column c), the sum over images and pixels of
 * x[h + r, w + c] · dy[h, w]. ONNX Runtime has no such operator; matrix products over shifted copies come close to the speed
 * of its convolution. Which copies are made decides the speed, so there are two ways.
 */
import type * as tf from '@tensorflow/tfjs';
import type { Graph } from '../graph.js';
import { product } from './matmul.js';

type Info = tf.backend_util.Conv2DInfo;

/** From this many pixels on, saving copies is worth more than long matrix products. */
const largePlane = 1024;

/** The filter's gradient as OIHW, from x and dy as NCHW. */
export function lowerFilterGradient(graph: Graph, x: string, dy: string, info: Info): string {
  const { filterHeight, filterWidth, strideHeight, strideWidth, outHeight, outWidth } = info;
  const isUnstrided = strideHeight === 1 && strideWidth === 1;
  const isLarge = outHeight * outWidth >= largePlane || info.batchSize === 1;
  if (filterHeight * filterWidth > 1 && isUnstrided && isLarge) return fromShiftedRows(graph, x, dy, info);
  return fromTaps(graph, x, dy, info);
}

/**
 * Shifts dy by rows (one Concat) and x by columns (one Pad each), so that one product per filter column gives all rows of the
 * filter: as many copies as the filter has rows plus columns, rather than taps.
 */
function fromShiftedRows(graph: Graph, x: string, dy: string, info: Info): string {
  const { batchSize: batch, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const { top, left, bottom, right } = info.padInfo;
  const pixels = (outHeight + filterHeight - 1) * outWidth;
  const gradient = graph.reshape(dy, [batch, outChannels, outHeight * outWidth]);
  const gap = graph.node('ConstantOfShape', [graph.int64s([batch, outChannels, filterHeight * outWidth])]);
  const copies = Array.from({ length: filterHeight }, (_, row) => (row === 0 ? [gradient] : [gap, gradient])).flat();
  const shiftedRows = graph.node('Concat', copies, { axis: 2 });
  const rows = {
    name: graph.reshape(shiftedRows, [batch, outChannels * filterHeight, pixels]),
    rank: 3,
    transposed: false,
  };
  const products = Array.from({ length: filterWidth }, (_, column) => {
    // A negative pad crops.
    const pads = [0, 0, top, left - column, 0, 0, bottom, right - (filterWidth - 1 - column)];
    const shifted = graph.reshape(graph.node('Pad', [x, graph.int64s(pads)]), [batch, inChannels, pixels]);
    return product(graph, rows, { name: shifted, rank: 3, transposed: true }); // [B, O·rows, I]
  });
  const stacked = products.length > 1 ? graph.node('Concat', products, { axis: 1 }) : (products[0] as string);
  const summed = batch > 1 ? graph.node('ReduceSum', [stacked, graph.int64s([0])], { keepdims: 0 }) : stacked;
  const separate = graph.reshape(summed, [filterWidth, outChannels, filterHeight, inChannels]);
  return graph.transpose(separate, [1, 3, 2, 0]); // [O, I, rows, columns]
}

/** One product per tap over the pixels of all images at once. */
function fromTaps(graph: Graph, x: string, dy: string, info: Info): string {
  const { batchSize: batch, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = info;
  const { top, left, bottom, right } = info.padInfo;
  const pixels = batch * outHeight * outWidth;
  const channelsFirst = (image: string) => (batch > 1 ? graph.transpose(image, [1, 0, 2, 3]) : image);
  const gradient = { name: graph.reshape(channelsFirst(dy), [outChannels, pixels]), rank: 2, transposed: false };
  const isPadded = top + left + bottom + right > 0;
  const pads = () => graph.int64s([0, 0, top, left, 0, 0, bottom, right]);
  const source = isPadded ? graph.node('Pad', [channelsFirst(x), pads()]) : channelsFirst(x); // [I, B, H, W]
  const taps: string[] = [];
  for (let row = 0; row < filterHeight; row++) {
    for (let column = 0; column < filterWidth; column++) {
      const seen = graph.reshape(seenByTap(graph, source, row, column, info), [inChannels, pixels]);
      taps.push(product(graph, gradient, { name: seen, rank: 2, transposed: true })); // [O, I]
    }
  }
  if (taps.length === 1) return graph.reshape(taps[0] as string, [outChannels, inChannels, 1, 1]);
  const stacked = graph.reshape(graph.node('Concat', taps, { axis: 0 }), [taps.length, outChannels * inChannels]);
  const shape = [outChannels, inChannels, filterHeight, filterWidth];
  return graph.reshape(graph.transpose(stacked, [1, 0]), shape); // [O, I, rows, columns]
}

/** The pixels of the padded image that one tap of the filter meets. */
function seenByTap(graph: Graph, source: string, row: number, column: number, info: Info): string {
  const { strideHeight, strideWidth, outHeight, outWidth } = info;
  const isWhole = info.filterHeight * info.filterWidth === 1 && strideHeight === 1 && strideWidth === 1;
  if (isWhole) return source;
  return graph.node('Slice', [
    source,
    graph.int64s([row, column]),
    graph.int64s([row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1]),
    graph.int64s([2, 3]),
    graph.int64s([strideHeight, strideWidth]),
  ]);
}
