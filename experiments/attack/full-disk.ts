/** A disk that is full at every write: a small tmpfs, which grows until the command has room. */
import { spawnSync } from 'node:child_process';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { note } from '../../scripts/cli/output.js';
import { UserError } from '../../src/errors.js';
import { randomStream } from '../../src/random.js';
import { misbehaviour, typed } from './command.js';
import { type Content, contentOf, isEqual } from './content.js';
import { finish } from './kills.js';
import { emptyRow, type Plan, type Row } from './table.js';
import { type Target, targetsOf } from './targets.js';

/** tmpfs gives whole pages. */
const pageBytes = 4096;
/** Sizes between nothing and what the output takes. */
const sizes = 6;

export async function fillDisks({ folder, fixtures, command = '', seed }: Plan): Promise<Row[]> {
  const disk = join(folder, 'disk');
  await mkdir(disk, { recursive: true });
  try {
    mount(disk, pageBytes);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    note(`Full disks: ${error.message} This part is left out: it wants root on Linux.`);
    return [];
  }
  unmount(disk);
  const rows: Row[] = [];
  for (const target of targetsOf(fixtures).filter(({ name }) => name.includes(command))) {
    const undisturbed = join(folder, target.name.replaceAll(' ', '-'), target.out);
    await mkdir(join(undisturbed, '..'), { recursive: true });
    await typed(target.words(undisturbed));
    rows.push(await fill(target, disk, await contentOf(undisturbed), await sizeOf(undisturbed), seed));
  }
  return rows;
}

async function fill(target: Target, disk: string, whole: Content, wantedBytes: number, seed: number): Promise<Row> {
  const row = emptyRow(`full disk, ${target.name}`);
  const stream = randomStream('attack', 'disk', target.name, seed);
  const out = join(disk, target.out);
  const tell = (what: string) => note(`${row.attack}: ${what}`);
  mount(disk, pageBytes);
  try {
    let done = 0;
    for (let step = 0; step < sizes; step++) {
      const bytes = pageBytes * (2 + Math.floor(((step + stream.uniform()) / sizes) * (wantedBytes / pageBytes)));
      mount(disk, bytes);
      const ended = await typed((target.again ?? target.words)(out));
      row.attempts++;
      const why =
        misbehaviour(ended) ??
        (ended.code !== 0 && !/no space|room/.test(ended.stderr) ? 'gave another reason' : undefined);
      if (ended.hung) row.hung++;
      else if (why !== undefined) row.failures++;
      if (why !== undefined) tell(`${bytes} bytes: ${why}: ${ended.stderr.trim()}`);
      const now = await target.done(out);
      if (now < done) {
        row.lost++;
        tell(`${bytes} bytes: ${done} were done before, ${now} after`);
      }
      done = now;
      const content = await contentOf(out);
      if (ended.code === 0 ? !isEqual(content, whole) : !(await target.isHonest(out, whole))) {
        row.wrong++;
        tell(`${bytes} bytes: code ${ended.code}, and ${[...content.keys()].join(', ')}`);
      }
      if (ended.code === 0) break;
    }
    mount(disk, 2 ** 30);
    await finish(target, out, whole, row, tell);
  } finally {
    unmount(disk);
  }
  note(`${row.attack}: ${row.attempts} times`);
  return row;
}

const mounted = new Set<string>();

/** Mounts a disk of that size, or makes the one that is there so large. */
function mount(disk: string, sizeBytes: number): void {
  const size = `size=${sizeBytes}`;
  const args = mounted.has(disk)
    ? ['-o', `remount,${size}`, disk]
    : ['-t', 'tmpfs', '-o', size, 'latent-vae-attack', disk];
  const { status, stderr, error } = spawnSync('mount', args, { encoding: 'utf8' });
  if (status !== 0) throw new UserError(error?.message ?? stderr.trim());
  mounted.add(disk);
}

function unmount(disk: string): void {
  spawnSync('umount', [disk]);
  mounted.delete(disk);
}

async function sizeOf(path: string): Promise<number> {
  const status = await stat(path);
  if (status.isFile()) return status.size;
  const files = [...(await contentOf(path)).keys()];
  const all = await Promise.all(files.map((file) => stat(join(path, file))));
  return all.reduce((sum, { size }) => sum + Math.ceil(size / pageBytes) * pageBytes, 0);
}
