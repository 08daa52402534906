/**
 * Images whose channels lie in blocks next to each other ([B, C/block, H, W, block], declared as [B, C, H, W]), as ONNX
 * Runtime's fastest convolutions want them. An image that came from blocks is known to have a blocked form, so that what
 * follows need not turn it round again; the form that nobody asks for is never made.
 */
import type { Graph } from './graph.js';

/** Whether images of so many channels can be blocked on this machine. */
export function fitsBlocks({ target: { channelBlock } }: Graph, ...channels: readonly number[]): boolean {
  return channelBlock > 0 && channels.every((count) => count % channelBlock === 0);
}

/** The blocked form of an NCHW image that has one for less than turning it round. */
export const blockedForm = (graph: Graph, image: string): string | undefined => graph.blockedForms.get(image)?.();

/** From NCHW. */
export const toBlocks = (graph: Graph, image: string): string =>
  blockedForm(graph, image) ?? graph.node('microsoft.nchwc:ReorderInput', [image]);

/** To NCHW. */
export function fromBlocks(graph: Graph, image: string, channels: number): string {
  const name = graph.node('microsoft.nchwc:ReorderOutput', [image], { channels });
  graph.blockedForms.set(name, () => image);
  return name;
}

/** Lets `image`, NCHW, be blocked straight from the NHWC image that it was made of. */
export function blocksFromNhwc(graph: Graph, image: string, nhwc: string, channels: number): void {
  if (channels === 0 || !fitsBlocks(graph, channels)) return;
  graph.blockedForms.set(image, () => graph.node('microsoft.nchwc:ReorderInput', [nhwc], { channels_last: 1 }));
}
