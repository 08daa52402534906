/** Two processes that cannot see each other, as in two containers, write to one place at the same time. */
import { spawnSync } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { note } from '../../scripts/cli/output.js';
import { randomStream } from '../../src/random.js';
import { misbehaviour, typed } from './command.js';
import { contentOf } from './content.js';
import { finish } from './kills.js';
import { emptyRow, type Plan, type Row } from './table.js';
import { type Target, targetsOf } from './targets.js';

const namespace = ['unshare', '--fork', '--pid', '--mount-proc'];

export async function raceWriters({ folder, fixtures, command = '', races, seed }: Plan): Promise<Row[]> {
  const [program = '', ...args] = [...namespace, 'true'];
  if (spawnSync(program, args).status !== 0) {
    note('Two writers: unshare --pid is not permitted here, so that this part is left out. It wants root on Linux.');
    return [];
  }
  const targets = targetsOf(fixtures).filter(
    ({ name }) => ['encode', 'train'].includes(name) && name.includes(command),
  );
  const rows: Row[] = [];
  for (const target of targets) rows.push(await race(target, join(folder, target.name), races, seed));
  return rows;
}

async function race(target: Target, folder: string, races: number, seed: number): Promise<Row> {
  const row = emptyRow(`two writers, ${target.name}`);
  const stream = randomStream('attack', 'writers', target.name, seed);
  const undisturbed = join(folder, 'undisturbed', target.out);
  const { ms } = await typed(target.words(undisturbed));
  const whole = await contentOf(undisturbed);
  for (let number = 0; number < races; number++) {
    const out = join(folder, `${number}`, target.out);
    const tell = (what: string) => note(`${row.attack}, ${out}: ${what}`);
    row.attempts++;
    // At the same moment, or the second one some time into the first one's work.
    const later = stream.integer(2) === 0 ? 0 : stream.uniform() * ms;
    const both = await Promise.all([
      typed(target.words(out), { before: namespace }),
      setTimeout(later).then(() => typed(target.words(out), { before: namespace })),
    ]);
    for (const ended of both) {
      const why = misbehaviour(ended);
      if (ended.hung) row.hung++;
      else if (why !== undefined) row.failures++;
      if (why !== undefined) tell(`${why}: ${ended.stderr.trim()}`);
    }
    if (both.every(({ code }) => code !== 0)) {
      row.failures++;
      tell(`neither came to its end: ${both.map(({ stderr }) => stderr.trim()).join(' | ')}`);
    }
    await finish(target, out, whole, row, tell);
    if (target.name === 'encode') {
      const { code, stdout } = await typed(['latents', 'verify', out]);
      if (code !== 0) row.wrong++;
      if (code !== 0) tell(stdout.trim());
    }
    if (row.failures + row.lost + row.wrong + row.hung === 0) await rm(join(folder, `${number}`), { recursive: true });
  }
  note(`${row.attack}: ${row.attempts} races`);
  return row;
}
