/** Two programs that do the same work take turns, so that whatever else the machine does meets both. */
import { setTimeout as pause } from 'node:timers/promises';
import type * as tf from '@tensorflow/tfjs-core';
import type { Parameters } from '../../src/nn/parameters.js';

/** Work on given numbers; a program that gets `job`, `parameters` and `inputs` can do the same. */
export interface Workload {
  /** Does the work once, and gives a number that the peer must get too. */
  run(): Promise<number>;
  dispose(): void;
  readonly job: object;
  /** The runs may change them. */
  readonly parameters: Parameters;
  /** Images [B, H, W, C] and whatever else the work is given. */
  readonly inputs: Readonly<Record<string, tf.Tensor>>;
}

export interface Contender {
  /** Does the work `count` times: milliseconds and value of each run. */
  runs(count: number): Promise<Runs>;
  close(): Promise<void>;
}

export interface Runs {
  readonly ms: readonly number[];
  readonly values: readonly number[];
  /** The most memory that the contender's process ever had resident; not told by contenders of this process. */
  readonly peakMiB?: number | null;
}

/** A workload in this process. */
export function contenderOf(workload: Workload, beforeTurn: () => Promise<unknown>): Contender {
  return {
    async runs(count) {
      await beforeTurn();
      const ms: number[] = [];
      const values: number[] = [];
      for (let done = 0; done < count; done++) {
        const start = performance.now();
        values.push(await workload.run());
        ms.push(performance.now() - start);
      }
      return { ms, values };
    },
    async close() {
      workload.dispose();
    },
  };
}

export interface RaceOptions {
  /** Turns of each. */
  readonly rounds: number;
  /** Runs per turn. */
  readonly runs: number;
}

const warmups = 3;

/** Threads that wait for work keep a core busy for a while after it. */
const cooldownMs = 100;

/** Medians of both. Throws where the peer does other work. */
export async function race(ours: Contender, peer: Contender | null, { rounds, runs }: RaceOptions) {
  const first = await ours.runs(warmups);
  if (peer) assertSame(first.values, (await peer.runs(warmups)).values);
  const times: { ours: number[]; peer: number[] } = { ours: [], peer: [] };
  for (let round = 0; round < rounds; round++) {
    await pause(cooldownMs);
    times.ours.push(...(await ours.runs(runs)).ms);
    if (!peer) continue;
    await pause(cooldownMs);
    times.peer.push(...(await peer.runs(runs)).ms);
  }
  return { oursMs: median(times.ours), peerMs: peer && median(times.peer) };
}

export function assertSame(ours: readonly number[], theirs: readonly number[]): void {
  for (const [index, value] of ours.entries()) {
    const other = theirs[index] as number;
    if (Math.abs(value - other) <= 1e-3 * Math.abs(other)) continue;
    throw new Error(`Run ${index + 1} gives ${value} here and ${other} in the peer: it does another job`);
  }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}
