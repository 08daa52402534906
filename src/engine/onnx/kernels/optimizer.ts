/** What happens to parameters after their gradients are known: one kernel each, and one for all vectors together. */
import type { Graph } from '../graph/graph.js';
import { GraphValue } from '../graph/value.js';
import { defineKernel, elementwise, floatOnly, type KernelCall, type KernelSpec } from './kernel.js';

const adamScalarNames = ['stepSize', 'epsilon', 'beta1', 'beta2', 'decay?'];

/**
 * Adam (Kingma & Ba, arXiv 1412.6980, algorithm 1, in the order of the end of section 2). All scalars are inputs, so that a new
 * learning rate compiles nothing: see `adamScalars`.
 */
function adamStep(graph: Graph, [parameter, gradient, m, v]: readonly string[], scalars: readonly string[]): string[] {
  const [stepSize, epsilon, beta1, beta2, decay] = scalars as [string, string, string, string, string?];
  const newM = blend(graph, m!, gradient!, beta1);
  const newV = blend(graph, v!, graph.node('Mul', [gradient!, gradient!]), beta2);
  const deviation = graph.node('Add', [graph.node('Sqrt', [newV]), epsilon]);
  const change = graph.node('Mul', [graph.node('Div', [newM, deviation]), stepSize]);
  const kept = decay ? graph.node('Mul', [parameter!, decay]) : parameter!;
  return [graph.node('Sub', [kept, change]), newM, newV];
}

/** keep·old + (1 - keep)·fresh */
function blend(graph: Graph, old: string, fresh: string, keep: string): string {
  return graph.node('Add', [fresh, graph.node('Mul', [graph.node('Sub', [old, fresh]), keep])]);
}

/** Calls with the same scalars, which are the inputs from position `first` on. */
function groupByScalars(calls: readonly KernelCall[], first: number): KernelCall[][] {
  const groups = new Map<string, KernelCall[]>();
  for (const call of calls) {
    const key = call.inputs
      .slice(first)
      .map((scalar) => scalar?.logical())
      .join();
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return [...groups.values()];
}

/** Strings the vectors of many calls together, computes once, and cuts the results apart. */
function onConcatenated(
  calls: readonly KernelCall[],
  vectors: number,
  compute: (graph: Graph, vectors: string[], scalars: string[]) => string[],
): GraphValue[][] {
  const results = new Map<KernelCall, GraphValue[]>();
  for (const group of groupByScalars(calls, vectors)) {
    const { graph, inputs } = group[0]!;
    const scalars = inputs.slice(vectors).flatMap((scalar) => scalar?.logical() ?? []);
    const sizes = group.map((call) => call.outputs[0]!.shape[0]!);
    const joined = Array.from({ length: vectors }, (_, position) => {
      const parts = group.map((call) => call.inputs[position]!.logical());
      return graph.concat(parts, 0);
    });
    const pieces = compute(graph, joined, scalars).map((whole) => graph.split(whole, sizes, 0));
    for (const [index, call] of group.entries()) {
      results.set(
        call,
        pieces.map((piece, output) => GraphValue.of(graph, call.outputs[output]!, piece[index]!)),
      );
    }
  }
  return calls.map((call) => results.get(call)!);
}

const adam = defineKernel({
  name: 'AdamUpdate',
  inputs: ['parameter', 'gradient', 'm', 'v', ...adamScalarNames],
  dtypes: floatOnly,
  infer: ([parameter]) => [parameter!, parameter!, parameter!],
  lower({ graph, inputs, outputs }) {
    const [parameter, gradient] = inputs as [GraphValue, GraphValue];
    // As the rest of the graph reads it, so that it is stored ready for the next step.
    const { preferred: layout } = parameter.isUndecided ? gradient : parameter;
    const tensors = inputs.slice(0, 4).map((tensor) => tensor!.form(layout));
    const scalars = inputs.slice(4).flatMap((scalar) => scalar?.logical() ?? []);
    return adamStep(graph, tensors, scalars).map((name, index) => GraphValue.of(graph, outputs[index]!, name, layout));
  },
  lowerMany: (calls) => onConcatenated(calls, 4, adamStep),
});

const ema = defineKernel({
  name: 'EmaUpdate',
  inputs: ['average', 'value', 'decay'],
  dtypes: floatOnly,
  infer: ([average]) => [average!],
  lower: ({ graph, inputs: [average, value, decay], outputs: [output] }) => [
    elementwise(graph, [average!, value!, decay!], output!, ([old, fresh, keep]) => blend(graph, old!, fresh!, keep!)),
  ],
  lowerMany: (calls) =>
    onConcatenated(calls, 2, (graph, [average, value], [decay]) => [blend(graph, average!, value!, decay!)]),
});

export const optimizerKernels: readonly KernelSpec[] = [adam, ema];
