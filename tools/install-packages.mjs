/** Packages that one tool wants and the library does without: a folder of their own, installed where they are missing or old. */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** What was installed is told by the lock that it was installed from. */
export function installPackages(folder) {
  const stamp = `${root}${folder}/node_modules/.installed-from`;
  const wanted = createHash('sha256')
    .update(readFileSync(`${root}${folder}/package-lock.json`))
    .digest('hex');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const npm = process.env.npm_execpath;
  const args = ['ci', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
  const [program, words] = npm ? [process.execPath, [npm, ...args]] : ['npm', args];
  const { status } = spawnSync(program, words, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, wanted);
}
