/** Group normalisation (Wu & He, arXiv 1803.08494) and SiLU, forward and backward, in few passes over memory. */
import type { Graph } from '../graph/graph.js';
import { asNchw, fromNchw, GraphValue } from '../graph/value.js';
import { affinePlanes, dotRows, type Planes, planesOf, sumRows } from './conv/planes.js';
import { defineKernel, elementwise, floatOnly, type KernelSpec, sameAsFirst } from './kernel.js';

export interface GroupNormAttributes {
  groups: number;
  epsilon: number;
  /** Applies SiLU to the result. */
  silu: boolean;
}

/** Mean and inverse deviation of every group, [B·G, 1] each. */
function statistics(graph: Graph, x: string, planes: Planes, { groups, epsilon }: GroupNormAttributes) {
  const { batch, channels, height, width } = planes;
  const [rows, columns] = [batch * groups, (channels / groups) * height * width];
  const share = graph.scalar(1 / columns);
  const mean = graph.node('Mul', [sumRows(graph, x, rows, columns), share]);
  const meanSquare = graph.node('Mul', [dotRows(graph, x, x, rows, columns), share]);
  const variance = graph.node('Sub', [meanSquare, graph.node('Mul', [mean, mean])]);
  // Rounding may leave a variance of nothing a little below zero.
  const spread = graph.node('Add', [graph.node('Relu', [variance]), graph.scalar(epsilon)]);
  return { mean, inverse: graph.node('Reciprocal', [graph.node('Sqrt', [spread])]) };
}

interface Normalization {
  /** [B·G, 1] */
  readonly mean: string;
  readonly inverse: string;
  /** [C] */
  readonly scale: string;
  readonly offset: string;
}

/** The normalised image is slope·x + shift, [B, G, C/G] each. */
function affine(graph: Graph, { batch, channels }: Planes, groups: number, normalization: Normalization) {
  const perChannel = (name: string) => graph.reshape(name, [1, groups, channels / groups]);
  const perGroup = (name: string) => graph.reshape(name, [batch, groups, 1]);
  const { mean, inverse, scale, offset } = normalization;
  const slope = graph.node('Mul', [perGroup(inverse), perChannel(scale)]);
  const shift = graph.node('Sub', [perChannel(offset), graph.node('Mul', [perGroup(mean), slope])]);
  return { slope, shift };
}

const groupNorm = defineKernel<GroupNormAttributes>({
  name: 'GroupNorm',
  inputs: ['x', 'scale', 'offset'],
  dtypes: floatOnly,
  infer([x], { groups }) {
    const perGroup = { shape: [x!.shape[0]! * groups, 1], dtype: 'float32' } as const;
    return [x!, perGroup, perGroup];
  },
  lower({ graph, inputs: [image, scale, offset], metas: [meta], attributes, outputs }) {
    const planes = planesOf(meta!);
    const x = asNchw(image!);
    const { mean, inverse } = statistics(graph, x, planes, attributes);
    const normalization = { mean, inverse, scale: scale!.logical(), offset: offset!.logical() };
    const normalized = affinePlanes(graph, planes, { x, ...affine(graph, planes, attributes.groups, normalization) });
    return [
      fromNchw(graph, outputs[0]!, attributes.silu ? lowerSilu(graph, normalized) : normalized),
      GraphValue.of(graph, outputs[1]!, mean),
      GraphValue.of(graph, outputs[2]!, inverse),
    ];
  },
});

/**
 * With x̂ the normalised input and g = dy·scale, dx = inverse·(g - mean(g) - x̂·mean(g·x̂)), means over a group. Written as
 * slope·dy + curvature·x + constant it needs two passes, and the sums over planes give all the rest.
 */
const groupNormGradient = defineKernel<GroupNormAttributes>({
  name: 'GroupNormGrad',
  inputs: ['dy', 'x', 'scale', 'offset', 'mean', 'inverse'],
  dtypes: floatOnly,
  infer: ([, x, scale]) => [x!, scale!, scale!],
  lower({ graph, inputs, metas, attributes, outputs }) {
    const [dy, image, scale, offset, mean, inverse] = inputs as GraphValue[];
    const planes = planesOf(metas[1]!);
    const { groups } = attributes;
    const { batch, channels, height, width } = planes;
    const perGroup = channels / groups;
    const normalization = {
      mean: mean!.logical(),
      inverse: inverse!.logical(),
      scale: scale!.logical(),
      offset: offset!.logical(),
    };
    const x = asNchw(image!);
    const { slope, shift } = affine(graph, planes, groups, normalization);
    const negative = attributes.silu;
    const gradient = negative ? negativeSiluGradient(graph, planes, { dy: asNchw(dy!), x, slope, shift }) : asNchw(dy!);
    const toGroups = (name: string) => graph.reshape(name, [batch, groups, perGroup]);
    const [center, scaling] = [normalization.mean, normalization.inverse].map((name) =>
      graph.reshape(name, [batch, groups, 1]),
    ) as [string, string];
    const sums = toGroups(sumRows(graph, gradient, batch * channels, height * width)); // Σ dy, [B, G, C/G]
    const products = toGroups(dotRows(graph, gradient, x, batch * channels, height * width)); // Σ dy·x
    // Σ dy·x̂ = inverse·(Σ dy·x - mean·Σ dy)
    const centered = graph.node('Sub', [products, graph.node('Mul', [center, sums])]);
    const normalizedProducts = graph.node('Mul', [centered, scaling]); // [B, G, C/G]
    const factors = graph.reshape(normalization.scale, [groups, perGroup]);
    const share = graph.scalar(1 / (perGroup * height * width));
    const groupMean = (name: string) => {
      const weighted = graph.node('Mul', [name, factors]);
      const total = graph.node('ReduceSum', [weighted, graph.int64s([2])], { keepdims: 1 });
      return graph.node('Mul', [total, share]); // [B, G, 1]
    };
    const curvature = graph.node('Mul', [
      graph.node('Mul', [scaling, scaling]),
      graph.node('Neg', [groupMean(normalizedProducts)]),
    ]); // [B, G, 1]
    const constant = graph.node('Neg', [
      graph.node('Add', [graph.node('Mul', [curvature, center]), graph.node('Mul', [scaling, groupMean(sums)])]),
    ]); // [B, G, 1]
    const sign = (name: string) => (negative ? graph.node('Neg', [name]) : name);
    const toPlanes = (name: string) => graph.node('Expand', [sign(name), graph.int64s([batch, groups, perGroup])]);
    const zero = graph.node('ConstantOfShape', [graph.int64s([batch * channels])]);
    const fromX = affinePlanes(graph, planes, { x, slope: toPlanes(curvature), shift: toPlanes(constant) });
    const dx = affinePlanes(graph, planes, { x: gradient, slope: sign(slope), shift: zero, addend: fromX });
    const overBatch = (name: string) => {
      const total = graph.node('ReduceSum', [name, graph.int64s([0])], { keepdims: 0 });
      return graph.reshape(sign(total), [channels]);
    };
    return [
      fromNchw(graph, outputs[0]!, dx),
      GraphValue.of(graph, outputs[1]!, overBatch(normalizedProducts)),
      GraphValue.of(graph, outputs[2]!, overBatch(sums)),
    ];
  },
});

/**
 * -dy·silu'(z) with z = slope·x + shift. silu'(z) = s·(1 + z - y) for s = sigmoid(z) and y = z·s; the sign spares a pass,
 * because y - z - 1 is an affine map of x with y added.
 */
function negativeSiluGradient(
  graph: Graph,
  planes: Planes,
  { dy, x, slope, shift }: { dy: string; x: string; slope: string; shift: string },
): string {
  const z = affinePlanes(graph, planes, { x, slope, shift });
  const negativeSlope = graph.node('Neg', [slope]);
  const negativeShift = graph.node('Sub', [graph.scalar(-1), shift]);
  const rest = { x, slope: negativeSlope, shift: negativeShift, addend: lowerSilu(graph, z) };
  const negativeRise = graph.node('Mul', [graph.node('Sigmoid', [z]), affinePlanes(graph, planes, rest)]);
  return graph.node('Mul', [dy, negativeRise]);
}

/** x·sigmoid(x) */
function lowerSilu(graph: Graph, x: string): string {
  if (graph.target.ownOperators) return graph.node('microsoft:QuickGelu', [x], { alpha: { float: 1 } });
  return graph.node('Mul', [x, graph.node('Sigmoid', [x])]);
}

const silu = defineKernel({
  name: 'Silu',
  inputs: ['x'],
  dtypes: floatOnly,
  infer: sameAsFirst,
  lower: ({ graph, inputs: [x], outputs: [output] }) => [
    elementwise(graph, [x!], output!, ([name]) => lowerSilu(graph, name!)),
  ],
});

/** silu'(x) = y + s·(1 - y) for s = sigmoid(x) and y = x·s. */
const siluGradient = defineKernel({
  name: 'SiluGrad',
  inputs: ['dy', 'x'],
  dtypes: floatOnly,
  infer: sameAsFirst,
  lower: ({ graph, inputs: [dy, x], outputs: [output] }) => [
    elementwise(graph, [dy!, x!], output!, ([gradient, name]) => {
      const y = lowerSilu(graph, name!);
      const rest = graph.node('Mul', [graph.node('Sigmoid', [name!]), graph.node('Sub', [graph.scalar(1), y])]);
      return graph.node('Mul', [gradient!, graph.node('Add', [y, rest])]);
    }),
  ],
});

export const groupNormKernels: readonly KernelSpec[] = [groupNorm, groupNormGradient, silu, siluGradient];
