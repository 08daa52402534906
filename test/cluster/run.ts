/**
 * `npm run test:cluster`: the examples for Slurm on a Slurm of our own, and the same under mpiexec. An array of four encodes in
 * parts, one of its tasks is killed and queues itself again, and a dependent job merges; the store must be that of a single run.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { openLatents } from '../../src/latents/reading/store.js';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import { writePictures } from '../latents/fixture.js';
import { exists, missingForSlurm, type Slurm, startSlurm } from './slurm.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = join(root, 'dist/scripts/latent-vae.js');
const pictures = 240;
const options = ['--threads', '1', '--batch', '8'];

const folder = await mkdtemp(join(tmpdir(), 'latent-vae-cluster-'));
const [images, model, single] = ['images', 'model', 'single'].map((name) => join(folder, name)) as [
  string,
  string,
  string,
];
try {
  await writePictures(images, pictures, ['dogs/broken.png']);
  latentVae(
    'train',
    images,
    '--preset',
    'kl-f8-tiny',
    '--size',
    '32',
    '--steps',
    '1',
    '--threads',
    '1',
    '--out',
    model,
  );
  latentVae('encode', images, '--model', model, '--out', single, '--part', '1/1', ...options);
  const lacks = missingForSlurm();
  if (lacks === undefined) await underSlurm();
  else say(`skipped: Slurm (${lacks})`);
  for (const launcher of ['mpiexec.mpich', 'mpiexec.openmpi']) {
    if (exists(launcher)) await underMpi(launcher);
    else say(`skipped: ${launcher} (apt-get install ${launcher.endsWith('mpich') ? 'mpich' : 'openmpi-bin'})`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

async function underSlurm(): Promise<void> {
  const store = join(folder, 'slurm');
  const home = await mkdtemp(join(tmpdir(), 'latent-vae-slurm-'));
  const slurm = await startSlurm(home, 4);
  try {
    const [array = '', merge = ''] = submit(slurm, store);
    await killTask(2, store);
    await ended(slurm, array, merge);
    const log = await readLogs(array);
    const merged = await readFile(join(folder, `merge-${merge}.log`), 'utf8').catch(() => '');
    if (!merged.includes('nothing is wrong')) throw new Error(`The merge said: ${merged}\n${log}`);
    if (!/Killed|137/.test(log)) throw new Error(`No task was killed: ${log}`);
    await compare('Slurm, an array of four, one killed and queued again, and a dependent merge', store);
  } finally {
    slurm.command('scancel', '--user=root');
    await setTimeout(1000);
    await slurm.stop();
    await rm(home, { recursive: true, force: true });
  }
}

/** The numbers of the array and of the merge. */
function submit(slurm: Slurm, store: string): string[] {
  const scripts = join(root, 'examples/slurm');
  const variables = {
    IMAGES: images,
    MODEL: model,
    OUT: store,
    LATENT_VAE: `${process.execPath} ${bin}`,
    OPTIONS: '--batch 8',
  };
  Object.assign(process.env, variables);
  const common = ['--parsable', `--chdir=${folder}`, '--export=ALL'];
  const array = slurm.command('sbatch', ...common, '--array=0-3', '--cpus-per-task=1', join(scripts, 'encode.sbatch'));
  const after = `--dependency=afterok:${array}`;
  return [array, slurm.command('sbatch', ...common, after, '--cpus-per-task=1', join(scripts, 'merge.sbatch'))];
}

/** Kills a task of the array with SIGKILL as soon as its journal has a batch. */
async function killTask(task: number, store: string): Promise<void> {
  const journal = join(store, `part-0000${task + 1}-of-00004`, 'latents-00000.partial.jsonl');
  for (let tries = 0; ; tries++) {
    const status = await stat(journal).catch(() => undefined);
    if (status !== undefined && status.size > 0) break;
    if (tries > 30_000) throw new Error(`${journal} has no batch after minutes`);
    await setTimeout(10);
  }
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!environment.includes(`SLURM_ARRAY_TASK_ID=${task}\0`) || !command.includes('latent-vae.js')) continue;
    if (command.startsWith(process.execPath)) process.kill(Number(pid), 'SIGKILL');
  }
}

async function ended(slurm: Slurm, array: string, merge: string): Promise<void> {
  const hastened = new Set<string>();
  for (let tries = 0; tries < 600; tries++) {
    const jobs = slurm.command('squeue', '--noheader', '--format=%A %t %r');
    if (jobs === '') return;
    if (jobs.includes('DependencyNeverSatisfied')) throw new Error(`A part failed: ${await readLogs(array)}`);
    // A job that is queued again waits two minutes. Some seconds it needs: a node refuses one that it ended in the same second.
    for (const line of jobs.split('\n').filter((job) => job.includes('BeginTime'))) {
      const [job = ''] = line.split(' ');
      if (!hastened.has(job)) slurm.command('scontrol', 'update', `JobId=${job}`, 'StartTime=now+5');
      hastened.add(job);
    }
    await setTimeout(1000);
  }
  throw new Error(`Jobs ${array} and ${merge} have not ended: ${slurm.command('squeue')}`);
}

async function readLogs(array: string): Promise<string> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(`latents-${array}`));
  return (await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')))).join('\n');
}

async function underMpi(launcher: string): Promise<void> {
  const store = join(folder, launcher);
  const program = [process.execPath, bin, 'encode', images, '--model', model, '--out', store, ...options];
  const allowed = { OMPI_ALLOW_RUN_AS_ROOT: '1', OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: '1' };
  const more = launcher.endsWith('openmpi') ? ['--oversubscribe'] : [];
  const child = spawn(launcher, [...more, '-n', '4', ...program], {
    env: { ...process.env, ...allowed },
    stdio: 'ignore',
  });
  await succeeded(child, launcher);
  latentVae('latents', 'merge', store);
  await compare(`${launcher} -n 4`, store);
}

function succeeded(child: ChildProcess, name: string): Promise<void> {
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve() : reject(new Error(`${name} ended with ${code}`))));
  });
}

function latentVae(...args: string[]): void {
  execFileSync(process.execPath, [bin, ...args], { stdio: ['ignore', 'ignore', 'pipe'] });
}

/** Latents, labels and records of every image byte for byte, statistics, scale, classes and what was skipped. */
async function compare(what: string, path: string): Promise<void> {
  await using merged = await openLatents(path);
  await using whole = await openLatents(single);
  const problems = await verifyLatents(path);
  if (problems.length > 0) throw new Error(`${what}: ${problems.join('; ')}`);
  for (const field of ['images', 'statistics', 'scaling', 'classes', 'skipped', 'latent', 'encoder'] as const) {
    if (isDeepStrictEqual(merged.manifest[field], whole.manifest[field])) continue;
    throw new Error(`${what}: ${field} is not that of a single run`);
  }
  const expected = new Map<string, Awaited<ReturnType<typeof whole.get>>>();
  for (let index = 0; index < whole.length; index++) {
    const image = await whole.get(index);
    expected.set(image.path, image);
  }
  for (let index = 0; index < merged.length; index++) {
    const image = await merged.get(index);
    if (!isDeepStrictEqual(image, expected.get(image.path))) throw new Error(`${what}: ${image.path} differs`);
  }
  say(`equal to a single run: ${what} (${merged.length} images, ${merged.manifest.shards.length} shards)`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
