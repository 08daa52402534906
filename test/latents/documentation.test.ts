import { execFile } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { findPython } from '../../bench/python.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { encodeTestFolder, temporaryFolder, writePictures } from './fixture.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writePictures(join(folder, 'pictures'), 10);
  await encodeTestFolder(join(folder, 'pictures'), join(folder, 'latents'), { dtype: 'bfloat16', shardBytes: 500 });
});

/** The one fenced block of a language in the documentation of the format. */
async function snippet(language: string): Promise<string> {
  const page = await readFile(join(root, 'docs', 'latents-format.md'), 'utf8');
  const blocks = [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].filter(([, name]) => name === language);
  expect(blocks).toHaveLength(1);
  return blocks[0]?.[2] as string;
}

test('the Python reader reads what was written', async ({ skip }) => {
  const python = await findPython(['torch', 'safetensors']);
  if (python === null) skip('no Python with torch and safetensors: set LATENT_VAE_PYTHON');
  const program = `${await snippet('python')}
torch.randn = torch.zeros
latents = Latents(${JSON.stringify(join(folder, 'latents'))})
assert sorted(sum(latents.batches(3), [])) == list(range(len(latents)))
print(json.dumps([[latents[i][0].flatten().tolist(), latents[i][1].item()] for i in range(len(latents))]))
`;
  const { stdout } = await run(python as string, ['-c', program]);
  const read = JSON.parse(stdout) as [number[], number][];
  const store = await openLatents(join(folder, 'latents'));
  const { shift, factor } = store.manifest.scaling as { shift: number; factor: number };
  expect(read).toHaveLength(10);
  for (const [index, [values, label]] of read.entries()) {
    const stored = await store.get(index);
    expect(label).toBe(stored.label);
    stored.mean.forEach((value, at) => {
      const [position, channel] = [Math.floor(at / 4), at % 4];
      expect(values[channel * 4 + position]).toBeCloseTo((value - shift) * factor, 5);
    });
  }
  await store.close();
});

test('the TypeScript reader runs as it is printed', async () => {
  const outfile = join(root, '.cache', 'test', String(process.pid), 'reader.mjs');
  await mkdir(dirname(outfile), { recursive: true });
  const source = join(folder, 'reader.ts');
  await writeFile(source, await snippet('ts'));
  const alias = { 'latent-vae': join(root, 'src', 'latents', 'reading', 'store.ts') };
  const external = ['sharp', 'p-queue', 'pure-rand', 'zod', '@petamoriken/*'];
  await build({ entryPoints: [source], outfile, bundle: true, platform: 'node', format: 'esm', alias, external });
  const { stdout } = await run(process.execPath, [outfile], { cwd: folder });
  const lines = stdout.trimEnd().split('\n');
  expect(lines).toHaveLength(2);
  const store = await openLatents(join(folder, 'latents'));
  for (const epoch of [0, 1]) {
    const options = { batch: 16, seed: 0, epoch, shuffle: true, sample: 'posterior', scaled: true } as const;
    const { value } = await store.batches(options).next();
    expect(lines[epoch]).toBe(`${epoch} [ 10, 2, 2, 4 ] ${value?.latents[0]} ${value?.labels[0]}`);
  }
  await store.close();
});
