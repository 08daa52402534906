/** Turns traced kernel calls into an ONNX graph. */
import { Graph, type Target } from './graph.js';
import { identity, oihw, type Permutation, permuted, samePermutation } from './layout.js';
import type { ConstantDefinition, NodeDefinition } from './model.js';
import type { Work } from './plan.js';
import type { KernelRecord, Value } from './trace.js';
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
  for (const record of work.records) lowerRecord(graph, record, values);
  return { graph, leaves, values };
}

function lowerRecord(graph: Graph, record: KernelRecord, values: Map<Value, GraphValue>): void {
  const { spec, operands, attributes, outputs } = record;
  const inputs = operands.map((operand, index) => {
    if (!operand || spec.shapeOnly?.includes(index)) return undefined;
    return (values.get(operand.value) as GraphValue).view(operand.shape);
  });
  const metas = operands.map((operand) => ({
    shape: operand?.shape ?? [],
    dtype: operand?.value.dtype ?? ('float32' as const),
  }));
  const lowered = spec.lower({ graph, inputs, metas, attributes, outputs });
  outputs.forEach((output, index) => {
    values.set(output, lowered[index] as GraphValue);
  });
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
  return { graph, ...graph.finish(), feeds, fetches };
}
