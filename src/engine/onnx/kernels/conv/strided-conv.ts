/**
 * The gradient of the input of a convolution with stride two, phase by phase: the pixels of even (or odd) row and column meet
 * only every second tap of the filter, so that each phase is a small convolution of dy.
 */
import { fitsBlocks, fromBlocks, toBlocks } from '../../graph/blocks.js';
import type { Graph } from '../../graph/graph.js';
import { asNchw, type GraphValue } from '../../graph/value.js';
import { blockedConv, blockedFilter, turnedFilter } from './blocked.js';
import type { Geometry } from './conv-geometry.js';
import { sizeOf, swapped } from './convolve.js';
import { eachPhase, joinPhases } from './phases.js';

/** Whether a stride of two meets each phase of an image of even size at as many pixels as the phase has. */
export function hasEvenPhases(graph: Graph, geometry: Geometry): boolean {
  const { strideHeight, strideWidth, inHeight, inWidth, outHeight, outWidth, filterHeight, filterWidth } = geometry;
  const { top, left } = geometry.padInfo;
  return (
    fitsBlocks(graph, geometry.inChannels, geometry.outChannels) &&
    [strideHeight, strideWidth].every((stride) => stride === 2) &&
    [filterHeight, filterWidth].every((taps) => taps === 3) &&
    [top, left].every((padding) => padding === 0 || padding === 1) &&
    inHeight === 2 * outHeight &&
    inWidth === 2 * outWidth
  );
}

/**
 * What the phase of this parity reads along one axis: dx[2i + parity] is the sum of filter[tap] · dy[i + offset] with
 * 2 · offset = parity + padding - tap.
 */
function readBy(parity: 0 | 1, padding: number) {
  const taps = [2, 1, 0].filter((tap) => (parity + padding - tap) % 2 === 0);
  const offsets = taps.map((tap) => (parity + padding - tap) / 2);
  return { taps, before: -Math.min(0, ...offsets), after: Math.max(0, ...offsets) };
}

/** NCHW; for convolutions with `hasEvenPhases`. */
export function lowerStridedInputGradient(
  graph: Graph,
  dy: GraphValue,
  filter: GraphValue,
  geometry: Geometry,
): string {
  const { batchSize: batch, inChannels, outHeight: height, outWidth: width } = geometry;
  const { top, left } = geometry.padInfo;
  const size = sizeOf(filter);
  const turned = graph.reshape(turnedFilter(graph, filter.logical(), size), [9, size.outChannels, size.inChannels]);
  const gradient = toBlocks(graph, asNchw(dy));
  const phases = eachPhase((row, column) => {
    const [down, across] = [readBy(row, top), readBy(column, left)];
    const kernel = [down.taps.length, across.taps.length] as const;
    // Tap t of the filter is tap 8 - t of the turned one.
    const chosen = down.taps.flatMap((r) => across.taps.map((c) => 8 - (3 * r + c)));
    const taps = graph.node('Gather', [turned, graph.int64s(chosen)], { axis: 0 });
    return blockedConv(graph, [gradient, blockedFilter(graph, taps, { ...swapped(size), kernel })], {
      kernel_shape: kernel,
      pads: [down.before, across.before, down.after, across.after],
    });
  });
  const joined = joinPhases(graph, phases, { batch, channels: inChannels, height, width });
  return fromBlocks(graph, joined, inChannels);
}
