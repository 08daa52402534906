/** Turns traced kernel calls into an ONNX graph. */

import type { KernelCall, KernelSpec } from '../kernels/kernel.js';
import type { Work } from '../trace/plan.js';
import type { KernelRecord, Value } from '../trace/trace.js';
import { Graph, type Target } from './graph.js';
import { identity, oihw, type Permutation, permuted, samePermutation, sizeOf } from './layout.js';
import type { ConstantDefinition, NodeDefinition } from './model.js';
import { inRunningOrder } from './running-order.js';
import { GraphValue } from './value.js';

/** How a leaf enters a graph: under what name, and in which order of its axes. */
export interface LeafBinding {
  readonly value: Value;
  readonly name: string;
  readonly layout: Permutation;
}

export interface ResultBinding {
  readonly value: Value;
  readonly name: string;
  readonly layout: Permutation;
}

export type NameLeaf = (graph: Graph, leaf: Value, layout: Permutation) => string;

/** Only filters stay in a layout of their own between graphs; everything else is kept as tfjs wants it. */
export const keptLayout = (layout: Permutation): Permutation =>
  samePermutation(layout, oihw) ? layout : identity(layout.length);

/**
 * Writes the work into a graph, one kernel after the other.
 *
 * @param nameLeaf makes a leaf an input or a constant of the graph, in the physical layout given
 */
export function lowerRecords(work: Work, target: Target, nameLeaf: NameLeaf) {
  const graph = new Graph(target);
  const leaves: LeafBinding[] = [];
  const values = new Map<Value, GraphValue>();
  for (const leaf of work.leaves) {
    const stored = leaf.stored?.layout ?? identity(leaf.shape.length);
    const materialise = (wanted: Permutation) => {
      // Filters are turned once and for all; images are cheaper to turn inside the graph.
      const permutation = samePermutation(wanted, oihw) ? wanted : stored;
      const name = nameLeaf(graph, leaf, permutation);
      leaves.push({ value: leaf, name, layout: permutation });
      return { name, permutation };
    };
    values.set(leaf, new GraphValue(graph, leaf, { stored, materialise }));
  }
  const deferred = new DeferredCalls(graph, values);
  for (const record of work.records) {
    if (record.operands.some((operand) => operand && deferred.produces(operand.value))) deferred.lower();
    if (record.spec.lowerMany && record.outputs.every(({ shape }) => shape.length === 1)) deferred.add(record);
    else {
      const call = callOf(graph, record, values);
      const outputs = record.spec.lower(call);
      for (const output of outputs) output.producer ??= { kernel: record.spec.name, ...call };
      const largest = Math.max(0, ...record.operands.map((operand) => sizeOf(operand?.shape ?? [])));
      // Its operands can be let go of the sooner: gradients of filters would otherwise wait for those of all images.
      for (const output of outputs) if (2 * sizeOf(output.shape) <= largest) output.runEarly();
      setOutputs(record, outputs, values);
    }
  }
  deferred.lower();
  return { graph, leaves, values };
}

function callOf(graph: Graph, record: KernelRecord, values: ReadonlyMap<Value, GraphValue>): KernelCall {
  const { spec, operands, attributes, outputs } = record;
  const inputs = operands.map((operand, index) => {
    if (!operand || spec.shapeOnly?.includes(index)) return undefined;
    return (values.get(operand.value) as GraphValue).view(operand.shape);
  });
  const metas = operands.map((operand) => ({
    shape: operand?.shape ?? [],
    dtype: operand?.value.dtype ?? ('float32' as const),
  }));
  return { graph, inputs, metas, attributes, outputs };
}

function setOutputs(record: KernelRecord, lowered: readonly GraphValue[], values: Map<Value, GraphValue>): void {
  record.outputs.forEach((output, index) => {
    values.set(output, lowered[index] as GraphValue);
  });
}

/** Calls put off until somebody needs one of them, and then written all at once. */
class DeferredCalls {
  private readonly records = new Map<KernelSpec, KernelRecord[]>();
  private readonly outputs = new Set<Value>();

  constructor(
    private readonly graph: Graph,
    private readonly values: Map<Value, GraphValue>,
  ) {}

  add(record: KernelRecord): void {
    const records = this.records.get(record.spec) ?? [];
    this.records.set(record.spec, [...records, record]);
    for (const output of record.outputs) this.outputs.add(output);
  }

  produces(value: Value): boolean {
    return this.outputs.has(value);
  }

  lower(): void {
    for (const [spec, records] of this.records) {
      const calls = records.map((record) => callOf(this.graph, record, this.values));
      const lowered = spec.lowerMany?.(calls) ?? [];
      for (const [index, record] of records.entries()) setOutputs(record, lowered[index] ?? [], this.values);
    }
    this.records.clear();
    this.outputs.clear();
  }
}

/** A finished graph whose leaves are inputs and whose held tensors are outputs. */
export interface CompiledGraph {
  readonly graph: Graph;
  readonly nodes: readonly NodeDefinition[];
  readonly constants: readonly ConstantDefinition[];
  /** Positions refer to `work.leaves` and `work.results`. */
  readonly feeds: readonly { leaf: number; name: string; layout: Permutation }[];
  readonly fetches: readonly { name: string; layout: Permutation }[];
}

export function compile(work: Work, target: Target): CompiledGraph {
  const { graph, leaves, values } = lowerRecords(work, target, (into, { shape, dtype }, layout) =>
    into.input(dtype, permuted(shape, layout)),
  );
  const fetches = work.results.map((result) => {
    const value = values.get(result) as GraphValue;
    const layout = keptLayout(value.preferred);
    return { name: graph.output(value.form(layout), result.dtype, permuted(result.shape, layout)), layout };
  });
  const positions = new Map(work.leaves.map((leaf, index) => [leaf, index]));
  const feeds = leaves.map(({ value, name, layout }) => ({ leaf: positions.get(value) as number, name, layout }));
  const { nodes, constants, early } = graph.finish();
  return { graph, nodes: inRunningOrder(nodes, early), constants, feeds, fetches };
}
