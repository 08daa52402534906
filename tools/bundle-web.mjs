/** Bundles what browsers load: the page and the worker of `latent-vae explore`, and the module `latent-vae/web`. */
import { build } from 'esbuild';

await build({
  entryPoints: {
    page: 'src/web/explorer/page/main.tsx',
    worker: 'src/web/explorer/worker/worker.ts',
    'latent-vae-web': 'src/web/index.ts',
  },
  outdir: 'dist/web',
  bundle: true,
  format: 'esm',
  platform: 'browser',
  target: ['es2022'],
  minify: true,
  sourcemap: false,
  legalComments: 'linked',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  logLevel: 'warning',
});
