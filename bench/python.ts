/** Peers that run in Python: `$LATENT_VAE_PYTHON` or python3, if it has what they need. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { note } from '../scripts/cli/output.js';

const execute = promisify(execFile);

/** A Python that can import `packages`, or null with a line that says so. */
export async function findPython(packages: readonly string[]): Promise<string | null> {
  const python = process.env.LATENT_VAE_PYTHON ?? 'python3';
  try {
    await execute(python, ['-c', `import ${packages.join(', ')}`]);
    return python;
  } catch {
    note(`${python} has no ${packages.join(', ')}: set LATENT_VAE_PYTHON to run the peer.`);
    return null;
  }
}

/** Runs a program of bench/peers on a job, and parses the JSON that it prints. */
export async function runPython(python: string, program: string, job: object): Promise<unknown> {
  const folder = await mkdtemp(join(tmpdir(), 'bench-job-'));
  try {
    await writeFile(join(folder, 'job.json'), JSON.stringify(job));
    // From dist/bench to bench/peers.
    const path = fileURLToPath(new URL(`../../bench/peers/${program}`, import.meta.url));
    const { stdout } = await execute(python, [path, join(folder, 'job.json')], { maxBuffer: 2 ** 26 });
    return JSON.parse(stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
