/**
 * Layers of the autoencoders as nodes of a standalone ONNX graph. A traced graph has the sizes it was traced with; here batch,
 * height and width stay open. Images are NCHW inside, and only ONNX's own operators are used.
 */
import { Graph, plainTarget } from '../../engine/onnx/graph/graph.js';
import { float } from '../../engine/onnx/graph/model.js';
import { toTorchLayout, toTorchShape } from '../layouts.js';
import { attend } from './attention.js';

/** Elements of a parameter, in tfjs' layout. */
export interface Weight {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** All parameters of a network by name. */
export type Weights = ReadonlyMap<string, Weight>;

export interface ConvOptions {
  /** Of channels that see each other alone. Default 1. */
  readonly groups?: number;
  /** Default 1. */
  readonly stride?: number;
  /** Top, left, bottom, right. Default: as many as keep the size at stride 1. */
  readonly pads?: readonly [number, number, number, number];
}

export interface NormOptions {
  readonly groups: number;
  readonly epsilon: number;
}

/** Appends layers to a graph: each takes the name of a value and returns that of its result. */
export interface LayerWriter {
  readonly graph: Graph;
  /** Whether the network has a parameter of this name. */
  has(name: string): boolean;
  /** Of a parameter, in tfjs' layout. */
  shapeOf(name: string): readonly number[];
  /** A parameter as it is. */
  constant(name: string): string;
  /** With a bias where there is one. */
  conv(name: string, x: string, options?: ConvOptions): string;
  /** The last axis: [..., in] -> [..., out]. */
  dense(name: string, x: string): string;
  groupNorm(name: string, x: string, options: NormOptions): string;
  silu(x: string): string;
  relu(x: string): string;
  add(a: string, b: string): string;
  /** softmax(QKᵀ / √C) V over [B, N, C] each. */
  attend(query: string, key: string, value: string, channels: number): string;
  /** Means of neighbouring channels, so that `channels` are left. */
  channelMeans(x: string, channels: number): string;
  /** The channels of these numbers, one after the other. */
  channels(x: string, numbers: readonly number[]): string;
  /** `x · factor + shift` */
  affine(x: string, factor: number, shift: number): string;
  upsampleNearest2x(x: string): string;
  /** Squares of `factor`² px become the channels of one position, in the order of the engine's `pixelUnshuffle`. */
  pixelUnshuffle(x: string, factor: number, channels: number): string;
  /** Back again. */
  pixelShuffle(x: string, factor: number): string;
}

/** The part of a convolution over frames [T, kh, kw, in, out] that one frame is convolved with, as it is in memory. */
function ofLastFrame({ shape, data }: Weight): Weight {
  if (shape.length !== 5) return { shape, data };
  return { shape: shape.slice(1), data: data.subarray(data.length - data.length / (shape[0] as number)) };
}

/** @param mostScores of an attention that are there at once; other readers of ONNX files are spared the loop that this takes */
export function createLayerWriter(weights: Weights, mostScores = Number.POSITIVE_INFINITY): LayerWriter {
  const graph = new Graph(plainTarget);
  const find = (name: string): Weight => {
    const weight = weights.get(name);
    if (!weight) throw new Error(`The network has no parameter ${name}`);
    return weight;
  };
  const has = (name: string) => weights.has(name);
  const constant = (name: string, shape = find(name).shape) => graph.weights('float32', shape, find(name).data, name);
  const bias = (name: string) => (has(`${name}.bias`) ? [constant(`${name}.bias`)] : []);
  const multiply = (a: string, b: string) => graph.node('Mul', [a, b]);
  const add = (a: string, b: string) => graph.node('Add', [a, b]);

  return {
    graph,
    has,
    shapeOf: (name) => find(name).shape,
    constant: (name) => constant(name),
    add,
    conv(name, x, { stride = 1, pads, groups = 1 }: ConvOptions = {}) {
      const key = `${name}.weight`;
      const { shape, data } = ofLastFrame(find(key));
      const [height = 1, width = 1] = shape;
      const [above, before] = [(height - 1) / 2, (width - 1) / 2];
      const filter = graph.weights('float32', toTorchShape(shape), toTorchLayout(data, shape), key);
      return graph.node('Conv', [x, filter, ...bias(name)], {
        kernel_shape: [height, width],
        strides: [stride, stride],
        pads: pads ?? [above, before, above, before],
        ...(groups > 1 && { group: groups }),
      });
    },
    dense(name, x) {
      const product = graph.node('MatMul', [x, constant(`${name}.weight`)]);
      return bias(name).reduce(add, product);
    },
    groupNorm(name, x, { groups, epsilon }) {
      const perChannel = (part: string) => constant(`${name}.${part}`, [...find(`${name}.${part}`).shape, 1, 1]);
      const grouped = graph.reshape(x, [0, groups, -1]); // [B, G, C/G·H·W]
      const unit = (value: number) => graph.constant('float32', [groups], new Float32Array(groups).fill(value));
      const operands = [grouped, unit(1), unit(0)];
      const normalized = graph.node('InstanceNormalization', operands, { epsilon: float(epsilon) });
      const restored = graph.node('Reshape', [normalized, graph.node('Shape', [x])]); // [B, C, H, W]
      return add(multiply(restored, perChannel('weight')), perChannel('bias'));
    },
    silu: (x) => multiply(x, graph.node('Sigmoid', [x])),
    relu: (x) => graph.node('Relu', [x]),
    attend: (query, key, value, channels) => attend(graph, [query, key, value], channels, mostScores),
    channelMeans(x, channels) {
      const [batch, , height, width] = graph.multiple('Split', [graph.node('Shape', [x])], 4, {
        num_outputs: 4,
      }) as string[];
      const target = [batch, graph.int64s([channels, -1]), height, width] as string[];
      const grouped = graph.node('Reshape', [x, graph.node('Concat', target, { axis: 0 })]); // [B, C, group, h, w]
      return graph.node('ReduceMean', [grouped, graph.int64s([2])], { keepdims: 0 });
    },
    channels: (x, numbers) => graph.node('Gather', [x, graph.int64s([...numbers])], { axis: 1 }),
    affine: (x, factor, shift) => add(multiply(x, graph.scalar(factor)), graph.scalar(shift)),
    upsampleNearest2x(x) {
      const scales = graph.constant('float32', [4], Float32Array.of(1, 1, 2, 2));
      const attributes = { mode: 'nearest', coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' };
      return graph.node('Resize', [x, '', scales], attributes); // [B, C, 2H, 2W]
    },
    pixelUnshuffle(x, factor, channels) {
      const area = factor ** 2;
      // ONNX puts the place in the square before the channel.
      const inOrder = Array.from({ length: channels * area }, (_, index) => {
        return (index % area) * channels + Math.floor(index / area);
      });
      const squares = graph.node('SpaceToDepth', [x], { blocksize: factor });
      return graph.node('Gather', [squares, graph.int64s(inOrder)], { axis: 1 }); // [B, C·factor², H/factor, W/factor]
    },
    pixelShuffle: (x, factor) => graph.node('DepthToSpace', [x], { blocksize: factor, mode: 'CRD' }),
  };
}
