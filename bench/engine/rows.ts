/** Rows of a benchmark: work of ours against the same work of a peer, each on an engine of its own. */
import { parseArgs } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import { note } from '../../scripts/cli/output.js';
import { engineOptionsSchema } from '../../src/config/config.js';
import { selectEngine } from '../../src/engine/select.js';
import { type BenchRow, benchRow, printRows } from '../rows.js';
import { type Contender, contenderOf, race, type Workload } from './race.js';
import { torchPeer } from './torch-peer.js';

export const threads = 2;

export interface Row {
  readonly name: string;
  readonly target: number;
  /** Runs per turn, and turns of each side: short rows need many, since a neighbour's second of work is one of their turns. */
  readonly runs: number;
  readonly rounds: number;
  readonly prepare: () => Workload | Promise<Workload>;
  readonly peer: Peer;
}

export interface Peer {
  readonly name: string;
  /** Null where it is not installed. */
  open(workload: Workload): Promise<Contender | null>;
}

export const torch: Peer = { name: 'PyTorch', open: (workload) => torchPeer(workload, threads) };

/** Measures the rows whose names contain `--only`, and prints them. */
export async function runRows(rows: readonly Row[], args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
      rounds: { type: 'string' },
    },
  });
  const results: BenchRow[] = [];
  for (const row of rows.filter(({ name, peer }) => `${name}, ${peer.name}`.includes(values.only))) {
    results.push(await measure({ ...row, rounds: Number(values.rounds ?? row.rounds) }));
  }
  printRows(results, values.json);
}

/** On an engine of its own, so that no row inherits the memory of another. */
async function measure({ name, target, runs, rounds, prepare, peer }: Row): Promise<BenchRow> {
  const engine = await selectEngine(engineOptionsSchema.parse({ threads }));
  const backend = tf.getBackend();
  const workload = await prepare();
  const ours = contenderOf(workload, () => tf.setBackend(backend));
  const theirs = await peer.open(workload);
  try {
    const { oursMs, peerMs } = await race(ours, theirs, { rounds, runs });
    note(`${name}: ${oursMs.toFixed(1)} ms, ${peer.name} ${peerMs?.toFixed(1) ?? 'is not here'}`);
    return benchRow({ workload: `${name}, ms`, oursMs, peer: peer.name, peerMs, target });
  } finally {
    await theirs?.close();
    await ours.close();
    engine.dispose();
  }
}
