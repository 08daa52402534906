/** The tarball that npm would publish, used by programs of its users. `npm run test:package` does so with every Node. */
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';
import { makeFolder } from '../data/folders.js';
import { installPackage } from './installed.js';

const run = promisify(execFile);
const folder = makeFolder();
let installed: string;
beforeAll(async () => {
  installed = await installPackage(folder);
});

it('works as a module and in CommonJS with nothing but what it depends on', async () => {
  const outputs = [];
  for (const program of ['esm.js', 'commonjs.cjs']) {
    outputs.push((await run(process.execPath, [program], { cwd: folder })).stdout);
  }
  expect(outputs).toEqual(['esm works\n', 'commonjs works: UserError 2\n']);
});

it('has every file that its package.json names', async () => {
  const { bin, exports } = JSON.parse(await readFile(join(installed, 'package.json'), 'utf8'));
  const doors = Object.values<string | Record<string, string>>(exports);
  const named = [...Object.values<string>(bin), ...doors.flatMap((door) => Object.values([door].flat()[0] as object))];
  const paths = named.filter((path) => path.length > 1);
  expect(paths.length).toBeGreaterThan(10);
  for (const path of paths) await access(join(installed, path));
});
