/** The two examples of latent diffusion, for a few steps on a small store. */
import { execFile } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import { beforeAll, expect, it } from 'vitest';
import { findPython } from '../../bench/python.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { exportOnnx, exportTokenizer } from '../../src/interop/models/export-model.js';
import { encodeImages } from '../../src/tokenizer/encode-images.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { makeFolder } from '../data/folders.js';
import { useDefaultEngine } from '../golden.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = makeFolder();

beforeAll(async () => {
  await useDefaultEngine();
  const model = randomAutoencoder({
    latent: 'spatial',
    imageSize: 32,
    latentChannels: 4,
    normNumGroups: 4,
    blockOutChannels: [8, 8, 8],
  });
  await writeSyntheticImages(join(folder, 'photos'), { images: 24, size: 32, seed: 3 });
  await exportTokenizer(model, join(folder, 'model'), { name: 'model' }, 'float32');
  await exportOnnx(model, join(folder, 'onnx'));
  const how = { model: join(folder, 'model'), out: join(folder, 'latents'), threads: 1 };
  await encodeImages(join(folder, 'photos'), how);
});

it('diffusion-typescript trains and draws', async () => {
  const source = await readFile(join(root, 'examples/diffusion-typescript/train.ts'), 'utf8');
  const hasty = source.replace('steps: 5000', 'steps: 2').replace('count: 64', 'count: 4');
  const { code } = await transform(hasty, { loader: 'ts', target: 'node20' });
  const out = join(root, 'dist/examples/diffusion-typescript/train.js');
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, code);
  const { stderr } = await run(process.execPath, [out, 'latents', 'run', 'samples'], { cwd: folder });
  expect(stderr).toMatch(/loss on latents that no step saw: \d/);
  const drawn = await readdir(join(folder, 'samples'), { recursive: true });
  expect(drawn.filter((name) => name.endsWith('.png'))).toHaveLength(4);
});

/** Without safetensors, or with an older PyTorch: what these lack is in test/examples/python. */
const supplied = { PYTHONPATH: join(root, 'test/examples/python') };

it('diffusion-pytorch trains, and draws where Python has ONNX Runtime', async ({ skip }) => {
  const whole = await findPython(['torch', 'numpy', 'safetensors']);
  const python = whole ?? (await findPython(['torch', 'numpy']));
  if (python === null) skip('no Python with torch and numpy: set LATENT_VAE_PYTHON');
  const canDraw = (await findPython(['torch', 'onnxruntime', 'PIL'])) === python;
  const program = join(root, 'examples/diffusion-pytorch/train.py');
  const drawing = canDraw ? ['--decoder', 'onnx/decoder.onnx', '--out', 'drawn'] : [];
  const args = [program, 'latents', '--steps', '200', '--batch', '8', ...drawing];
  const env = { ...process.env, ...(whole === null && supplied) };
  const { stdout } = await run(python as string, args, { cwd: folder, env });
  const means = [...stdout.matchAll(/^step \d+, loss ([\d.]+)$/gm)].map(([, loss]) => Number(loss));
  expect(means).toHaveLength(2);
  expect(means[1]).toBeLessThan(means[0] as number);
  if (canDraw) expect(await readdir(join(folder, 'drawn'))).toHaveLength(16);
});
