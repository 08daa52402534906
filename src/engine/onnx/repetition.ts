/** Work that a function asked the engine for, kept so that it can be done again without calling the function. */
import * as tf from '@tensorflow/tfjs-core';
import type { OnnxBackend } from './backend.js';
import { sizeOf } from './graph/layout.js';
import type { TensorMeta } from './numbers.js';
import type { DoneWork } from './run/execute.js';
import { newValue, type Value } from './trace/trace.js';

/** Tensors by name. */
export type NamedTensors = Readonly<Record<string, tf.Tensor>>;

/** What a function reads and changes: everything in it that differs from one call to the next. */
export interface Surroundings {
  readonly inputs: readonly tf.Tensor[];
  /** Read, and assigned to. */
  readonly variables: readonly tf.Variable[];
}

/** Where a leaf comes from: the surroundings' tensor number `index`, or what was there when the work was first done. */
type Source = { readonly index: number; readonly meta: TensorMeta } | { readonly constant: Value };

/** What an output or an assigned variable is: a result of the work, or one of the surroundings as it was before. */
interface Origin {
  readonly kind: 'result' | 'surrounding';
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: tf.DataType;
}

export class Repetition {
  private constructor(
    private readonly key: string,
    private readonly sources: readonly Source[],
    private readonly results: readonly TensorMeta[],
    private readonly outputs: readonly (readonly [name: string, origin: Origin])[],
    /** Those that were not assigned to are left out. */
    private readonly assignments: readonly (readonly [variable: number, origin: Origin])[],
  ) {}

  /**
   * @param before the values of the inputs and then of the variables, before the function ran
   * @param outputs what it returned
   * @returns null for work that has other effects than outputs and assigned variables
   */
  static of(
    backend: OnnxBackend,
    work: DoneWork,
    before: readonly Value[],
    { variables }: Surroundings,
    outputs: NamedTensors,
  ): Repetition | null {
    if (new Set(before).size < before.length) return null;
    const originOf = (tensor: tf.Tensor): Origin => {
      const { shape, dtype } = tensor;
      const value = backend.lookUp(tensor);
      const result = work.results.indexOf(value);
      if (result >= 0) return { kind: 'result', index: result, shape, dtype };
      return { kind: 'surrounding', index: before.indexOf(value), shape, dtype };
    };
    const first = before.length - variables.length;
    const assignments = [...variables.entries()]
      .filter(([at, variable]) => backend.lookUp(variable) !== before[first + at])
      .map(([at, variable]) => [at, originOf(variable)] as const);
    const named = Object.entries(outputs).map(([name, tensor]) => [name, originOf(tensor)] as const);
    const origins = [...assignments, ...named].map(([, origin]) => origin);
    if (origins.some(({ index }) => index < 0)) return null;
    const reached = new Set(origins.filter(({ kind }) => kind === 'result').map(({ index }) => index));
    if (reached.size < work.results.length) return null;
    const positions = new Map(before.map((value, index) => [value, index]));
    const sources = work.leaves.map((leaf) => {
      const index = positions.get(leaf);
      return index === undefined ? { constant: kept(backend, leaf) } : { index, meta: metaOf(leaf) };
    });
    return new Repetition(work.key, sources, work.results.map(metaOf), named, assignments);
  }

  /** Whether both ask for the same work on the same constants. */
  equals(other: Repetition): boolean {
    if (this.key !== other.key) return false;
    return this.constants.every((constant, index) => isSame(constant, other.constants[index] as Value));
  }

  /** Does the work; null where these surroundings are of other shapes, or its graph is no longer kept. */
  run(backend: OnnxBackend, { inputs, variables }: Surroundings): Record<string, tf.Tensor> | null {
    backend.flush();
    const surroundings = [...inputs, ...variables];
    const leaves: Value[] = [];
    for (const source of this.sources) {
      const leaf = 'constant' in source ? source.constant : backend.lookUp(surroundings[source.index] as tf.Tensor);
      if (!leaf.stored || ('meta' in source && !hasMeta(leaf, source.meta))) return null;
      leaves.push(leaf);
    }
    const results = this.results.map((meta) => newValue(meta, 0));
    const dataIds = backend.repeat({ key: this.key, leaves, results });
    if (!dataIds) return null;
    const tensorOf = ({ kind, index, shape, dtype }: Origin): tf.Tensor => {
      const dataId = kind === 'result' ? dataIds[index] : surroundings[index]?.dataId;
      backend.incRef(dataId as tf.DataId);
      return tf.engine().makeTensorFromTensorInfo({ dataId: dataId as tf.DataId, shape: [...shape], dtype }, backend);
    };
    const outputs = Object.fromEntries(this.outputs.map(([name, origin]) => [name, tensorOf(origin)]));
    const assigned = this.assignments.map(([at, origin]) => [variables[at], tensorOf(origin)] as const);
    for (const [variable, tensor] of assigned) {
      variable?.assign(tensor);
      tensor.dispose();
    }
    return outputs;
  }

  dispose(backend: OnnxBackend): void {
    for (const constant of this.constants) if (isOurs(constant)) backend.release(constant);
  }

  private get constants(): Value[] {
    return this.sources.flatMap((source) => ('constant' in source ? [source.constant] : []));
  }
}

const metaOf = ({ shape, dtype }: TensorMeta): TensorMeta => ({ shape, dtype });

const hasMeta = ({ shape, dtype }: TensorMeta, wanted: TensorMeta): boolean =>
  dtype === wanted.dtype &&
  shape.length === wanted.shape.length &&
  shape.every((size, axis) => size === wanted.shape[axis]);

/** A number that the function made for itself goes with the call; a copy of its own stays. */
function kept(backend: OnnxBackend, leaf: Value): Value {
  if (leaf.references > 0) return leaf;
  return { ...leaf, stored: { data: backend.numbersOf(leaf) } };
}

const isOurs = (constant: Value): boolean => constant.references === 0;

function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  const [left, right] = [a.stored?.data, b.stored?.data];
  if (!isOurs(a) || !isOurs(b) || !left || !right || sizeOf(a.shape) !== sizeOf(b.shape)) return false;
  return left.every((value, index) => Object.is(value, right[index]));
}
