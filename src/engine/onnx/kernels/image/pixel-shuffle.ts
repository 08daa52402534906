/**
 * Channels into space and back, in the channel order of PyTorch's pixel_shuffle (ONNX: DepthToSpace, mode CRD). ONNX Runtime has operators
 * for it on a processor, two to five times as fast as its Transpose of six axes, but not both of them elsewhere (WebGPU).
 */
import { asNchw, fromNchw } from '../../graph/value.js';
import { defineKernel, floatOnly, type KernelSpec } from '../kernel.js';

interface PixelShuffleAttributes {
  factor: number;
}

type ImageShape = [batch: number, height: number, width: number, channels: number];

const pixelShuffle = defineKernel<PixelShuffleAttributes>({
  name: 'PixelShuffle',
  inputs: ['x'],
  dtypes: floatOnly,
  infer([x], { factor }) {
    const [batch, height, width, channels] = x!.shape as ImageShape;
    return [{ shape: [batch, height * factor, width * factor, channels / factor ** 2], dtype: 'float32' }];
  },
  lower({ graph, inputs: [x], metas: [meta], attributes: { factor }, outputs: [output] }) {
    if (graph.target.ownOperators) {
      return [fromNchw(graph, output!, graph.node('DepthToSpace', [asNchw(x!)], { blocksize: factor, mode: 'CRD' }))];
    }
    const [batch, height, width, channels] = meta!.shape as ImageShape;
    const wide = channels / factor ** 2;
    const apart = graph.reshape(asNchw(x!), [batch, wide, factor, factor, height, width]);
    const woven = graph.transpose(apart, [0, 1, 4, 2, 5, 3]); // [B, C, h, r, w, r]
    return [fromNchw(graph, output!, graph.reshape(woven, [batch, wide, height * factor, width * factor]))];
  },
});

const pixelUnshuffle = defineKernel<PixelShuffleAttributes>({
  name: 'PixelUnshuffle',
  inputs: ['x'],
  dtypes: floatOnly,
  infer([x], { factor }) {
    const [batch, height, width, channels] = x!.shape as ImageShape;
    return [{ shape: [batch, height / factor, width / factor, channels * factor ** 2], dtype: 'float32' }];
  },
  lower({ graph, inputs: [x], metas: [meta], attributes: { factor }, outputs: [output] }) {
    const [batch, height, width, channels] = meta!.shape as ImageShape;
    if (graph.target.ownOperators) {
      const apart = graph.node('SpaceToDepth', [asNchw(x!)], { blocksize: factor }); // [B, r·r·C, h, w]
      const order = graph.int64s(channelsTogether(channels, factor ** 2));
      return [fromNchw(graph, output!, graph.node('Gather', [apart, order], { axis: 1 }))];
    }
    const [low, narrow] = [height / factor, width / factor];
    const woven = graph.reshape(asNchw(x!), [batch, channels, low, factor, narrow, factor]);
    const apart = graph.transpose(woven, [0, 1, 3, 5, 2, 4]); // [B, C, r, r, h, w]
    return [fromNchw(graph, output!, graph.reshape(apart, [batch, channels * factor ** 2, low, narrow]))];
  },
});

/** Where each channel of [C, phases] stands among [phases, C]. */
const channelsTogether = (channels: number, phases: number): number[] =>
  Array.from({ length: channels * phases }, (_, place) => (place % phases) * channels + Math.floor(place / phases));

export const pixelShuffleKernels: readonly KernelSpec[] = [pixelShuffle, pixelUnshuffle];
