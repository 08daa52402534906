/** Collects the nodes and constants of one ONNX graph. */

import { arrayTypes, type Numbers, type NumericType } from '../numbers.js';
import { fuseActivations } from './fusions.js';
import {
  type Attribute,
  bodyOf,
  type ConstantDefinition,
  type ElementType,
  type NodeDefinition,
  type ValueDefinition,
  valuesRead,
} from './model.js';

/** What operators a graph may use. */
export interface Target {
  /** Whether ONNX Runtime's own operators may stand beside ONNX's. */
  readonly ownOperators: boolean;
  /** Channels per block of ONNX Runtime's blocked convolutions; 0 for none. */
  readonly channelBlock: number;
  /** Inputs and outputs that one node may have together: WebGPU binds few buffers to a shader. */
  readonly buffersPerNode: number;
}

/** Of a target without such bounds. */
export const plainTarget: Target = { ownOperators: false, channelBlock: 0, buffersPerNode: Number.POSITIVE_INFINITY };

export interface FinishedGraph {
  /** Each after those whose outputs it reads. */
  readonly nodes: readonly NodeDefinition[];
  readonly constants: readonly ConstantDefinition[];
  /** Outputs of nodes that should run as soon as they can. */
  readonly early: ReadonlySet<string>;
}

export class Graph {
  nodes: NodeDefinition[] = [];
  readonly constants = new Map<string, ConstantDefinition>();
  readonly inputs: ValueDefinition[] = [];
  readonly outputs: ValueDefinition[] = [];
  /** How to get the blocked form of an NCHW image (see blocks.ts). */
  readonly blockedForms = new Map<string, () => string>();
  private names = 0;
  /** Outputs of nodes by what they compute: the same work asked for twice is done once. */
  private computed = new Map<string, string[]>();

  constructor(readonly target: Target) {}

  /** Appends a node with one output. An operator of ONNX Runtime is written `microsoft:FusedMatMul`. */
  node(operator: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.multiple(operator, inputs, 1, attributes)[0] as string;
  }

  /** Appends a node with `count` outputs. */
  multiple(
    operator: string,
    inputs: readonly string[],
    count: number,
    attributes: Readonly<Record<string, Attribute>> = {},
  ): string[] {
    const key = `${operator}(${inputs})${JSON.stringify(attributes)}${count}`;
    const known = this.computed.get(key);
    if (known) return known;
    const outputs = Array.from({ length: count }, () => `t${this.names++}`);
    this.computed.set(key, outputs);
    const [prefix, name] = operator.split(':') as [string, string?];
    this.nodes.push({
      operator: name ?? prefix,
      domain: name ? `com.${prefix}` : '',
      inputs: [...inputs],
      outputs,
      attributes,
    });
    return outputs;
  }

  /**
   * Runs `body` on one part of `parts` [B, P, R, C] after the other, so that what it makes on the way is there for one of them alone.
   *
   * @param body [B, R, C] -> [B, R, C']; reads other values and constants as if it stood outside
   * @returns [B, P, R, C']
   */
  partByPart(parts: string, body: (part: string) => string): string {
    const [part, result] = [`t${this.names++}`, `t${this.names++}`];
    const outside = { nodes: this.nodes, computed: this.computed };
    this.nodes = [];
    // What was made outside is known inside, but not the other way round.
    this.computed = new Map(this.computed);
    const inner = body(part);
    this.nodes.push({ operator: 'Identity', domain: '', inputs: [inner], outputs: [result], attributes: {} });
    const value = (name: string): ValueDefinition => ({
      name,
      dtype: 'float32',
      shape: ['b', 'r', 'c'].map((axis) => `${name}${axis}`),
    });
    const scanned = { nodes: this.nodes, inputs: [value(part)], outputs: [value(result)] };
    Object.assign(this, outside);
    return this.node('Scan', [parts], {
      body: { body: scanned },
      num_scan_inputs: 1,
      scan_input_axes: [1],
      scan_output_axes: [1],
    });
  }

  input(dtype: NumericType, shape: readonly (number | string)[], name = `in${this.inputs.length}`): string {
    this.inputs.push({ name, dtype, shape });
    return name;
  }

  /** A constant that is stored once, however often it is asked for. */
  constant(dtype: ElementType, shape: readonly number[], data: Numbers | BigInt64Array): string {
    return this.weights(dtype, shape, data, `${dtype}[${shape}]${data}`);
  }

  /** A constant stored under a key of the caller's. */
  weights(dtype: ElementType, shape: readonly number[], data: Numbers | BigInt64Array, key: string): string {
    const known = this.constants.get(key);
    if (known) return known.name;
    const name = `c${this.constants.size}`;
    this.constants.set(key, { name, dtype, shape, data });
    return name;
  }

  int64s(values: readonly number[]): string {
    return this.constant(
      'int64',
      [values.length],
      BigInt64Array.from(values, (value) => BigInt(value)),
    );
  }

  scalar(value: number, dtype: NumericType = 'float32'): string {
    return this.constant(dtype, [], arrayTypes[dtype].of(value));
  }

  reshape(input: string, shape: readonly number[]): string {
    return this.node('Reshape', [input, this.int64s(shape)]);
  }

  transpose(input: string, permutation: readonly number[]): string {
    return this.node('Transpose', [input], { perm: permutation });
  }

  /** Joins arrays along an axis, in as many nodes as the target needs. */
  concat(parts: readonly string[], axis: number): string {
    if (parts.length === 1) return parts[0] as string;
    const most = this.target.buffersPerNode - 1;
    if (parts.length <= most) return this.node('Concat', parts, { axis });
    return this.concat(
      chunks(parts, most).map((chunk) => this.concat(chunk, axis)),
      axis,
    );
  }

  /** Cuts an array into pieces of these sizes along an axis, in as many nodes as the target needs. */
  split(whole: string, sizes: readonly number[], axis: number): string[] {
    if (sizes.length === 1) return [this.node('Identity', [whole])];
    const most = this.target.buffersPerNode - 1;
    if (sizes.length <= most) return this.multiple('Split', [whole, this.int64s(sizes)], sizes.length, { axis });
    const groups = chunks(sizes, Math.ceil(sizes.length / most));
    const totals = groups.map((group) => group.reduce((sum, size) => sum + size, 0));
    return this.split(whole, totals, axis).flatMap((piece, index) => this.split(piece, groups[index] ?? [], axis));
  }

  /** Names `source` as an output of the graph, without a copy where the producing node can take the name itself. */
  private readonly renamed = new Map<string, string>();

  output(source: string, dtype: NumericType, shape: readonly (number | string)[], name = `out${this.outputs.length}`) {
    const isInner = !this.inputs.some((input) => input.name === source) && source.startsWith('t');
    if (isInner && !this.renamed.has(source)) this.renamed.set(source, name);
    else this.nodes.push({ operator: 'Identity', domain: '', inputs: [source], outputs: [name], attributes: {} });
    this.outputs.push({ name, dtype, shape });
    return name;
  }

  private readonly early = new Set<string>();

  /** Asks for what computes `name` to run as soon as it can; see running-order.ts. */
  runEarly(name: string): void {
    this.early.add(name);
  }

  /** The finished graph: outputs named, nodes that no output needs left out. */
  finish(): FinishedGraph {
    const rename = (name: string) => this.renamed.get(name) ?? name;
    const results = new Set(this.outputs.map((output) => output.name));
    const wanted = new Set(results);
    const nodes: NodeDefinition[] = [];
    for (const node of this.nodes.toReversed()) {
      const outputs = node.outputs.map(rename);
      if (!outputs.some((output) => wanted.has(output))) continue;
      const read = withInputs(node, rename);
      for (const input of valuesRead(read)) wanted.add(input);
      nodes.push({ ...read, outputs });
    }
    const constants = [...this.constants.values()].filter((constant) => wanted.has(constant.name));
    const early = new Set([...this.early].map(rename));
    return { nodes: fuseActivations(nodes.reverse(), results), constants, early };
  }
}

/** A node, and what it runs, with other names of what they read. */
function withInputs(node: NodeDefinition, rename: (name: string) => string): NodeDefinition {
  const inputs = node.inputs.map(rename);
  const body = bodyOf(node);
  if (body === undefined) return { ...node, inputs };
  const nodes = body.nodes.map((inner) => withInputs(inner, rename));
  return { ...node, inputs, attributes: { ...node.attributes, body: { body: { ...body, nodes } } } };
}

const chunks = <Item>(items: readonly Item[], length: number): Item[][] =>
  Array.from({ length: Math.ceil(items.length / length) }, (_, index) =>
    items.slice(index * length, (index + 1) * length),
  );
