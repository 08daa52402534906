/** Runs an encode in a process of its own and kills it at random moments until one run comes through. */
import { spawn } from 'node:child_process';
import type { RandomStream } from '../../src/random.js';

export interface KilledRuns {
  readonly kills: number;
  /** Batches that were handed to the encoder, over all runs. */
  readonly batches: number;
}

/**
 * Starts `program` again and again, kills the first `kills` runs with SIGKILL, each a few batches and up to 10 ms after its
 * encoder began, and lets the next one end.
 */
export async function runWithKills(
  program: string,
  args: readonly string[],
  kills: number,
  stream: RandomStream,
): Promise<KilledRuns> {
  let batches = 0;
  let killed = 0;
  for (;;) {
    const killAfter = killed < kills ? 1 + stream.integer(3) : Number.POSITIVE_INFINITY;
    const result = await runOnce(program, args, killAfter, stream.integer(10));
    batches += result.batches;
    if (result.code === 0) return { kills: killed, batches };
    if (!result.killed) throw new Error(`the run ended with code ${result.code}: ${result.errors}`);
    killed++;
  }
}

interface Run {
  readonly code: number | null;
  readonly killed: boolean;
  readonly batches: number;
  readonly errors: string;
}

function runOnce(program: string, args: readonly string[], killAfter: number, waitMs: number): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [batches, errors] = [0, ''];
    child.stderr.on('data', (text: Buffer) => {
      errors += text.toString();
    });
    child.stdout.on('data', (lines: Buffer) => {
      const before = batches;
      batches += lines.toString().split('\n').length - 1;
      if (before < killAfter && batches >= killAfter) setTimeout(() => child.kill('SIGKILL'), waitMs);
    });
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, killed: signal === 'SIGKILL', batches, errors }));
  });
}
