/** Kernels that fold axes away. */
import * as tf from '@tensorflow/tfjs-core';
import type { Graph } from '../graph/graph.js';
import { identity, inverse, layoutKey, type Permutation, permuted } from '../graph/layout.js';
import { elementCode } from '../graph/model.js';
import { GraphValue } from '../graph/value.js';
import type { NumericType, TensorMeta } from '../numbers.js';
import { anyType, defineKernel, floatOnly, type KernelSpec, numeric } from './kernel.js';

interface ReduceAttributes {
  axis?: number | number[] | null;
  /** tfjs names the axes of Max so. */
  reductionIndices?: number | number[] | null;
  keepDims?: boolean;
}

const axesOf = ({ axis, reductionIndices }: ReduceAttributes, shape: readonly number[]): number[] =>
  tf.util.parseAxisParam(axis ?? reductionIndices ?? (null as unknown as number[]), [...shape]);

function reduce(name: string, operator: string, dtypes: readonly NumericType[]): KernelSpec {
  return defineKernel<ReduceAttributes>({
    name,
    inputs: ['x'],
    dtypes,
    // ONNX defines no maximum of nothing.
    supports: ([x]) => !x!.shape.includes(0),
    infer([x], attributes) {
      const axes = axesOf(attributes, x!.shape);
      const keep = x!.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
      const shape = attributes.keepDims ? keep : x!.shape.filter((_size, axis) => !axes.includes(axis));
      return [{ shape, dtype: x!.dtype === 'bool' ? 'int32' : x!.dtype }];
    },
    lower({ graph, inputs: [x], metas: [meta], attributes, outputs: [output] }) {
      const axes = axesOf(attributes, meta!.shape);
      const source =
        meta!.dtype === 'bool'
          ? graph.node('Cast', [x!.form(x!.preferred)], { to: elementCode('int32') })
          : x!.form(x!.preferred);
      if (axes.length === 0) return [GraphValue.of(graph, output!, graph.node('Identity', [source]), x!.preferred)];
      const position = inverse(x!.preferred);
      const physicalAxes = axes.map((axis) => position[axis] as number).sort((a, b) => a - b);
      const keepdims = attributes.keepDims ? 1 : 0;
      const fold = (by: string, values: string) => graph.node(by, [values, graph.int64s(physicalAxes)], { keepdims });
      const isNanLost = meta!.dtype === 'float32' && (operator === 'ReduceMax' || operator === 'ReduceMin');
      const name = isNanLost ? withNan(graph, source, fold(operator, source), fold) : fold(operator, source);
      return [GraphValue.of(graph, output!, name, reducedLayout(x!.preferred, axes, keepdims === 1))];
    },
  });
}

/** ONNX Runtime's extremes pass over not-a-number; tfjs' are not-a-number where one is among the elements. */
function withNan(graph: Graph, x: string, extreme: string, fold: (operator: string, values: string) => string): string {
  const isNan = graph.node('Cast', [graph.node('IsNaN', [x])], { to: elementCode('float32') });
  const isAnyNan = graph.node('Cast', [fold('ReduceMax', isNan)], { to: elementCode('bool') });
  return graph.node('Where', [isAnyNan, graph.scalar(Number.NaN), extreme]);
}

function reducedLayout(layout: Permutation, axes: readonly number[], keepDims: boolean): Permutation {
  if (keepDims) return layout;
  const kept = layout.filter((axis) => !axes.includes(axis));
  const rankAmongKept = (axis: number) => kept.filter((other) => other < axis).length;
  return kept.map(rankAmongKept);
}

/** @param leastWanted what not-a-number counts as: tfjs passes over it */
function argument(name: string, operator: string, leastWanted: number): KernelSpec {
  return defineKernel<{ axis: number }>({
    name,
    inputs: ['x'],
    dtypes: floatOnly,
    supports: ([x]) => !x!.shape.includes(0) && x!.shape.length > 0,
    infer([x], attributes) {
      const [axis] = axesOf(attributes, x!.shape) as [number];
      return [{ shape: x!.shape.filter((_size, index) => index !== axis), dtype: 'int32' }];
    },
    lower({ graph, inputs: [x], metas: [meta], attributes, outputs: [output] }) {
      const [axis] = axesOf(attributes, meta!.shape) as [number];
      const source = x!.logical();
      const known = graph.node('Where', [graph.node('IsNaN', [source]), graph.scalar(leastWanted), source]);
      const index = graph.node(operator, [known], { axis, keepdims: 0 });
      return [GraphValue.of(graph, output!, graph.node('Cast', [index], { to: elementCode('int32') }))];
    },
  });
}

function softmax(name: string, operator: string, axisOf: (attributes: { dim?: number; axis?: number }) => number) {
  return defineKernel<{ dim?: number; axis?: number }>({
    name,
    inputs: ['logits'],
    dtypes: floatOnly,
    infer: ([logits]) => [logits as TensorMeta],
    lower({ graph, inputs: [logits], attributes, outputs: [output] }) {
      const rank = output!.shape.length;
      const axis = (axisOf(attributes) + rank) % rank;
      const layout = layoutKey(logits!.preferred).endsWith(String(axis)) ? logits!.preferred : identity(rank);
      const position = permuted(identity(rank), layout).indexOf(axis);
      return [GraphValue.of(graph, output!, graph.node(operator, [logits!.form(layout)], { axis: position }), layout)];
    },
  });
}

export const reduceKernels: readonly KernelSpec[] = [
  reduce('Sum', 'ReduceSum', anyType),
  reduce('Mean', 'ReduceMean', floatOnly),
  reduce('Max', 'ReduceMax', numeric),
  reduce('Min', 'ReduceMin', numeric),
  reduce('Prod', 'ReduceProd', numeric),
  argument('ArgMax', 'ArgMax', Number.NEGATIVE_INFINITY),
  argument('ArgMin', 'ArgMin', Number.POSITIVE_INFINITY),
  softmax('Softmax', 'Softmax', ({ dim }) => dim ?? -1),
  softmax('LogSoftmax', 'LogSoftmax', ({ axis }) => axis ?? -1),
];
