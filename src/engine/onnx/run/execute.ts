/** Runs compiled graphs: compiles on first sight, feeds what is known, keeps what is held. */
import { compile } from '../graph/compile.js';
import type { Target } from '../graph/graph.js';
import { identity, isIdentity, type Permutation, relayout, samePermutation } from '../graph/layout.js';
import { encodeModel } from '../graph/model.js';
import { detectTarget } from '../graph/target.js';
import { type PartLimits, partsOf } from '../trace/parts.js';
import { findWork, RecentlyUsed, structuralKey, type Work } from '../trace/plan.js';
import type { KernelRecord, StoredNumbers, Value } from '../trace/trace.js';
import { DeviceMemory, type Traffic } from './device-memory.js';
import { forget } from './garbage.js';
import {
  type DeviceTensor,
  type Fetched,
  type HostFeed,
  type Numbers,
  openSession,
  type Session,
  type SessionOptions,
} from './runtime.js';

export interface Statistics {
  /** Graphs compiled since the start. */
  compiles: number;
  /** Graphs run since the start. */
  runs: number;
  /** Of the latest graph compiled. */
  nodes: number;
  /** Milliseconds since the start, by what they were spent on. */
  compileMs: number;
  runMs: number;
  planMs: number;
  /** Between the process's memory and a device that keeps tensors in its own; without one, null. */
  readonly traffic: Readonly<Traffic> | null;
}

interface CompiledWork {
  readonly session: Session;
  readonly feeds: readonly { leaf: number; name: string; layout: Permutation }[];
  readonly fetches: readonly { name: string; layout: Permutation }[];
}

export interface ExecutorOptions {
  readonly session: SessionOptions;
  /** Compiled graphs kept. */
  readonly planCapacity: number;
  /** From what size on work is divided. */
  readonly partLimits?: PartLimits;
  /** Called whenever a graph is compiled. */
  readonly onCompile?: (statistics: Readonly<Statistics>) => void;
}

export class Executor {
  readonly statistics: Statistics;
  private readonly plans: RecentlyUsed<CompiledWork>;
  private readonly target: Target;
  private readonly memory: DeviceMemory | undefined;

  constructor(private readonly options: ExecutorOptions) {
    this.target = detectTarget(options.session);
    if (options.session.keepOutputsOnDevice) this.memory = new DeviceMemory(options.session);
    const times = { compileMs: 0, runMs: 0, planMs: 0 };
    this.statistics = { compiles: 0, runs: 0, nodes: 0, ...times, traffic: this.memory?.traffic ?? null };
    this.plans = new RecentlyUsed(options.planCapacity, (plan) => plan.session.dispose());
  }

  /** Computes every held tensor of the pending calls. */
  run(pending: readonly KernelRecord[]): void {
    const start = performance.now();
    const work = findWork(pending);
    if (work.records.length === 0) return;
    const parts = partsOf(work, this.options.partLimits);
    this.statistics.planMs += performance.now() - start;
    const lastReaders = new Map(parts.flatMap((part) => part.leaves.map((leaf) => [leaf, part] as const)));
    for (const part of parts) {
      this.runPart(part);
      const isForgotten = (leaf: Value) => leaf.references === 0 && lastReaders.get(leaf) === part;
      if (parts.length > 1) for (const leaf of part.leaves.filter(isForgotten)) this.release(leaf);
    }
  }

  /** The numbers of a known value in tfjs' order. */
  numbersOf({ shape, stored }: Value): Numbers {
    const data = this.download(stored as StoredNumbers);
    const { layout } = stored as StoredNumbers;
    return layout ? relayout(data, shape, layout, identity(layout.length)) : data;
  }

  /** Lets go of numbers that nobody reads any more, while calls that have run still refer to their value. */
  release(value: Value): void {
    this.memory?.free(value);
    const bytes = value.stored?.data?.byteLength ?? 0;
    value.stored = undefined;
    forget(bytes);
  }

  /** The device's memory does not free itself. */
  get mustRelease(): boolean {
    return this.memory !== undefined;
  }

  /** Tensors in a device's own memory. */
  get residents(): number {
    return this.memory?.size ?? 0;
  }

  private runPart(work: Work): void {
    const start = performance.now();
    const key = structuralKey(work);
    this.statistics.planMs += performance.now() - start;
    const plan = this.plans.get(key) ?? this.compile(work, key);
    this.execute(work, plan);
  }

  dispose(): void {
    this.memory?.dispose();
    this.plans.clear();
  }

  private compile(work: Work, key: string): CompiledWork {
    const start = performance.now();
    const { graph, nodes, constants, feeds, fetches } = compile(work, this.target);
    const bytes = encodeModel({ nodes, constants, inputs: graph.inputs, outputs: graph.outputs });
    const plan = { session: openSession(bytes, this.options.session), feeds, fetches };
    this.plans.set(key, plan);
    // The next step finds its filters in the layout that this plan brings them into.
    for (const { leaf, layout } of feeds) this.bringInto(work.leaves[leaf] as Value, layout);
    this.plans.set(structuralKey(work), plan);
    this.statistics.compiles++;
    this.statistics.nodes = nodes.length;
    this.statistics.compileMs += performance.now() - start;
    this.options.onCompile?.(this.statistics);
    return plan;
  }

  private execute({ leaves, results, records }: Work, { session, feeds, fetches }: CompiledWork): void {
    const start = performance.now();
    const inputs = Object.fromEntries(
      feeds.map(({ leaf, name, layout }) => {
        const value = leaves[leaf] as Value;
        const stored = this.bringInto(value, layout);
        const dims = layout.map((axis) => value.shape[axis] as number);
        const feed = (): HostFeed => ({ location: 'cpu', dims, type: value.dtype, data: stored.data as Numbers });
        return [name, this.memory ? this.memory.feed(stored, feed) : feed()];
      }),
    );
    const outputs = session.run(
      inputs,
      fetches.map(({ name }) => name),
    );
    results.forEach((result, index) => {
      const { name, layout } = fetches[index] as CompiledWork['fetches'][number];
      const output = outputs[name] as Fetched;
      const numbers = this.memory ? { resident: this.memory.keep(output) } : { data: output.data as Numbers };
      result.stored = isIdentity(layout) ? numbers : { ...numbers, layout };
    });
    for (const record of records) for (const output of record.outputs) output.origin = undefined;
    this.statistics.runs++;
    this.statistics.runMs += performance.now() - start;
  }

  /** Makes a known value lie in the layout wanted, for good. */
  private bringInto(value: Value, layout: Permutation): StoredNumbers {
    const stored = value.stored as StoredNumbers;
    const present = stored.layout ?? identity(layout.length);
    if (samePermutation(present, layout)) return stored;
    const data = relayout(this.download(stored), value.shape, present, layout);
    this.memory?.free(value);
    value.stored = isIdentity(layout) ? { data } : { data, layout };
    return value.stored;
  }

  private download(stored: StoredNumbers): Numbers {
    stored.data ??= (this.memory as DeviceMemory).read(stored.resident as DeviceTensor);
    return stored.data;
  }
}
