/** SIGKILL at random moments: by the clock, and by the changes that a command makes to its folder. */
import type { ChildProcess } from 'node:child_process';
import { type FSWatcher, watch } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { note } from '../../scripts/cli/output.js';
import { type RandomStream, randomStream } from '../../src/random.js';
import { type Ended, misbehaviour, typed } from './command.js';
import { type Content, contentOf, differences } from './content.js';
import { emptyRow, type Plan, type Row } from './table.js';
import { type Target, targetsOf } from './targets.js';

/** Kills of one folder, before it is finished and compared. */
const killsInChain = 5;
/** As many as a machine of two cores has. */
const atOnce = 2;

export async function killCommands({ folder, fixtures, command = '', kills, seed }: Plan): Promise<Row[]> {
  const queue = new PQueue({ concurrency: atOnce });
  const targets = targetsOf(fixtures).filter(({ name }) => name.includes(command));
  return Promise.all(
    targets.map((target) => queue.add(() => kill(target, join(folder, target.name.replaceAll(' ', '-')), kills, seed))),
  ) as Promise<Row[]>;
}

/** What a run is that nobody disturbs. */
interface Undisturbed {
  readonly whole: Content;
  readonly ms: number;
  /** Times that it changes something in its folder. */
  readonly changes: number;
}

async function kill(target: Target, folder: string, kills: number, seed: number): Promise<Row> {
  const row = emptyRow(`kill ${target.name}`);
  const stream = randomStream('attack', target.name, seed);
  const undisturbed = await runUndisturbed(target, join(folder, 'undisturbed'));
  // A run may end before it is killed: then there is a chain more.
  for (let chain = 0; row.attempts < kills && chain < 3 * kills; chain++) {
    const place = join(folder, `chain-${chain}`);
    await runChain(target, place, undisturbed, Math.min(killsInChain, kills - row.attempts), stream, row);
    if (row.failures + row.lost + row.wrong + row.hung === 0) await rm(place, { recursive: true });
  }
  note(`${row.attack}: ${row.attempts} kills, ${undisturbed.changes} changes in ${Math.round(undisturbed.ms)} ms`);
  return row;
}

async function runUndisturbed(target: Target, place: string): Promise<Undisturbed> {
  await mkdir(place, { recursive: true });
  const out = join(place, target.out);
  let changes = 0;
  const watcher = changesIn(place, () => changes++);
  const { code, ms, stderr } = await typed(target.words(out));
  watcher.close();
  if (code !== 0) throw new Error(`${target.name} ended with ${code} though nobody disturbed it: ${stderr}`);
  return { whole: await contentOf(out), ms, changes };
}

async function runChain(
  target: Target,
  place: string,
  undisturbed: Undisturbed,
  kills: number,
  stream: RandomStream,
  row: Row,
): Promise<void> {
  await mkdir(place, { recursive: true });
  const out = join(place, target.out);
  const tell = (what: string) => note(`${target.name}, ${place}: ${what}`);
  let done = 0;
  for (let killed = 0; killed < kills; killed++) {
    const words = killed === 0 ? target.words(out) : (target.again ?? target.words)(out);
    const ended = await typed(words, { onStart: (child) => killSometime(child, place, undisturbed, stream) });
    if (ended.hung) row.hung++;
    if (ended.signal !== 'SIGKILL') break;
    row.attempts++;
    const now = await target.done(out);
    if (now < done) {
      row.lost++;
      tell(`${done} were done before a kill, ${now} after it`);
    }
    done = now;
    if (!(await target.isHonest(out, undisturbed.whole))) {
      row.wrong++;
      tell('what is there is half, and looks whole');
    }
  }
  await finish(target, out, undisturbed.whole, row, tell);
}

/** The same command must come to its end, and to the same bytes. */
export async function finish(
  target: Target,
  out: string,
  whole: Content,
  row: Row,
  tell: (what: string) => void,
): Promise<void> {
  const ended: Ended = await typed((target.again ?? target.words)(out));
  const { lost, wrong } = differences(await contentOf(out), whole);
  const isWhole = lost.length + wrong.length === 0;
  // What was whole already may refuse to be written again.
  const isRefusedForBeingWhole = ended.code === 2 && isWhole;
  const why =
    misbehaviour(ended) ?? (ended.code === 0 || isRefusedForBeingWhole ? undefined : `ended with ${ended.code}`);
  if (ended.hung) row.hung++;
  else if (why !== undefined) row.failures++;
  if (why !== undefined) tell(`${why}: ${ended.stderr.trim()}`);
  if (lost.length > 0) row.lost++;
  if (wrong.length > 0) row.wrong++;
  if (!isWhole) tell(`lost ${lost.join(', ') || 'nothing'}; wrong ${wrong.join(', ') || 'nothing'}`);
}

/** At a moment of the time that a run takes, or after one of its changes, so that short moments of writing are met too. */
function killSometime(child: ChildProcess, place: string, { ms, changes }: Undisturbed, stream: RandomStream): void {
  const end = () => child.kill('SIGKILL');
  if (stream.integer(3) === 0) {
    const timer = setTimeout(end, stream.uniform() * ms);
    child.once('close', () => clearTimeout(timer));
    return;
  }
  let left = 1 + stream.integer(Math.max(1, changes));
  const watcher = changesIn(place, () => {
    if (--left <= 0) end();
  });
  child.once('close', () => watcher.close());
}

function changesIn(folder: string, onChange: () => void): FSWatcher {
  const watcher = watch(folder, { recursive: true }, onChange);
  // A folder may be gone before Node looks into it.
  watcher.on('error', () => undefined);
  return watcher;
}
