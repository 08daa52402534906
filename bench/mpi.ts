/**
 * What it costs to train on several processes: the graph split into gradients and update in one process, and two processes of one
 * thread each against one of two threads.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { note } from '../scripts/cli/output.js';
import type { MpiFigures } from './mpi/training-process.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const program = fileURLToPath(new URL('./mpi/training-process.js', import.meta.url));
const rounds = 3;

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { json: { type: 'boolean', default: false } } });
  const rows: BenchRow[] = [];
  const alone = best(() => start([process.execPath, program, '1']));
  rows.push(
    benchRow({
      workload: 'gradients and update apart, one process, ms a step',
      oursMs: alone.splitMs,
      peer: 'one graph',
      peerMs: alone.wholeMs,
      target: 0.97,
    }),
  );
  const launcher = ['mpiexec.mpich', 'mpiexec'].find((name) => answers(name));
  if (launcher === undefined) note('no mpiexec: apt-get install mpich');
  else {
    const two = best(() => start([launcher, '-n', '2', process.execPath, program, '1']));
    const threads = best(() => start([process.execPath, program, '2']));
    rows.push(
      benchRow({
        workload: 'two processes of one thread, ms a step',
        oursMs: two.splitMs,
        peer: 'one process of two threads',
        peerMs: threads.wholeMs,
        target: 0.9,
      }),
    );
  }
  printRows(rows, values.json);
}

function answers(name: string): boolean {
  try {
    execFileSync(name, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function start([command = '', ...args]: string[]): MpiFigures {
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** The least times of several runs: what else runs here only adds to them. */
function best(measure: () => MpiFigures): MpiFigures {
  const runs = Array.from({ length: rounds }, measure);
  const least = (of: keyof MpiFigures) => Math.min(...runs.map((run) => run[of]));
  return { wholeMs: least('wholeMs'), splitMs: least('splitMs') };
}
