/** Normalisation: tfjs' batch norm, and group norm with SiLU as kernels of our own. */
import type { Graph } from '../graph.js';
import type { TensorMeta } from '../trace.js';
import { asNchw, fromNchw, GraphValue } from '../value.js';
import { defineKernel, elementwise, floatOnly, type KernelSpec, sameAsFirst } from './kernel.js';

const batchNorm = defineKernel<{ varianceEpsilon: number }>({
  name: 'FusedBatchNorm',
  inputs: ['x', 'mean', 'variance', 'offset?', 'scale?'],
  dtypes: floatOnly,
  infer: sameAsFirst,
  lower({ graph, inputs: [x, mean, variance, offset, scale], attributes, outputs: [output] }) {
    const epsilon = graph.scalar(attributes.varianceEpsilon);
    const slope = elementwise(graph, [variance!, ...(scale ? [scale] : [])], variance!.meta, ([spread, factor]) => {
      const inverted = graph.node('Reciprocal', [graph.node('Sqrt', [graph.node('Add', [spread!, epsilon])])]);
      return factor ? graph.node('Mul', [inverted, factor]) : inverted;
    });
    const operands = [x!, mean!, slope, ...(offset ? [offset] : [])];
    const emit = ([image, center, factor, shift]: string[]) => {
      const scaled = graph.node('Mul', [graph.node('Sub', [image!, center!]), factor!]);
      return shift ? graph.node('Add', [scaled, shift]) : scaled;
    };
    return [elementwise(graph, operands, output!, emit)];
  },
});

export interface GroupNormAttributes {
  groups: number;
  epsilon: number;
  /** Applies SiLU to the result. */
  silu: boolean;
}

interface Plane {
  readonly batch: number;
  readonly groups: number;
  readonly channels: number;
  readonly pixels: number;
}

function planeOf({ shape }: TensorMeta, groups: number): Plane {
  const [batch, height, width, channels] = shape as [number, number, number, number];
  return { batch, groups, channels, pixels: height * width };
}

/** Per-image, per-channel factors a and b such that the normalised image is a·x + b, each [B, C, 1]. */
function affine(graph: Graph, { batch, groups, channels }: Plane, { mean, inverse, scale, offset }: NormOperands) {
  const perGroup = (name: string) => graph.reshape(name, [1, groups, channels / groups]);
  const slope = graph.node('Mul', [inverse, perGroup(scale)]); // [B, G, C/G]
  const shift = graph.node('Sub', [perGroup(offset), graph.node('Mul', [mean, slope])]); // [B, G, C/G]
  const perChannel = (name: string) => graph.reshape(name, [batch, channels, 1]);
  return { slope: perChannel(slope), shift: perChannel(shift) };
}

interface NormOperands {
  /** [B, G, 1] */
  readonly mean: string;
  readonly inverse: string;
  /** [C] */
  readonly scale: string;
  readonly offset: string;
}

/**
 * Group normalisation (Wu & He, arXiv 1803.08494), followed by SiLU if asked: statistics first, then one affine map per
 * image and channel. Also returns mean and inverse deviation [B, G] for the backward pass.
 */
const groupNorm = defineKernel<GroupNormAttributes>({
  name: 'GroupNorm',
  inputs: ['x', 'scale', 'offset'],
  dtypes: floatOnly,
  infer([x], { groups }) {
    const statistics = { shape: [x!.shape[0]!, groups], dtype: 'float32' } as const;
    return [x!, statistics, statistics];
  },
  lower({ graph, inputs: [x, scale, offset], metas: [meta], attributes, outputs }) {
    const plane = planeOf(meta!, attributes.groups);
    const { batch, groups, channels, pixels } = plane;
    const grouped = graph.reshape(asNchw(x!), [batch, groups, (channels / groups) * pixels]);
    const mean = graph.node('ReduceMean', [grouped, graph.int64s([2])], { keepdims: 1 }); // [B, G, 1]
    const centered = graph.node('Sub', [grouped, mean]);
    const squares = graph.node('ReduceSumSquare', [centered, graph.int64s([2])], { keepdims: 1 });
    const count = graph.scalar((channels / groups) * pixels);
    const variance = graph.node('Add', [graph.node('Div', [squares, count]), graph.scalar(attributes.epsilon)]);
    const inverse = graph.node('Reciprocal', [graph.node('Sqrt', [variance])]); // [B, G, 1]
    const operands = { mean, inverse, scale: scale!.logical(), offset: offset!.logical() };
    const { slope, shift } = affine(graph, plane, operands);
    const image = graph.reshape(asNchw(x!), [batch, channels, pixels]);
    const normalized = graph.node('Add', [graph.node('Mul', [image, slope]), shift]);
    const activated = attributes.silu ? lowerSilu(graph, normalized) : normalized;
    const [, height, width] = meta!.shape as [number, number, number, number];
    return [
      fromNchw(graph, outputs[0]!, graph.reshape(activated, [batch, channels, height, width])),
      GraphValue.of(graph, outputs[1]!, graph.reshape(mean, [batch, groups])),
      GraphValue.of(graph, outputs[2]!, graph.reshape(inverse, [batch, groups])),
    ];
  },
});

/** x·sigmoid(x) */
function lowerSilu(graph: Graph, x: string): string {
  if (graph.target === 'fast') return graph.node('microsoft:QuickGelu', [x], { alpha: { float: 1 } });
  return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
}

/** The gradient of SiLU, s·(1 + x - x·s) with s = sigmoid(x), times `dy`. */
function lowerSiluGradient(graph: Graph, dy: string, x: string): string {
  const sigmoid = graph.node('Sigmoid', [x]);
  const complement = graph.node('Sub', [x, graph.node('Mul', [x, sigmoid])]);
  const slope = graph.node('Mul', [sigmoid, graph.node('Add', [complement, graph.scalar(1)])]);
  return graph.node('Mul', [dy, slope]);
}

/**
 * With x̂ the normalised input and g = dy·scale, dx = inverse·(g - mean(g) - x̂·mean(g·x̂)), means over a group. The sums
 * per channel that the scale's and the offset's gradients need also give those means.
 */
const groupNormGradient = defineKernel<GroupNormAttributes>({
  name: 'GroupNormGrad',
  inputs: ['dy', 'x', 'scale', 'offset', 'mean', 'inverse'],
  dtypes: floatOnly,
  infer: ([, x, scale]) => [x!, scale!, scale!],
  lower({ graph, inputs, metas, attributes, outputs }) {
    const [dy, x, scale, offset, mean, inverse] = inputs as GraphValue[];
    const plane = planeOf(metas[1]!, attributes.groups);
    const { batch, groups, channels, pixels } = plane;
    const perGroup = channels / groups;
    const image = graph.reshape(asNchw(x!), [batch, channels, pixels]);
    const operands = {
      mean: graph.reshape(mean!.logical(), [batch, groups, 1]),
      inverse: graph.reshape(inverse!.logical(), [batch, groups, 1]),
      scale: scale!.logical(),
      offset: offset!.logical(),
    };
    const { slope, shift } = affine(graph, plane, operands);
    const incoming = graph.reshape(asNchw(dy!), [batch, channels, pixels]);
    const gradient = attributes.silu
      ? lowerSiluGradient(graph, incoming, graph.node('Add', [graph.node('Mul', [image, slope]), shift]))
      : incoming;
    const sum = (name: string, axis: number) => graph.node('ReduceSum', [name, graph.int64s([axis])], { keepdims: 1 });
    const sumDy = sum(gradient, 2); // [B, C, 1]
    const sumDyX = sum(graph.node('Mul', [gradient, image]), 2); // [B, C, 1]
    const toGroups = (name: string) => graph.reshape(name, [batch, groups, perGroup]);
    // Σ dy·x̂ = inverse·(Σ dy·x - mean·Σ dy)
    const offsetSums = toGroups(sumDy); // [B, G, C/G]
    const centeredSums = graph.node('Sub', [toGroups(sumDyX), graph.node('Mul', [operands.mean, offsetSums])]);
    const scaleSums = graph.node('Mul', [centeredSums, operands.inverse]); // [B, G, C/G]
    const factors = graph.reshape(operands.scale, [1, groups, perGroup]);
    const count = graph.scalar(perGroup * pixels);
    const average = (sums: string) => graph.node('Div', [sum(graph.node('Mul', [sums, factors]), 2), count]); // [B, G, 1]
    const [meanG, meanGx] = [average(offsetSums), average(scaleSums)];
    // dx = slope·dy + (-inverse²·mean(g·x̂))·x + inverse·(inverse·mean·mean(g·x̂) - mean(g))
    const curvature = graph.node('Neg', [
      graph.node('Mul', [graph.node('Mul', [operands.inverse, operands.inverse]), meanGx]),
    ]); // [B, G, 1]
    const constant = graph.node('Sub', [
      graph.node('Neg', [graph.node('Mul', [curvature, operands.mean])]),
      graph.node('Mul', [operands.inverse, meanG]),
    ]); // [B, G, 1]
    const grouped = graph.reshape(asNchw(x!), [batch, groups, perGroup * pixels]);
    const linear = graph.node('Add', [graph.node('Mul', [grouped, curvature]), constant]);
    const scaled = graph.node('Mul', [gradient, slope]);
    const [, height, width] = metas[1]!.shape as [number, number, number, number];
    const dx = graph.node('Add', [
      graph.reshape(scaled, [batch, channels, height, width]),
      graph.reshape(linear, [batch, channels, height, width]),
    ]);
    const overBatch = (sums: string) => graph.reshape(sum(sums, 0), [channels]);
    return [
      fromNchw(graph, outputs[0]!, dx),
      GraphValue.of(graph, outputs[1]!, overBatch(scaleSums)),
      GraphValue.of(graph, outputs[2]!, overBatch(offsetSums)),
    ];
  },
});

const silu = defineKernel({
  name: 'Silu',
  inputs: ['x'],
  dtypes: floatOnly,
  infer: sameAsFirst,
  lower: ({ graph, inputs: [x], outputs: [output] }) => [
    elementwise(graph, [x!], output!, ([name]) => lowerSilu(graph, name!)),
  ],
});

const siluGradient = defineKernel({
  name: 'SiluGrad',
  inputs: ['dy', 'x'],
  dtypes: floatOnly,
  infer: sameAsFirst,
  lower: ({ graph, inputs: [dy, x], outputs: [output] }) => [
    elementwise(graph, [dy!, x!], output!, ([gradient, name]) => lowerSiluGradient(graph, gradient!, name!)),
  ],
});

export const normKernels: readonly KernelSpec[] = [batchNorm, groupNorm, groupNormGradient, silu, siluGradient];
