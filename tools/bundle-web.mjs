/** Bundles what browsers load: the pages of `latent-vae explore` and `watch`, their worker, and the module `latent-vae/web`. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';

const entryPoints = {
  page: 'src/web/explorer/page/main.tsx',
  worker: 'src/web/explorer/worker/worker.ts',
  watch: 'src/web/watch/main.tsx',
  'latent-vae-web': 'src/web/index.ts',
};

const { metafile } = await build({
  entryPoints,
  outdir: 'dist/web',
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  minify: true,
  sourcemap: false,
  legalComments: 'none',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  metafile: true,
  logLevel: 'warning',
});

/** Folder of the package that a bundled file is of; undefined for files of this project. */
function packageOf(path) {
  const [, folder] = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(path) ?? [];
  return folder;
}

/** The packages in a bundle, with their licences: each wants its text to go where its code goes. */
function licencesOf(inputs) {
  const folders = [...new Set(Object.keys(inputs).flatMap((path) => packageOf(path) ?? []))].sort();
  return folders.map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? '' : `\n\n${readFileSync(join(folder, file), 'utf8').trim()}`;
    return `${name} ${version}, ${license}${text}\n`;
  });
}

for (const [path, { inputs }] of Object.entries(metafile.outputs)) {
  writeFileSync(
    `${path}.LEGAL.txt`,
    `Bundled packages and their licences\n\n${licencesOf(inputs).join(`\n${'-'.repeat(80)}\n\n`)}`,
  );
}
