/** The page where the browser has WebGPU: its numbers are checked, and where it is wrong or breaks down, wasm goes on. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serveExploration } from '../../src/exploration/serve.js';
import { exportTokenizer } from '../../src/interop/models/export-model.js';
import type { LocalServer } from '../../src/serving/local-server.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { latentVaeJson, newFolder } from '../e2e/latent-vae.js';
import { useDefaultEngine } from '../golden.js';

const executablePath = '/usr/bin/chromium';
/** SwiftShader, which computes Vulkan on a CPU, comes with Chromium. */
const softwareGpu = [
  '--no-sandbox',
  '--disable-background-networking',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
];

let folder: string;
let server: LocalServer;
let browser: Browser | undefined;
beforeAll(async () => {
  if (!existsSync(executablePath)) return;
  await useDefaultEngine();
  folder = await newFolder();
  // Small: every kernel is compiled for a card that a CPU plays.
  const network = { latent: 'vector', imageSize: 16, latentFloats: 8, normNumGroups: 4, blockOutChannels: [8] };
  const model = randomAutoencoder(network);
  await exportTokenizer(model, join(folder, 'grid'), { name: 'grid' }, 'float32');
  await latentVaeJson(['explore', '--model', join(folder, 'grid'), '--out', join(folder, 'page')]);
  server = await serveExploration(join(folder, 'page'), 0);
  browser = await chromium.launch({ executablePath, args: softwareGpu });
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
  if (folder) await rm(folder, { recursive: true });
});

async function psnrWith(engine: string) {
  const page = await (browser as Browser).newPage();
  await page.goto(server.url + engine);
  const figure = page.getByTestId('model-0').locator('[data-figure=psnrDb]');
  await expect.poll(async () => Number(await figure.getAttribute('data-value')), { timeout: 120_000 }).not.toBe(0);
  const told = await page.getByTestId('engine').textContent();
  expect(await page.getByTestId('error').textContent()).toBe('');
  const psnrDb = Number(await figure.getAttribute('data-value'));
  const hasGpu = await page.evaluate<boolean>('navigator.gpu ? navigator.gpu.requestAdapter().then(Boolean) : false');
  await page.close();
  return { psnrDb, told, hasGpu };
}

it('shows what wasm shows, and says which one computes', async ({ skip }) => {
  if (!browser) {
    process.stdout.write('The page is not tested with WebGPU: that wants /usr/bin/chromium.\n');
    return skip();
  }
  const wasm = await psnrWith('?engine=wasm');
  const { psnrDb, told, hasGpu } = await psnrWith('');
  if (!hasGpu) {
    process.stdout.write('The page is not tested with WebGPU: Chromium finds no adapter here.\n');
    return skip();
  }
  expect(told).toMatch(/WebGPU/);
  expect(Math.abs(psnrDb - wasm.psnrDb)).toBeLessThan(0.05);
});
