/**
 * `npm run test:package`: the tarball that npm would publish, used as a module, in CommonJS and in strict TypeScript, on every
 * version of Node that is supported. The versions come from npm, as packages.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { installPackage } from './installed.js';

const run = promisify(execFile);
const compiler = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
const nodeVersions = ['20', '22', '24'];
const programs = ['esm.js', 'commonjs.cjs'];
/** What a strict user sets, in both ways in which such packages are found. */
const strictest = '--strict --exactOptionalPropertyTypes --noUncheckedIndexedAccess --noEmit --target es2023';
const resolutions = ['--module node16 --moduleResolution node16', '--module esnext --moduleResolution bundler'];

const folder = await mkdtemp(join(tmpdir(), 'latent-vae-package-'));
const attempts: { what: string; failure: string | null }[] = [];
try {
  await installPackage(folder);
  for (const version of nodeVersions) {
    const node = await installNode(version);
    for (const program of programs) await attempt(`${program} on Node ${version}`, node, [program]);
    await attempt(`the command on Node ${version}`, node, [
      'node_modules/latent-vae/dist/scripts/latent-vae.js',
      '--help',
    ]);
  }
  for (const resolution of resolutions) {
    const options = `${strictest} --skipLibCheck false ${resolution}`.split(' ');
    await attempt(`strict types, ${resolution}`, process.execPath, [compiler, ...options, 'strict.ts']);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
process.exitCode = attempts.some(({ failure }) => failure !== null) ? 1 : 0;

/** The path of a Node of this major version, of npm's package for this system. */
async function installNode(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const prefix = join(folder, `node-${version}`);
  await run('npm', [
    'install',
    '--no-audit',
    '--no-fund',
    '--ignore-scripts',
    '--prefix',
    prefix,
    `${name}@${version}`,
  ]);
  return join(prefix, 'node_modules', name, 'bin/node');
}

async function attempt(what: string, program: string, args: readonly string[]): Promise<void> {
  const failure = await run(program, args, { cwd: folder }).then(
    () => null,
    ({ stdout, stderr, message }) => stdout || stderr || message,
  );
  attempts.push({ what, failure });
  process.stdout.write(`${failure === null ? 'ok' : 'FAILED'}  ${what}\n${failure ?? ''}`);
}
