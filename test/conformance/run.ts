/**
 * `npm run test:conformance`: tfjs-core's own test suite on this engine, with and without the cpu fallback. Fails when a spec
 * fails that is not listed in known-failures.ts, when an entry of that list has become needless, or when too few specs pass.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { fallbackVariable, type Mode, modes } from './modes.js';
import { runSpecs, type SpecResult } from './specs.js';
import { isAcceptable, judge, report } from './verdict.js';

const root = process.cwd();
const folder = fileURLToPath(new URL('.', import.meta.url));
const bundle = join(folder, 'suite.cjs');

/** tfjs-core's specs are modules without file extensions, which only a bundler resolves. */
async function bundleSuite(): Promise<void> {
  await build({
    entryPoints: [join(root, 'test/conformance/suite.ts')],
    outfile: bundle,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    mainFields: ['module', 'main'],
    external: ['jasmine-core', 'worker_threads'],
    logLevel: 'error',
    // tfjs-core declares its specs free of side effects; a bundler that believes it drops them all.
    ignoreAnnotations: true,
    define: { 'import.meta.url': 'bundleUrl' },
    banner: { js: 'const bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
  });
}

const resultsOf = (mode: Mode): string => join(folder, `results-${modes.indexOf(mode)}.json`);

/** In a process of its own: tfjs keeps its state in globals. */
async function runMode(mode: Mode): Promise<SpecResult[]> {
  const env = { ...process.env, [fallbackVariable]: mode === 'with the cpu fallback' ? 'yes' : 'no' };
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), mode], { env, stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`The suite ended early, with exit code ${code}`);
  return JSON.parse(await readFile(resultsOf(mode), 'utf8')) as SpecResult[];
}

const mode = modes.find((name) => name === process.argv[2]);
if (mode) {
  await writeFile(resultsOf(mode), JSON.stringify(await runSpecs(folder, bundle)));
  process.exit(0);
}
await bundleSuite();
for (const each of modes) {
  const verdict = judge(await runMode(each), each);
  process.stdout.write(`${report(verdict)}\n`);
  if (!isAcceptable(verdict)) process.exitCode = 1;
}
