/**
 * `npm run bench -- memory`: the peak of resident memory over the first training steps, here and in PyTorch, each in a process
 * of its own, everything counted (the runtimes too); and how long the engine compiles. Linux alone tells a process its peak.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { note, print, printJson } from '../scripts/cli/output.js';
import { engineOptionsSchema } from '../src/config/config.js';
import { selectEngine } from '../src/engine/select.js';
import { assertSame, type Runs } from './engine/race.js';
import { torchPeer } from './engine/torch-peer.js';
import type { TrainingFigures } from './memory/training-process.js';
import { steps, threads, type WorkloadName, workloads } from './memory/workloads.js';

interface MemoryRow {
  readonly workload: string;
  readonly peer: string | null;
  readonly oursMiB: number;
  readonly peerMiB: number | null;
  /** How many times as much as the peer we need. */
  readonly ratio: number | null;
  /** The largest ratio that we want. */
  readonly target: number;
  readonly compileMs: number;
  readonly compileTargetMs: number;
  /** The median step. */
  readonly stepMs: number;
}

const target = 1.2;
const program = fileURLToPath(new URL('./memory/training-process.js', import.meta.url));

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: { json: { type: 'boolean', default: false }, only: { type: 'string', default: '' } },
  });
  const names = Object.keys(workloads) as WorkloadName[];
  const rows: MemoryRow[] = [];
  for (const name of names.filter((candidate) => candidate.includes(values.only))) {
    const row = await measure(name);
    note(JSON.stringify(row));
    rows.push(row);
  }
  if (values.json) printJson({ rows });
  else print(JSON.stringify(rows, null, 2));
}

async function measure(name: WorkloadName): Promise<MemoryRow> {
  const { stdout } = await promisify(execFile)(process.execPath, [program, name]);
  const ours = JSON.parse(stdout) as TrainingFigures;
  const theirs = await peerRuns(name);
  if (theirs) assertSame(ours.values.slice(0, 3), theirs.values.slice(0, 3));
  const peerMiB = theirs?.peakMiB ?? null;
  return {
    workload: name,
    peer: peerMiB === null ? null : 'PyTorch',
    oursMiB: ours.peakMiB,
    peerMiB,
    ratio: peerMiB === null ? null : ours.peakMiB / peerMiB,
    target,
    compileMs: ours.compileMs,
    compileTargetMs: 1000 * workloads[name].compileSeconds,
    stepMs: ours.ms.slice(1).toSorted((a, b) => a - b)[Math.floor((steps - 1) / 2)] as number,
  };
}

/** The peer is a process of its own; this one only writes weights and inputs for it. */
async function peerRuns(name: WorkloadName): Promise<Runs | null> {
  const engine = await selectEngine(engineOptionsSchema.parse({ threads }));
  const workload = workloads[name].prepare();
  const job = { ...workload.job, memoryFormat: 'contiguous_format' };
  const peer = await torchPeer({ ...workload, job }, threads);
  try {
    return (await peer?.runs(steps)) ?? null;
  } finally {
    await peer?.close();
    workload.dispose();
    engine.dispose();
  }
}
