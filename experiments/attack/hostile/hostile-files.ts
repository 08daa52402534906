/** Hostile files, handed to the commands that read their kind: refused in a sentence or read, without a crash, a stack or a hang. */
import { existsSync } from 'node:fs';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import PQueue from 'p-queue';
import { note } from '../../../scripts/cli/output.js';
import { randomStream } from '../../../src/random.js';
import { misbehaviour, typed } from '../command.js';
import { emptyRow, type Plan, type Row } from '../table.js';
import { trap } from './forgeries.js';
import { type HostileKind, hostileKinds } from './kinds.js';

/** As many as a machine of two cores has. */
const atOnce = 2;

export async function openHostileFiles({ folder, fixtures, command = '', files, seed }: Plan): Promise<Row[]> {
  await mkdir(folder, { recursive: true });
  const all = await hostileKinds(join(folder, 'sound'), fixtures);
  const kinds = all.filter(({ name }) => name.includes(command));
  const queue = new PQueue({ concurrency: atOnce });
  const rows = kinds.map(({ name }) => emptyRow(`hostile ${name}`));
  const works = Array.from({ length: files }, (_, index) => () => {
    const at = index % kinds.length;
    const place = join(folder, `${index}`);
    return openOne(kinds[at] as HostileKind, place, Math.floor(index / kinds.length), seed, rows[at] as Row);
  });
  await queue.addAll(works);
  note(`hostile files: ${files}`);
  return rows;
}

async function openOne(kind: HostileKind, place: string, index: number, seed: number, row: Row): Promise<void> {
  const stream = randomStream('attack', 'hostile', kind.name, seed, index);
  await mkdir(place);
  const copy = join(place, kind.copyName ?? 'copy');
  await cp(kind.sound, copy, { recursive: true });
  const file = kind.file === undefined ? copy : join(copy, kind.file);
  const sound = await readFile(file);
  const how = kind.damages[index % kind.damages.length] as HostileKind['damages'][number];
  const forged = await how(Buffer.from(sound), stream, index);
  await writeFile(file, forged);
  const words = kind.commands[stream.integer(kind.commands.length)]?.(copy, join(place, 'out')) ?? [];
  const ended = await typed(words, { cwd: place });
  row.attempts++;
  const tell = (what: string) => note(`${row.attack}, ${place}: latent-vae ${words.join(' ')}: ${what}`);
  const why = existsSync(join(place, trap)) ? 'ran what a file told it' : misbehaviour(ended);
  if (ended.hung) row.hung++;
  else if (why !== undefined) row.failures++;
  if (why !== undefined) tell(`${why}: ${ended.stderr.slice(0, 2000).trim()}`);
  const isOverlooked =
    kind.isNoticedBy !== undefined && words[1] === kind.isNoticedBy && ended.code === 0 && !forged.equals(sound);
  if (isOverlooked) {
    row.wrong++;
    tell('found nothing');
  }
  if (why === undefined && !isOverlooked) await rm(place, { recursive: true });
}
