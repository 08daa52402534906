/** The package as its users have it: packed, unpacked into a folder of packages, beside what it depends on and nothing else. */
import { execFile } from 'node:child_process';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const consumers = join(root, 'test/package/consumers');

/** What users of its types install themselves. */
const packagesForTypes = ['@types/node', 'undici-types'];

/**
 * Makes a project in `folder` that has the package installed, with the programs of consumers/ in it. Packages that only this
 * repository needs are not there, so that none of them can be missing from `dependencies` unnoticed.
 *
 * @throws where dist/ was not built
 */
export async function installPackage(folder: string): Promise<string> {
  const options = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const [tarball] = JSON.parse((await run('npm', options, { cwd: root, maxBuffer: 2 ** 26 })).stdout);
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'latent-vae');
  await mkdir(installed, { recursive: true });
  await run('tar', ['-xzf', join(folder, tarball.filename), '-C', installed, '--strip-components', '1']);
  for (const path of [...(await packagesOfUsers()), ...packagesForTypes.map((name) => `node_modules/${name}`)]) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await symlink(join(root, path), join(folder, path));
  }
  await cp(consumers, folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "private": true }\n');
  return installed;
}

/** The folders of all that `npm install latent-vae` brings; what lies within another package's folder comes with that. */
async function packagesOfUsers(): Promise<string[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  const there = new Set(await installedFolders());
  return Object.entries<{ dev?: boolean; peer?: boolean }>(packages)
    .filter(([path, { dev, peer }]) => path !== '' && !dev && !peer && there.has(path))
    .map(([path]) => path);
}

async function installedFolders(): Promise<string[]> {
  const names = await readdir(join(root, 'node_modules'));
  const scoped = names.filter((name) => name.startsWith('@'));
  const inScopes = scoped.map(async (scope) =>
    (await readdir(join(root, 'node_modules', scope))).map((name) => `${scope}/${name}`),
  );
  return [...names, ...(await Promise.all(inScopes)).flat()].map((name) => `node_modules/${name}`);
}
