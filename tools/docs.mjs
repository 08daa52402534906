/**
 * `npm run docs`: the site of docs/, in docs/.vitepress/dist. Its packages are no packages of the library: they are installed in docs/
 * where they are missing or old.
 *
 * --serve shows the site when it is made, --dev shows it while pages are written, --test opens its pages in a browser;
 * --base /path/ is for a site that is not at the root of its server.
 */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { installPackages } from './install-packages.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values } = parseArgs({
  options: {
    serve: { type: 'boolean' },
    dev: { type: 'boolean' },
    test: { type: 'boolean' },
    base: { type: 'string', default: '/' },
  },
});

function run(program, args, options = {}) {
  const { status } = spawnSync(program, args, { cwd: root, stdio: 'inherit', ...options });
  if (status !== 0) process.exit(status ?? 1);
}

installPackages('docs');
rmSync(`${root}docs/reference/api`, { recursive: true, force: true });
run(process.execPath, ['docs/node_modules/typedoc/bin/typedoc', '--options', 'docs/typedoc.json']);
const vitepress = ['docs/node_modules/vitepress/bin/vitepress.js'];
const base = ['--base', values.base];
if (values.dev) run(process.execPath, [...vitepress, 'dev', 'docs', ...base]);
else run(process.execPath, [...vitepress, 'build', 'docs', ...base]);
if (values.test)
  run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'test/documents/site.test.ts'], {
    env: { ...process.env, LATENT_VAE_SITE: 'built' },
  });
if (values.serve) run(process.execPath, [...vitepress, 'preview', 'docs', ...base]);
