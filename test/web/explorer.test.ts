/** The page as a person uses it: in Chromium, from the folder that the command writes, computed in wasm. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { syntheticImage } from '../../src/data/synthetic/picture.js';
import { serveExploration } from '../../src/exploration/serve.js';
import { exportTokenizer } from '../../src/interop/models/export-model.js';
import type { LocalServer } from '../../src/serving/local-server.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { latentVae, latentVaeJson, newFolder } from '../e2e/latent-vae.js';
import { useDefaultEngine } from '../golden.js';
import { chromiumPresent, startChromium } from '../report/chromium.js';

const runtimePresent = (() => {
  try {
    return existsSync(createRequire(import.meta.url).resolve('onnxruntime-web/wasm'));
  } catch {
    return false;
  }
})();
if (!chromiumPresent || !runtimePresent) {
  process.stdout.write(
    'The page of latent-vae explore is not tested: that wants /usr/bin/chromium and onnxruntime-web.\n',
  );
}

const size = 32;
const models = {
  grid: { latent: 'spatial', imageSize: size, latentChannels: 4, normNumGroups: 4, blockOutChannels: [8, 16, 16] },
  vanilla: { latent: 'vector', imageSize: size, latentFloats: 24, normNumGroups: 4, blockOutChannels: [8, 16] },
};
const screenshots = fileURLToPath(new URL('../../dist/screenshots/', import.meta.url));

describe.skipIf(!chromiumPresent || !runtimePresent)('latent-vae explore', () => {
  let folder: string;
  let server: LocalServer;
  let browser: Browser;
  let page: Page;
  const consoleLines: string[] = [];

  const status = (wanted: string) => page.getByTestId('status').getByText(wanted).waitFor({ timeout: 120_000 });
  const figure = (model: number, name: string) =>
    page.getByTestId(`model-${model}`).locator(`[data-figure=${name}]`).getAttribute('data-value').then(Number);
  const editedPsnr = () => page.getByTestId('edited-psnr').getAttribute('data-value').then(Number);
  const drop = async (name: string, content: Buffer | string) => {
    const file = `new File([new Uint8Array(${JSON.stringify([...Buffer.from(content)])})], ${JSON.stringify(name)})`;
    const dataTransfer = await page.evaluateHandle(
      `(() => { const transfer = new DataTransfer(); transfer.items.add(${file}); return transfer; })()`,
    );
    await page.dispatchEvent('body', 'drop', { dataTransfer });
  };

  beforeAll(async () => {
    await useDefaultEngine();
    folder = await newFolder();
    for (const [name, config] of Object.entries(models)) {
      await exportTokenizer(randomAutoencoder(config), join(folder, name), { name }, 'float32');
    }
    await mkdir(join(folder, 'photos/others'), { recursive: true });
    for (const [name, seed] of [
      ['a', 5],
      ['others/b', 6],
      ['others/c', 7],
    ] as const) {
      const pixels = syntheticImage('glyphs', seed, size);
      const png = sharp(pixels, { raw: { width: size, height: size, channels: 3 } }).png();
      await png.toFile(join(folder, `photos/${name}.png`));
    }
    const list = Object.keys(models).map((name) => join(folder, name));
    // A diffusion model of two steps draws nothing to look at, but it draws.
    const [latents, diffusion] = [join(folder, 'latents'), join(folder, 'diffusion')];
    await latentVaeJson(['encode', join(folder, 'photos'), '--model', join(folder, 'grid'), '--out', latents]);
    await latentVaeJson(['train-diffusion', latents, '--out', diffusion, '--steps', '2', '--batch', '2']);
    const shown = ['--model', list.join(','), '--diffusion', diffusion];
    await latentVaeJson(['explore', ...shown, '--out', join(folder, 'page')]);
    server = await serveExploration(join(folder, 'page'), 0);
    browser = await startChromium();
    page = await browser.newPage({ viewport: { width: 1280, height: 1000 } });
    page.on('console', (message) => consoleLines.push(message.text()));
    page.on('pageerror', (error) => consoleLines.push(error.message));
    await page.goto(`${server.url}?engine=wasm`);
    await status('Ready.');
    await page.locator('[data-ready=yes]').nth(1).waitFor({ timeout: 120_000 });
  });

  afterAll(async () => {
    await browser?.close();
    await server?.close();
    if (folder) await rm(folder, { recursive: true });
  });

  it('is what a report links to with --explore', async () => {
    const out = join(folder, 'report');
    const list = Object.keys(models).map((name) => join(folder, name));
    await latentVaeJson(['compare', join(folder, 'photos'), '--models', list.join(','), '--out', out, '--explore']);
    expect(await readFile(join(out, 'index.html'), 'utf8')).toContain('href="explore/index.html"');
    const shown = JSON.parse(await readFile(join(out, 'explore/models.json'), 'utf8'));
    expect(JSON.stringify(shown)).toContain('"vanilla"');
  });

  it('shows a dropped picture in every model, with the figures of evaluate', async () => {
    const before = await figure(1, 'psnrDb');
    await drop('a.png', await readFile(join(folder, 'photos/a.png')));
    await expect.poll(async () => (await figure(1, 'psnrDb')) || before, { timeout: 120_000 }).not.toBe(before);
    for (const [index, name] of Object.keys(models).entries()) {
      const evaluation = await latentVaeJson([
        'evaluate',
        join(folder, 'photos'),
        '--include',
        'a.png',
        '--model',
        join(folder, name),
        '--no-features',
      ]);
      expect(Math.abs((await figure(index, 'psnrDb')) - evaluation.psnrDb)).toBeLessThan(1e-3);
      expect(Math.abs((await figure(index, 'ssim')) - evaluation.ssim)).toBeLessThan(1e-3);
      expect(await figure(index, 'gradientEnergyRatio')).toBeGreaterThan(0);
    }
    expect(await page.getByTestId('engine').getAttribute('data-engine')).toBe('wasm');
    expect(Number(await page.getByTestId('engine').getAttribute('data-threads'))).toBeGreaterThan(1);
  });

  it('decodes the latent anew at each move, and as it was at last', async () => {
    await status('Ready.');
    const reconstructed = await figure(0, 'psnrDb');
    const settled = async (isThere: (psnrDb: number) => boolean) =>
      expect.poll(editedPsnr, { timeout: 60_000 }).toSatisfy(isThere);
    await settled((psnrDb) => Math.abs(psnrDb - reconstructed) < 1e-9);
    for (const [name, value] of [
      ['noise', '1.5'],
      ['scale', '0.2'],
      ['shift', '2'],
    ] as const) {
      await page.getByTestId(name).fill(value);
      await settled((psnrDb) => Math.abs(psnrDb - reconstructed) > 1e-6);
      await page.getByTestId('reset').click();
      await settled((psnrDb) => Math.abs(psnrDb - reconstructed) < 1e-9);
    }
    await page.getByTestId('bits').selectOption('1');
    await settled((psnrDb) => Math.abs(psnrDb - reconstructed) > 1e-6);
    await page.getByTestId('reset').click();
    await page.getByTestId('paint').focus();
    for (const key of ['ArrowDown', 'ArrowRight', 'Space']) await page.keyboard.press(key);
    await settled((psnrDb) => Math.abs(psnrDb - reconstructed) > 1e-6);
    await page.getByTestId('reset').click();
    await page.getByTestId('tool-erase').click();
    await page.getByTestId('paint').click();
    await settled((psnrDb) => Math.abs(psnrDb - reconstructed) > 1e-6);
    await page.getByTestId('reset').click();
    await settled((psnrDb) => Math.abs(psnrDb - reconstructed) < 1e-9);
  });

  it('goes from one picture to another, and draws', async () => {
    await page.getByTestId('second-picture').locator('xpath=preceding-sibling::div[1]').getByText('Gradients').click();
    for (const name of Object.keys(models)) {
      await page.locator(`[data-testid=between-${name}][data-ready=yes]`).waitFor({ timeout: 60_000 });
      await page.getByTestId(`draw-prior-${name}`).click();
      await page.getByTestId(`draw-posterior-${name}`).click();
      await page.getByLabel(`${name}: a draw from the posterior`).waitFor();
    }
    await page.getByTestId('way').fill('0.2');
    await page.getByTestId('spherical').click();
    await page.getByTestId('swap').selectOption('left');
    await expect.poll(editedPsnr, { timeout: 60_000 }).not.toBeCloseTo(await figure(0, 'psnrDb'), 6);
    await page.getByTestId('reset').click();
  });

  it('draws with a diffusion model, step by step', async () => {
    const samples = page.getByTestId('samples-grid');
    await page.getByTestId('draw-diffusion-grid').click();
    await expect.poll(() => samples.getAttribute('data-frames'), { timeout: 60_000 }).toBe('12');
    await samples.getByText('Step 12 of 12').waitFor();
    expect(await page.getByTestId('samples-vanilla').count()).toBe(0);
  });

  it('answers bad input in one sentence, and lives on', async () => {
    const error = async () => (await page.getByTestId('error').textContent()) ?? '';
    const cases = [
      ['notes.txt', 'no picture at all', 'notes.txt is no picture'],
      ['empty.png', '', 'empty.png is empty'],
      ['broken.jpg', (await sharp(join(folder, 'photos/a.png')).jpeg().toBuffer()).subarray(0, 200), 'broken.jpg'],
      ['huge.png', hugePng(), 'wanted at most 100'],
      ['encoder.onnx', 'no network', 'ONNX file'],
    ] as const;
    for (const [name, content, sentence] of cases) {
      await drop(name, content);
      await expect.poll(error, { timeout: 60_000 }).toContain(sentence);
    }
    await page.getByTestId('file-first').setInputFiles(join(folder, 'photos/a.png'));
    await expect.poll(error, { timeout: 60_000 }).toBe('');
    await page.locator('[data-ready=yes]').nth(1).waitFor({ timeout: 60_000 });
    await status('Ready.');
  });

  it('fits a desktop and a phone, and wrote nothing to the console', async () => {
    await mkdir(screenshots, { recursive: true });
    for (const [name, width, height] of [
      ['desktop', 1280, 1000],
      ['phone', 390, 844],
    ] as const) {
      await page.setViewportSize({ width, height });
      const overflow = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
      expect(overflow, name).toBeLessThanOrEqual(0);
      await writeFile(join(screenshots, `explore-${name}.png`), await page.screenshot({ fullPage: true }));
    }
    expect(consoleLines).toEqual([]);
  });

  it('may send nothing anywhere', async () => {
    const other = await browser.newPage();
    await other.goto(server.url);
    const outcome = await other.evaluate("fetch('https://example.com/').then(() => 'sent', () => 'refused')");
    await other.close();
    expect(outcome).toBe('refused');
  });
});

it.skipIf(!runtimePresent)('the command refuses in one sentence what is no model', async () => {
  const { code, stderr } = await latentVae([
    'explore',
    '--model',
    '/nowhere',
    '--out',
    join(await newFolder(), 'page'),
  ]);
  expect([code, stderr.trim().split('\n').length]).toEqual([2, 1]);
});

/** A PNG's header that promises 30000 × 30000 px. */
function hugePng(): Buffer {
  const header = Buffer.alloc(33);
  header.write('89504e470d0a1a0a0000000d49484452', 'hex');
  header.writeUInt32BE(30_000, 16);
  header.writeUInt32BE(30_000, 20);
  return header;
}
