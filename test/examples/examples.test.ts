/** The programs of examples/, each as a user runs it, on the built package. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { transform } from 'esbuild';
import sharp from 'sharp';
import sirv from 'sirv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { exportOnnx, exportTokenizer } from '../../src/interop/models/export-model.js';
import { encodeImages } from '../../src/tokenizer/encode-images.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { makeFolder } from '../data/folders.js';
import { useDefaultEngine } from '../golden.js';
import { chromiumPresent, startChromium } from '../report/chromium.js';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = makeFolder();
const size = 32;
const network = {
  latent: 'spatial',
  imageSize: size,
  latentChannels: 4,
  normNumGroups: 4,
  blockOutChannels: [8, 8, 8],
};

/** Without its types, where the package's own name leads to dist/. */
async function compiled(example: string): Promise<string> {
  const source = await readFile(join(root, 'examples', example), 'utf8');
  const { code } = await transform(source, { loader: 'ts', target: 'node20' });
  const out = join(root, 'dist/examples', example.replace(/\.ts$/, '.js'));
  await mkdir(dirname(out), { recursive: true });
  await writeFile(out, code);
  return out;
}

async function output(example: string, args: readonly string[]): Promise<string> {
  return (await run(process.execPath, [await compiled(example), ...args], { cwd: folder })).stdout;
}

beforeAll(async () => {
  await useDefaultEngine();
  await writeSyntheticImages(join(folder, 'photos'), { images: 48, size, seed: 3 });
  await exportTokenizer(randomAutoencoder(network), join(folder, 'model'), { name: 'model' }, 'float32');
});

describe('the examples', () => {
  it('are at most 30 lines long', async () => {
    for (const name of [
      'own-images/train.ts',
      'server/server.ts',
      'latents-in-tfjs/train.ts',
      'decoder-in-a-page/index.html',
    ]) {
      const lines = (await readFile(join(root, 'examples', name), 'utf8')).trimEnd().split('\n');
      expect(lines.length, name).toBeLessThanOrEqual(30);
    }
  });

  it('own-images trains on pictures of its own, and logs its term', async () => {
    expect(await output('own-images/train.ts', ['own', '3'])).toMatch(/^[\d.]+ dB on pictures that no step saw\n$/);
    const [first = ''] = (await readFile(join(folder, 'own/metrics.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(first).edges).toBeGreaterThan(0);
  });

  it('latents-in-tfjs learns the classes of a store', async () => {
    await encodeImages(join(folder, 'photos'), {
      model: join(folder, 'model'),
      out: join(folder, 'latents'),
      threads: 1,
    });
    const lines = (await output('latents-in-tfjs/train.ts', ['latents', '6'])).trim().split('\n');
    const losses = lines.map((line) => Number(line.split(' ').at(-1)));
    expect(losses).toHaveLength(6);
    expect(losses[5]).toBeLessThan(losses[0] as number);
  });
});

describe('the example of a server', () => {
  let server: ChildProcess;
  let url: string;
  beforeAll(async () => {
    server = spawn(process.execPath, [await compiled('server/server.ts'), 'model'], {
      cwd: folder,
      env: { ...process.env, PORT: '0' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await new Promise<Buffer[]>((resolve) => server.stdout?.once('data', (...all) => resolve(all)));
    url = `http://localhost:${JSON.parse(`${line}`).port}`;
  });
  afterAll(() => server.kill());

  it('answers a crowd', async () => {
    const file = join(folder, 'photos', (await readdir(join(folder, 'photos')))[0] as string, '00000.png');
    const content = await readFile(file);
    const answers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const encoded = await fetch(`${url}/encode`, { method: 'POST', body: content });
        const headers = { 'x-latent-shape': encoded.headers.get('x-latent-shape') ?? '' };
        const decoded = await fetch(`${url}/decode`, { method: 'POST', headers, body: await encoded.arrayBuffer() });
        return { ...headers, picture: Buffer.from(await decoded.arrayBuffer()) };
      }),
    );
    for (const answer of answers) {
      expect(answer['x-latent-shape']).toBe('8,8,4');
      expect(await sharp(answer.picture).metadata()).toMatchObject({ format: 'png', width: size, height: size });
    }
  });

  it('tells in one sentence what is no picture', async () => {
    const answer = await fetch(`${url}/encode`, { method: 'POST', body: 'no picture' });
    expect([answer.status, await answer.text()]).toEqual([400, expect.stringContaining('not a JPEG')]);
    expect((await fetch(`${url}/other`)).status).toBe(404);
  });
});

const webRuntime = (() => {
  try {
    return dirname(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  } catch {
    return undefined;
  }
})();
if (!chromiumPresent || webRuntime === undefined) {
  process.stdout.write('The example of a page is not tested: that wants /usr/bin/chromium and onnxruntime-web.\n');
}

it.skipIf(!chromiumPresent || webRuntime === undefined)(
  'the example of a page draws from an exported decoder',
  async () => {
    const page = join(folder, 'page');
    await cp(join(root, 'examples/decoder-in-a-page'), page, { recursive: true });
    await exportOnnx(randomAutoencoder(network), join(page, 'onnx'));
    const serve = sirv(folder, { dev: true });
    const serveRuntime = sirv(webRuntime as string, { dev: true });
    const server = createServer((request, response) => {
      const part = '/page/onnxruntime-web';
      if (!request.url?.startsWith(part)) return serve(request, response);
      request.url = request.url.slice(part.length);
      serveRuntime(request, response);
    }).listen(0);
    const browser = await startChromium();
    try {
      const opened = await browser.newPage();
      const lines: string[] = [];
      opened.on('console', (message) => lines.push(message.text()));
      opened.on('pageerror', (error) => lines.push(error.message));
      await opened.goto(`http://localhost:${(server.address() as AddressInfo).port}/page/index.html`);
      await opened.getByText(`4×8×8 numbers became ${size}×${size} px`).waitFor({ timeout: 120_000 });
      expect(lines).toEqual([]);
    } finally {
      await browser.close();
      server.close();
    }
  },
);
