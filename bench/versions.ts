/**
 * `npm run bench -- versions OTHER/dist -- encode photos/ --model runs/a`: one command of ours by this checkout and by another that was
 * built elsewhere, by turns, each time into a fresh `--out`. Tells medians of time and of peak memory, and their ratios.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { note, print, printJson } from '../scripts/cli/output.js';
import { median } from './engine/race.js';

interface Figures {
  readonly seconds: number;
  /** Of all its threads together: hardly longer where others use the machine too. */
  readonly processorSeconds: number;
  readonly peakMiB: number;
}

/** Runs before the command, and tells on the fourth pipe what the process took. */
const tellUsage = `data:text/javascript,${encodeURIComponent(
  "import { writeSync } from 'node:fs'; process.on('exit', () => writeSync(3, JSON.stringify(process.resourceUsage())));",
)}`;

export async function run(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
  });
  const [other, ...command] = positionals;
  if (other === undefined || command.length === 0) {
    note(
      'Wanted the dist folder of another checkout, --, and a command without --out: versions OTHER/dist -- encode a/',
    );
    process.exitCode = 2;
    return;
  }
  const dists = { ours: 'dist', other: resolve(other) };
  const rounds: Record<keyof typeof dists, Figures[]> = { ours: [], other: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    const turns = round % 2 === 0 ? (['ours', 'other'] as const) : (['other', 'ours'] as const);
    for (const version of turns) rounds[version].push(await measure(dists[version], command));
  }
  const rows = (['seconds', 'processorSeconds', 'peakMiB'] as const).map((figure) => {
    const [ours, others] = [rounds.ours, rounds.other].map((all) => median(all.map((one) => one[figure])));
    return { figure, ours: ours as number, other: others as number, ratio: (ours as number) / (others as number) };
  });
  if (values.json) return printJson({ rows, rounds });
  for (const row of rows)
    print(
      `${row.figure}: ours ${row.ours.toFixed(2)}, the other's ${row.other.toFixed(2)}, ratio ${row.ratio.toFixed(3)}`,
    );
}

async function measure(dist: string, command: readonly string[]): Promise<Figures> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-vae-versions-'));
  try {
    const program = join(dist, 'scripts', 'latent-vae.js');
    const start = performance.now();
    const child = spawn(process.execPath, ['--import', tellUsage, program, ...command, '--out', join(folder, 'out')], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const [, , stderr, usage] = child.stdio;
    const ended = new Promise<number | null>((done) => child.once('close', done));
    const [messages, usageJson, code] = await Promise.all([text(stderr as never), text(usage as never), ended]);
    if (code !== 0) throw new Error(`${program} ${command.join(' ')} ended with ${code}:\n${messages}`);
    const seconds = (performance.now() - start) / 1000;
    const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse(usageJson) as NodeJS.ResourceUsage;
    return { seconds, processorSeconds: (userCPUTime + systemCPUTime) / 1e6, peakMiB: maxRSS / 1024 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
