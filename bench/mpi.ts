/**
 * What it costs to train on several processes: the graph split into gradients and update in one process, and two processes of one
 * thread each against one of two threads: npm run bench -- mpi [--rounds N] [--steps N]
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { note } from '../scripts/cli/output.js';
import type { MpiFigures, StepFigures } from './mpi/training-process.js';
import { type BenchRow, benchRow, printRows } from './rows.js';

const program = fileURLToPath(new URL('./mpi/training-process.js', import.meta.url));

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      json: { type: 'boolean', default: false },
      rounds: { type: 'string', default: '3' },
      steps: { type: 'string', default: '16' },
    },
  });
  const train = (launch: readonly string[], threads: number, sides: string) =>
    start([...launch, process.execPath, program, String(threads), values.steps, sides]);
  const rounds = Array.from({ length: Number(values.rounds) }, (_, index) => index + 1);
  const rows: BenchRow[] = [];

  const alone = rounds.map(() => train([], 1, 'both'));
  const apart = { workload: 'one process of one thread, gradients and update apart', peer: 'one graph', target: 0.97 };
  for (const [of, name] of [
    ['processorMs', 'processor ms a step'],
    ['ms', 'ms a step'],
  ] as const) {
    const [oursMs, peerMs] = [middle(alone.map(({ split }) => split[of])), middle(alone.map(({ whole }) => whole[of]))];
    rows.push(benchRow({ ...apart, workload: `${apart.workload}, ${name}`, oursMs, peerMs }));
  }

  const launcher = ['mpiexec.mpich', 'mpiexec'].find((name) => answers(name));
  if (launcher === undefined) note('no mpiexec: apt-get install mpich');
  else {
    // By turns, so that whatever else the machine does slows both of them down.
    const turns = rounds.map((round) => {
      const two = train([launcher, '-n', '2'], 1, 'split').split.ms;
      const threads = train([], 2, 'whole').whole.ms;
      note(`round ${round}: two processes ${two.toFixed(1)} ms a step, two threads ${threads.toFixed(1)} ms`);
      return { two, threads };
    });
    rows.push(
      benchRow({
        workload: 'two processes of one thread, ms a step',
        oursMs: middle(turns.map(({ two }) => two)),
        peer: 'one process of two threads',
        peerMs: middle(turns.map(({ threads }) => threads)),
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
  const figures = JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
  // JSON has no NaN: a side that was not asked for.
  const known = (side: StepFigures) => ({ ms: side.ms ?? Number.NaN, processorMs: side.processorMs ?? Number.NaN });
  return { whole: known(figures.whole), split: known(figures.split) };
}

function middle(numbers: number[]): number {
  return numbers.sort((a, b) => a - b)[Math.floor(numbers.length / 2)] as number;
}
