/**
 * A tfjs backend that computes nothing until somebody reads a number. Kernel calls are recorded; reading a tensor compiles all
 * pending calls into one ONNX graph (or finds the graph of an earlier step), runs it, and keeps what is still held.
 */
import * as tf from '@tensorflow/tfjs-core';
import type { KernelSpec } from './kernels/kernel.js';
import { arrayTypes, type Numbers, type NumericType, type TensorMeta } from './numbers.js';
import { type DoneWork, Executor, type ExecutorOptions, type Statistics } from './run/execute.js';
import { findWork, type Work } from './trace/plan.js';
import { type KernelRecord, newValue, type Operand, type Value } from './trace/trace.js';

/** Whether the engine computes with numbers of this type; others it holds as they come, for the cpu fallback. */
const isComputable = (dtype: tf.DataType): dtype is NumericType => dtype in arrayTypes;

function storable(values: tf.BackendValues, dtype: tf.DataType): Numbers {
  if (!isComputable(dtype)) return values as Numbers;
  const ArrayType = arrayTypes[dtype];
  return values instanceof ArrayType ? values : ArrayType.from(values as unknown as ArrayLike<number>);
}

/** Pending calls after which the backend computes unasked, so that a program which never reads does not run out of memory. */
const pendingLimit = 20_000;

/** JSON, in which infinite numbers and not-a-number would all be null. */
function attributesKey(attributes: object): string {
  const text = JSON.stringify(attributes);
  if (!text.includes('null')) return text;
  return JSON.stringify(attributes, (_name, value) =>
    Number.isNaN(value) || Math.abs(value) === Infinity ? `${value}` : value,
  );
}

export class OnnxBackend extends tf.KernelBackend {
  private readonly storage: tf.DataStorage<Value>;
  private readonly executor: Executor;
  private readonly signatures = new Map<string, number>();
  private pending: KernelRecord[] = [];
  /** Disposed of, but pending calls may read them. */
  private leaving: Value[] = [];

  constructor(options: ExecutorOptions) {
    super();
    this.storage = new tf.DataStorage<Value>(this, tf.engine());
    this.executor = new Executor(options);
  }

  get statistics(): Readonly<Statistics> {
    return this.executor.statistics;
  }

  // ------------------------------------------------------------ storage, as tfjs wants it

  override numDataIds(): number {
    return this.storage.numDataIds();
  }

  override refCount(dataId: tf.DataId): number {
    return this.storage.has(dataId) ? this.storage.get(dataId).references : 0;
  }

  override incRef(dataId: tf.DataId): void {
    this.storage.get(dataId).references++;
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): tf.DataId {
    const dataId = {};
    this.move(dataId, values, shape, dtype, 1);
    return dataId;
  }

  override move(
    dataId: tf.DataId,
    values: tf.BackendValues,
    shape: number[],
    dtype: tf.DataType,
    references: number,
  ): void {
    const value = newValue({ shape, dtype: dtype as NumericType }, references);
    value.stored = { data: storable(values, dtype) };
    this.storage.set(dataId, value);
  }

  /** Whether the tensor is gone. A pending call that reads it keeps its numbers until it has run. */
  override disposeData(dataId: tf.DataId, force = false): boolean {
    if (!this.storage.has(dataId)) return true;
    const value = this.storage.get(dataId);
    value.references = force ? 0 : value.references - 1;
    if (value.references > 0) return false;
    this.storage.delete(dataId);
    if (this.pending.length === 0) this.executor.release(value);
    else this.leaving.push(value);
    return true;
  }

  override readSync(dataId: tf.DataId): tf.BackendValues {
    const value = this.storage.get(dataId);
    if (!value.stored) this.flush();
    return this.numbersOf(value);
  }

  /** Reads a tensor into memory of the caller's, which costs no new array in every step. */
  copyNumbers(dataId: tf.DataId, target: Float32Array): void {
    const value = this.storage.get(dataId);
    if (!value.stored) this.flush();
    this.executor.copyNumbers(value, target);
  }

  /** Computes at once: the tensor may be disposed before the promise is awaited. */
  override read(dataId: tf.DataId): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId));
  }

  override floatPrecision(): 32 {
    return 32;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: false };
  }

  override timerAvailable(): boolean {
    return true;
  }

  override time(action: () => void): Promise<tf.BackendTimingInfo> {
    const start = performance.now();
    action();
    this.flush();
    return Promise.resolve({ kernelMs: performance.now() - start });
  }

  override dispose(): void {
    this.pending = [];
    this.executor.dispose();
  }

  // ------------------------------------------------------------ the trace

  /** Computes everything that was asked for so far. */
  flush(): void {
    this.computePending();
    this.releaseLeaving();
  }

  private computePending(): DoneWork | null {
    const records = this.pending;
    this.pending = [];
    return records.length > 0 ? this.executor.run(records) : null;
  }

  private releaseLeaving(): void {
    for (const value of this.leaving.splice(0)) this.executor.release(value);
  }

  /**
   * Runs `compute`, and computes what it asked for. `look` sees the work before what nobody holds is let go of, and null where
   * it was done in several pieces, or there was none.
   */
  traced<Result, Seen>(compute: () => Result, look: (result: Result, work: DoneWork | null) => Seen): Seen {
    this.flush();
    const { runs } = this.statistics;
    const result = compute();
    const isInOnePiece = this.statistics.runs === runs;
    const work = this.computePending();
    const seen = look(result, isInOnePiece ? work : null);
    this.releaseLeaving();
    return seen;
  }

  /** New tensors, computed by work done before from other leaves; null where its graph is no longer kept. */
  repeat(work: DoneWork): tf.DataId[] | null {
    if (!this.executor.repeat(work)) return null;
    return work.results.map((result) => {
      const dataId = {};
      this.storage.set(dataId, result);
      return dataId;
    });
  }

  /** Lets go of a value that is no tensor of tfjs. */
  release(value: Value): void {
    this.executor.release(value);
  }

  /** Runs `compute` without computing anything: what it would have to compute, and its results. */
  capture(compute: () => tf.Tensor[]): { work: Work; results: Value[] } {
    this.flush();
    const results = compute().map((tensor) => this.lookUp(tensor));
    const records = this.pending;
    this.pending = [];
    return { work: findWork(records), results };
  }

  /** The numbers of a value that is known, in tfjs' order. */
  numbersOf(value: Value): Numbers {
    return this.executor.numbersOf(value);
  }

  /** Tensors in a device's own memory. */
  get residents(): number {
    return this.executor.residents;
  }

  lookUp(tensor: tf.Tensor): Value {
    return this.storage.get(tensor.dataId);
  }

  /** Adds a kernel call to the trace and makes its outputs known. */
  record(spec: KernelSpec, tensors: readonly (tf.TensorInfo | undefined)[], attributes: object): tf.TensorInfo[] {
    const operands = tensors.map((tensor) => tensor && { value: this.storage.get(tensor.dataId), shape: tensor.shape });
    const metas = tensors.map((tensor) => tensor && { shape: tensor.shape, dtype: tensor.dtype as NumericType });
    const inferred = spec.infer(metas as TensorMeta[], attributes);
    const outputs = inferred.map((meta, outputIndex) => ({ ...newValue(meta, 1), outputIndex }));
    const signature = this.signatureOf(spec, operands, attributes);
    const record: KernelRecord = { spec, operands, attributes, outputs, signature, needed: false, index: 0 };
    this.pending.push(record);
    const infos = outputs.map((output) => {
      output.origin = record;
      const dataId = {};
      this.storage.set(dataId, output);
      return { dataId, shape: [...output.shape], dtype: output.dtype };
    });
    if (this.pending.length >= pendingLimit) this.flush();
    return infos;
  }

  /** The same numbers under another shape or name. */
  alias(tensor: tf.TensorInfo, shape: number[]): tf.TensorInfo {
    this.incRef(tensor.dataId);
    return { dataId: tensor.dataId, shape, dtype: tensor.dtype };
  }

  private signatureOf(spec: KernelSpec, operands: readonly (Operand | undefined)[], attributes: object): number {
    let text = spec.name;
    for (const operand of operands) text += operand ? `|${operand.shape}${operand.value.dtype}` : '|';
    text += attributesKey(attributes);
    const known = this.signatures.get(text);
    if (known !== undefined) return known;
    this.signatures.set(text, this.signatures.size);
    return this.signatures.size - 1;
  }
}
