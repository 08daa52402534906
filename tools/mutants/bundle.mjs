/** Tests with the code that they import, one file each, so that a mutant starts from modules that nothing has touched. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/**
 * @param instrumentedFile absolute path of the file whose text `text` is taken instead
 * @returns the bundles of the tests that reach the file, in their order, and a hash of all that they hold
 */
export async function bundleTests({ root, tests, outdir, instrumentedFile, text }) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: root,
    entryPoints: tests,
    outdir,
    outbase: root,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    metafile: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    target: 'node20',
    logLevel: 'error',
    write: false,
    plugins: [sources(instrumentedFile, text)],
  });
  const file = instrumentedFile.slice(root.length);
  const reaching = Object.entries(metafile.outputs)
    .filter(([, { inputs }]) => file in inputs)
    .map(([path, { entryPoint }]) => ({ path: `${root}${path}`, entryPoint }))
    .sort((a, b) => tests.indexOf(a.entryPoint) - tests.indexOf(b.entryPoint));
  const hash = createHash('sha256');
  const bundles = reaching.map(({ path }) => {
    const { contents } = outputFiles.find((output) => output.path === path);
    hash.update(contents);
    return { path, contents };
  });
  return { bundles, hash: hash.digest('hex') };
}

/** Files beside a module are looked for beside its source. */
const sources = (instrumentedFile, text) => ({
  name: 'sources',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => ({
      contents: (path === instrumentedFile ? text : readFileSync(path, 'utf8')).replaceAll(
        'import.meta.url',
        JSON.stringify(pathToFileURL(path).href),
      ),
      loader: 'ts',
    }));
  },
});
