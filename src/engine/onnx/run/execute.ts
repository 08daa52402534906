/** Runs compiled graphs: compiles on first sight, feeds what is known, keeps what is held. */
import { compile } from '../graph/compile.js';
import type { Target } from '../graph/graph.js';
import {
  identity,
  isIdentity,
  type Permutation,
  permuted,
  relayout,
  samePermutation,
  sizeOf,
} from '../graph/layout.js';
import { encodeModel } from '../graph/model.js';
import { detectTarget } from '../graph/target.js';
import type { Numbers } from '../numbers.js';
import { type PartLimits, splitLargeUpdates } from '../trace/large-updates.js';
import { findWork, keyWithoutLayouts, RecentlyUsed, structuralKey, type Work } from '../trace/plan.js';
import type { KernelRecord, StoredNumbers, Value } from '../trace/trace.js';
import { DeviceMemory, type Traffic } from './device-memory.js';
import { forget } from './garbage.js';
import { OutputArrays } from './output-arrays.js';
import {
  type DeviceTensor,
  type Feed,
  type Fetched,
  type HostFeed,
  openSession,
  type Session,
  type SessionOptions,
  uncopied,
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

type Feeds = Readonly<Record<string, Feed>>;
type Outputs = Pick<Work, 'results'> & Pick<CompiledWork, 'fetches'>;

/** A piece of work that was done, without the calls that it was made of. */
export interface DoneWork extends Omit<Work, 'records'> {
  /** Names its graph. */
  readonly key: string;
}

interface CompiledWork {
  readonly session: Session;
  readonly feeds: readonly { leaf: number; name: string; layout: Permutation }[];
  readonly fetches: readonly { name: string; layout: Permutation }[];
}

export interface ExecutorOptions {
  readonly session: SessionOptions;
  /** Names of compiled graphs that are kept: a graph has up to three, and more where leaves come in other layouts. */
  readonly planCapacity: number;
  /** From what size on work is divided. */
  readonly partLimits?: PartLimits;
  /** Called whenever a graph is compiled. */
  readonly onCompile?: (statistics: Readonly<Statistics>) => void;
}

/** Up to so many a step are brought into another layout in about a millisecond. */
const mostNumbersMoved = 2 ** 18;

const liesIn = ({ stored }: Value, layout: Permutation): boolean =>
  samePermutation(stored?.layout ?? identity(layout.length), layout);

export class Executor {
  readonly statistics: Statistics;
  private readonly plans: RecentlyUsed<CompiledWork>;
  private readonly target: Target;
  private readonly memory: DeviceMemory | undefined;
  private readonly arrays = new OutputArrays();

  constructor(private readonly options: ExecutorOptions) {
    this.target = detectTarget(options.session);
    if (options.session.keepOutputsOnDevice) this.memory = new DeviceMemory(options.session);
    const times = { compileMs: 0, runMs: 0, planMs: 0 };
    this.statistics = { compiles: 0, runs: 0, nodes: 0, ...times, traffic: this.memory?.traffic ?? null };
    this.plans = new RecentlyUsed(options.planCapacity, (plan) => plan.session.dispose());
  }

  /**
   * Computes every held tensor of the pending calls.
   *
   * @returns what was done, where that was one piece of work
   */
  run(pending: readonly KernelRecord[]): DoneWork | null {
    const start = performance.now();
    const work = findWork(pending);
    if (work.records.length === 0) return null;
    const parts = splitLargeUpdates(work, this.options.partLimits);
    this.statistics.planMs += performance.now() - start;
    const lastReaders = new Map(parts.flatMap((part) => part.leaves.map((leaf) => [leaf, part] as const)));
    const keys = parts.map((part) => {
      const key = this.runPart(part);
      // What a later part writes may take the place of what this one read last.
      const isForgotten = (leaf: Value) => leaf.references === 0 && lastReaders.get(leaf) === part;
      if (parts.length > 1) for (const leaf of part.leaves.filter(isForgotten)) this.release(leaf);
      return key;
    });
    const { leaves, results } = work;
    return keys.length === 1 ? { key: keys[0] as string, leaves, results } : null;
  }

  /**
   * Does work again: reads other leaves and fills other results, each of the same shape and type as then.
   *
   * @returns false where its graph is no longer kept
   */
  repeat({ key, leaves, results }: DoneWork): boolean {
    const plan = this.plans.get(key);
    if (plan) this.execute({ leaves, results }, plan);
    return plan !== undefined;
  }

  /** The numbers of a known value in tfjs' order, for good: nothing is written over them. */
  numbersOf({ shape, stored }: Value): Numbers {
    const data = this.download(stored as StoredNumbers);
    const { layout } = stored as StoredNumbers;
    if (!layout) (stored as StoredNumbers).isPrivate = false;
    return layout ? relayout(data, shape, layout, identity(layout.length)) : data;
  }

  /** As `numbersOf`, copied: the array that they stand in is used again when the tensor is gone. */
  copyNumbers({ shape, stored }: Value, target: Float32Array): void {
    const data = this.download(stored as StoredNumbers);
    const { layout } = stored as StoredNumbers;
    target.set(layout ? relayout(data, shape, layout, identity(layout.length)) : data);
  }

  /** Lets go of numbers that nobody reads any more, while calls that have run still refer to their value. */
  release(value: Value): void {
    this.memory?.free(value);
    const { data, isPrivate = false } = value.stored ?? {};
    value.stored = undefined;
    if (data && isPrivate) this.arrays.give(value.dtype, data);
  }

  /** Tensors in a device's own memory. */
  get residents(): number {
    return this.memory?.size ?? 0;
  }

  private runPart(work: Work): string {
    const start = performance.now();
    const key = structuralKey(work);
    const known = this.plans.get(key) ?? this.planOfOtherLayouts(work, key);
    this.statistics.planMs += performance.now() - start;
    const plan = known ?? this.compile(work, key);
    this.execute(work, plan);
    for (const record of work.records) for (const output of record.outputs) output.origin = undefined;
    return key;
  }

  dispose(): void {
    this.memory?.dispose();
    this.plans.clear();
  }

  /**
   * Of the same work, where little has to be brought into other layouts for it: another graph would keep all the memory of its own
   * that ONNX Runtime gives it.
   */
  private planOfOtherLayouts(work: Work, key: string): CompiledWork | undefined {
    const plan = this.plans.get(keyWithoutLayouts(work));
    if (!plan) return undefined;
    const moved = plan.feeds.filter(({ leaf, layout }) => !liesIn(work.leaves[leaf] as Value, layout));
    const numbers = moved.reduce((sum, { leaf }) => sum + sizeOf((work.leaves[leaf] as Value).shape), 0);
    if (numbers > mostNumbersMoved) return undefined;
    this.plans.set(key, plan);
    return plan;
  }

  private compile(work: Work, key: string): CompiledWork {
    const start = performance.now();
    const { graph, nodes, constants, feeds, fetches } = compile(work, this.target);
    const model = { nodes, constants, inputs: graph.inputs, outputs: graph.outputs };
    const bytes = encodeModel(this.memory ? model : uncopied(model));
    const plan = { session: openSession(bytes, this.options.session), feeds, fetches };
    this.plans.set(key, plan);
    // The next step finds its filters in the layout that this plan brings them into.
    for (const { leaf, layout } of feeds) this.bringInto(work.leaves[leaf] as Value, layout);
    this.plans.set(structuralKey(work), plan);
    this.plans.set(keyWithoutLayouts(work), plan);
    this.statistics.compiles++;
    this.statistics.nodes = nodes.length;
    this.statistics.compileMs += performance.now() - start;
    this.options.onCompile?.(this.statistics);
    return plan;
  }

  private execute({ leaves, results }: Omit<Work, 'records'>, { session, feeds, fetches }: CompiledWork): void {
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
    if (this.memory) this.runOnDevice(this.memory, session, inputs, { results, fetches });
    else this.runInMemory(session, inputs, { results, fetches });
    this.statistics.runs++;
    this.statistics.runMs += performance.now() - start;
  }

  private runOnDevice(memory: DeviceMemory, session: Session, inputs: Feeds, { results, fetches }: Outputs): void {
    const names = fetches.map(({ name }) => name);
    const outputs = session.run(inputs, names);
    for (const [index, { name, layout }] of fetches.entries()) {
      const resident = memory.keep(outputs[name] as Fetched);
      (results[index] as Value).stored = isIdentity(layout) ? { resident } : { resident, layout };
    }
  }

  private runInMemory(session: Session, inputs: Feeds, { results, fetches }: Outputs): void {
    const outputs = results.map(({ shape, dtype }, index): HostFeed & { name: string; layout: Permutation } => {
      const { name, layout } = fetches[index] as Outputs['fetches'][number];
      const dims = permuted(shape, layout);
      return { name, layout, location: 'cpu', dims, type: dtype, data: this.arrays.take(dtype, sizeOf(shape)) };
    });
    const written = outputs.filter(({ data }) => data.length > 0);
    if (written.length > 0) session.runInto(inputs, Object.fromEntries(written.map((output) => [output.name, output])));
    for (const [index, { data, layout }] of outputs.entries()) {
      const stored = { data, isPrivate: true };
      (results[index] as Value).stored = isIdentity(layout) ? stored : { ...stored, layout };
    }
    forget(this.arrays.age());
  }

  /** Makes a known value lie in the layout wanted, for good. */
  private bringInto(value: Value, layout: Permutation): StoredNumbers {
    const stored = value.stored as StoredNumbers;
    if (liesIn(value, layout)) return stored;
    const present = stored.layout ?? identity(layout.length);
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
