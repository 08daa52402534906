/** Which pixels of an image each tap of a filter meets, as shifted copies of that image. */
import { fromBlocks, toBlocks } from '../../graph/blocks.js';
import type { Graph } from '../../graph/graph.js';

import type { Geometry } from './conv-geometry.js';
import { eachPhase, splitPhases } from './phases.js';
import { hasEvenPhases } from './strided-conv.js';

/** [B, C, H, W] -> [C, B, H, W] */
export const channelsFirst = (graph: Graph, image: string, batch: number): string =>
  batch > 1 ? graph.transpose(image, [1, 0, 2, 3]) : image;

/** The pixels that a tap meets, [I, B, H, W]. */
type Taps = (row: number, column: number) => string;

/** @param x NCHW */
export function pixelsSeen(graph: Graph, x: string, geometry: Geometry): Taps {
  return hasEvenPhases(graph, geometry) ? tapsOfPhases(graph, x, geometry) : tapsOfImage(graph, x, geometry);
}

function tapsOfImage(graph: Graph, x: string, geometry: Geometry): Taps {
  const { strideHeight, strideWidth, outHeight, outWidth, batchSize } = geometry;
  const { top, left, bottom, right } = geometry.padInfo;
  const isPadded = top + left + bottom + right > 0;
  const pads = () => graph.int64s([0, 0, top, left, 0, 0, bottom, right]);
  const image = channelsFirst(graph, x, batchSize);
  const source = isPadded ? graph.node('Pad', [image, pads()]) : image; // [I, B, H, W]
  const isWhole = geometry.filterHeight * geometry.filterWidth === 1 && strideHeight === 1 && strideWidth === 1;
  if (isWhole) return () => source;
  const keepsSize = outHeight === geometry.inHeight && outWidth === geometry.inWidth;
  return (row, column) => {
    // The middle tap meets the image as it is.
    if (keepsSize && row === top && column === left) return image;
    return graph.node('Slice', [
      source,
      graph.int64s([row, column]),
      graph.int64s([row + (outHeight - 1) * strideHeight + 1, column + (outWidth - 1) * strideWidth + 1]),
      graph.int64s([2, 3]),
      graph.int64s([strideHeight, strideWidth]),
    ]);
  };
}

/** With stride two: picking every second pixel of a whole image is slow, unless channels move in blocks. */
function tapsOfPhases(graph: Graph, x: string, geometry: Geometry): Taps {
  const { batchSize: batch, inChannels: channels, outHeight: height, outWidth: width } = geometry;
  const { top, left } = geometry.padInfo;
  const phases = splitPhases(graph, toBlocks(graph, x), { batch, channels, height, width });
  const padded = eachPhase((row, column) => {
    const image = channelsFirst(graph, fromBlocks(graph, phases[row]![column]!, channels), batch);
    return graph.node('Pad', [image, graph.int64s([0, 0, 1, 1, 0, 0, 1, 1])]);
  });
  return (row, column) => {
    const [down, across] = [row - top, column - left];
    const first = [1 + Math.floor(down / 2), 1 + Math.floor(across / 2)];
    const last = [first[0]! + height, first[1]! + width];
    const source = padded[Math.abs(down % 2)]![Math.abs(across % 2)]!;
    return graph.node('Slice', [source, graph.int64s(first), graph.int64s(last), graph.int64s([2, 3])]);
  };
}
