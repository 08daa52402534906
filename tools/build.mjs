/** `npm run build`: the package for Node, the types for browsers and their bundles, side by side. */
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
/** Types are checked by `npm run check`: here they would be checked again, for half of the time. */
const emit = [tsc, '--noCheck', '-p'];
const steps = [[...emit, 'tsconfig.build.json'], [...emit, 'tsconfig.web.build.json'], ['tools/bundle-web.mjs']];

const run = (args) =>
  new Promise((resolve) => {
    spawn(process.execPath, args, { stdio: 'inherit' }).once('close', (code) => resolve(code ?? 1));
  });

const codes = await Promise.all(steps.map(run));
if (codes.some((code) => code !== 0)) process.exitCode = 1;
