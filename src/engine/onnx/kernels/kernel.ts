/** What a kernel is: one entry of a table, used for training, evaluation and export alike. */
import { blockedForm, fromBlocks } from '../graph/blocks.js';
import type { Graph } from '../graph/graph.js';
import { nchw, samePermutation, sameShape } from '../graph/layout.js';
import { commonLayout, GraphValue } from '../graph/value.js';
import type { NumericType, TensorMeta } from '../numbers.js';

export interface KernelSpec<Attributes extends object = object> {
  readonly name: string;
  /** Names of the inputs in order; `list` where tfjs passes an array. A trailing `?` marks an optional input. */
  readonly inputs: readonly string[] | 'list';
  /** Set where tfjs expects an array even of one output. */
  readonly returnsArray?: true;
  /** Element types that all inputs may have; others go to the cpu backend. */
  readonly dtypes: readonly NumericType[];
  /** Further calls that this entry leaves to the cpu backend. */
  supports?(inputs: readonly TensorMeta[], attributes: Attributes): boolean;
  /** Inputs (by position) whose shape is used but not their numbers. */
  readonly shapeOnly?: readonly number[];
  /** Shapes and types of the outputs. */
  infer(inputs: readonly TensorMeta[], attributes: Attributes): readonly TensorMeta[];
  /** Writes the kernel into the graph. */
  lower(call: KernelCall<Attributes>): readonly GraphValue[];
  /** Writes many independent calls on vectors at once, each result in a call's order: saves nodes where `lower` is small. */
  lowerMany?(calls: readonly KernelCall<Attributes>[]): readonly (readonly GraphValue[])[];
}

export interface KernelCall<Attributes extends object = object> {
  readonly graph: Graph;
  /** An input that is absent or used for its shape alone is undefined. */
  readonly inputs: readonly (GraphValue | undefined)[];
  readonly metas: readonly TensorMeta[];
  readonly attributes: Attributes;
  readonly outputs: readonly TensorMeta[];
}

export const numeric: readonly NumericType[] = ['float32', 'int32'];
export const anyType: readonly NumericType[] = ['float32', 'int32', 'bool'];
export const floatOnly: readonly NumericType[] = ['float32'];

/** Forgets the attribute type, so that entries of all kinds fit into one table. */
export function defineKernel<Attributes extends object>(spec: KernelSpec<Attributes>): KernelSpec {
  return spec as unknown as KernelSpec;
}

/** All inputs of a call whose inputs are never absent. */
export const presentInputs = (call: KernelCall<never> | KernelCall): GraphValue[] =>
  call.inputs.filter((input) => input !== undefined);

/** Computes element by element, in whatever layout the inputs have. */
export function elementwise(
  graph: Graph,
  inputs: readonly GraphValue[],
  output: TensorMeta,
  emit: (names: string[]) => string,
): GraphValue {
  const layout = commonLayout(inputs, output.shape.length);
  const names = inputs.map((input) => input.broadcastForm(layout));
  const blocked = samePermutation(layout, nchw) ? blockedOperands(graph, inputs, names, output) : undefined;
  const name = blocked ? fromBlocks(graph, emit(blocked), output.shape[3] as number) : emit(names);
  return GraphValue.of(graph, output, name, layout);
}

/** The operands of an operation on images that all have a blocked form; single numbers are as good in any form. */
function blockedOperands(
  graph: Graph,
  inputs: readonly GraphValue[],
  names: readonly string[],
  output: TensorMeta,
): string[] | undefined {
  if (output.dtype !== 'float32') return undefined;
  const isSingle = ({ rank }: GraphValue) => rank === 0;
  if (inputs.every(isSingle)) return undefined;
  const operands = inputs.map((input, index) => {
    const name = names[index] as string;
    if (isSingle(input)) return name;
    const fits = input.meta.dtype === 'float32' && sameShape(input.shape, output.shape);
    return fits ? blockedForm(graph, name) : undefined;
  });
  return operands.every((operand) => operand !== undefined) ? operands : undefined;
}

export const sameAsFirst = ([first]: readonly TensorMeta[]): TensorMeta[] => [first as TensorMeta];
