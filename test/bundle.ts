/** Programs of the tests that run in processes of their own. */
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundles a TypeScript program inside the repository, so that it finds its packages. */
export async function bundle(source: string): Promise<string> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const outfile = join(root, '.cache', 'test', String(process.pid), basename(source).replace(/ts$/, 'mjs'));
  await mkdir(dirname(outfile), { recursive: true });
  const options = { bundle: true, platform: 'node', target: 'node20', format: 'esm', packages: 'external' } as const;
  await build({ entryPoints: [source], outfile, ...options });
  return outfile;
}
