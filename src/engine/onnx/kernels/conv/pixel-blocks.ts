/**
 * The gradient of a filter as a blocked convolution: dy is the filter, its rows are the taps, and what the sum runs over, images and
 * columns of pixels, stands where channels do. Half as much time again goes into a matrix product of these sizes.
 */
import { fitsBlocks, toBlocks } from '../../graph/blocks.js';
import type { Graph } from '../../graph/graph.js';
import { blockedConv } from './blocked.js';
import type { Geometry } from './conv-geometry.js';

/** Whether columns of pixels, as channels do, come in whole blocks. */
export const fitsPixelBlocks = (graph: Graph, { inChannels, outChannels, outWidth }: Geometry): boolean =>
  fitsBlocks(graph, inChannels, outChannels, outWidth);

/**
 * Of a filter that moves one pixel at a time, [rows, columns, I, O].
 *
 * @param x NCHW; so is `dy`
 */
export function fromPixelBlocks(graph: Graph, x: string, dy: string, geometry: Geometry): string {
  const { batchSize: batch, inChannels, outChannels, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const { top, bottom } = geometry.padInfo;
  const block = graph.target.channelBlock;
  const [outBlocks, widthBlocks] = [outChannels / block, outWidth / block];
  const image = graph.node('microsoft.nchwc:ReorderOutput', [toBlocks(graph, x)], {
    channels: inChannels,
    channels_last: 1,
  });
  const blocksOfGradient = [batch, outBlocks, outHeight, widthBlocks, block * block];
  const gradient = graph.transpose(graph.reshape(toBlocks(graph, dy), blocksOfGradient), [1, 0, 3, 2, 4]);
  const taps = graph.reshape(gradient, [outChannels, batch * outWidth, outHeight, 1]);
  const columns = Array.from({ length: filterWidth }, (_, column) =>
    blockedConv(graph, [columnsAsChannels(graph, image, column, geometry), taps], {
      kernel_shape: [outHeight, 1],
      pads: [top, 0, bottom, 0],
    }),
  );
  const shape = [filterWidth, outBlocks, filterHeight, inChannels, block];
  const gradients = graph.transpose(graph.reshape(graph.concat(columns, 0), shape), [2, 0, 3, 1, 4]);
  return graph.reshape(gradients, [filterHeight, filterWidth, inChannels, outChannels]);
}

/**
 * The part of an image that one column of the filter meets, in blocks along its width: [1, B·W, H, I] of [B, W/block, H, I, block].
 *
 * @param image NHWC
 */
function columnsAsChannels(graph: Graph, image: string, column: number, geometry: Geometry): string {
  const { batchSize: batch, inChannels, inHeight, outWidth, filterWidth } = geometry;
  const { left, right } = geometry.padInfo;
  const block = graph.target.channelBlock;
  // A negative pad crops.
  const pads = [0, 0, left - column, 0, 0, 0, right - (filterWidth - 1 - column), 0];
  const seen = graph.reshape(graph.node('Pad', [image, graph.int64s(pads)]), [
    batch * inHeight,
    outWidth,
    inChannels,
    1,
  ]);
  const byRow = graph.node('microsoft.nchwc:ReorderInput', [seen]);
  const shape = [batch, inHeight, outWidth / block, inChannels, block];
  const byImage = outWidth > block ? graph.transpose(graph.reshape(byRow, shape), [0, 2, 1, 3, 4]) : byRow;
  return graph.reshape(byImage, [1, batch * outWidth, inHeight, inChannels]);
}
