/** `npm run bench -- NAME [options]`: runs one benchmark of this folder. */
import { note } from '../scripts/cli/output.js';

const benchmarks: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<void> }>>> = {
  diffusion: () => import('./diffusion.js'),
  encode: () => import('./encode.js'),
  engine: () => import('./engine.js'),
  explore: () => import('./explore.js'),
  index: () => import('./index-of-a-million.js'),
  int8: () => import('./int8.js'),
  layout: () => import('./layout.js'),
  memory: () => import('./memory.js'),
  mpi: () => import('./mpi.js'),
  objective: () => import('./objective.js'),
  parts: () => import('./parts.js'),
  versions: () => import('./versions.js'),
};

const [name = '', ...args] = process.argv.slice(2);
const load = benchmarks[name];
if (load !== undefined) await (await load()).run(args);
else {
  note(`Got ${name || 'no benchmark'}, wanted one of ${Object.keys(benchmarks).join(', ')}: npm run bench -- encode`);
  process.exitCode = 2;
}
