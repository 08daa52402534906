/** The built site in a browser, as wide as a desktop's and a phone's: `npm run test:docs`. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import sirv from 'sirv';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPresent, startChromium } from '../report/chromium.js';
import { faintTexts } from './contrast.js';
import { commands, documents, root } from './documents.js';

const isBuilt = process.env.LATENT_VAE_SITE === 'built' && chromiumPresent;
if (!isBuilt) process.stdout.write('The site is not opened: npm run test:docs does so, where /usr/bin/chromium is.\n');

const pages = [
  ...documents.filter((path) => path.startsWith('docs/')).map((path) => path.slice('docs/'.length, -'.md'.length)),
  ...['reference/presets', 'reference/examples'],
  ...commands.map((command) => `reference/commands/${command.name()}`),
  ...['index', 'latent-vae/index', 'latent-vae/train/index', 'latent-vae/train/interfaces/TrainingRequest'].map(
    (page) => `reference/api/${page}`,
  ),
  'reference/api/latent-vae/train/functions/trainAutoencoder',
];

const server = createServer(sirv(join(root, 'docs/.vitepress/dist'), { dev: true }));
let browser: Browser;
let url: string;
beforeAll(async () => {
  if (!isBuilt) return;
  await new Promise<void>((resolve) => server.listen(0, resolve));
  url = `http://localhost:${(server.address() as AddressInfo).port}`;
  browser = await startChromium();
});
afterAll(async () => {
  await browser?.close();
  server.close();
});

describe.skipIf(!isBuilt)('the page', () => {
  it.each(pages)('%s is quiet, fits, and can be read by day and by night', async (path) => {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('response', (response) => {
      if (!response.ok()) complaints.push(`${response.status()} ${response.url()}`);
    });
    await page.goto(`${url}/${path}.html`, { waitUntil: 'networkidle' });
    expect(await page.locator('h1').first().textContent()).not.toContain('404');
    expect(await page.evaluate('[...document.images].filter((image) => image.naturalWidth === 0).length')).toBe(0);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await page.waitForFunction(`document.documentElement.classList.contains('dark') === ${colorScheme === 'dark'}`);
      for (const width of [1280, 390]) {
        await page.setViewportSize({ width, height: 844 });
        expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
        // Colours fade into each other.
        await expect.poll(() => page.evaluate(faintTexts), { timeout: 5000 }).toEqual([]);
      }
    }
    expect(complaints).toEqual([]);
    await page.close();
  });
});

describe.skipIf(!isBuilt)('the site', () => {
  it('finds what is looked for', async () => {
    const page = await browser.newPage();
    await page.goto(`${url}/index.html`, { waitUntil: 'networkidle' });
    await page.keyboard.press('Control+k');
    await page.locator('.VPLocalSearchBox input').fill('discriminator healthy');
    await page.locator('.VPLocalSearchBox .result').first().waitFor();
    expect(await page.locator('.VPLocalSearchBox .result').first().textContent()).toContain(
      'Is my discriminator healthy?',
    );
    await page.close();
  });

  it('has no faint text that would not be seen', async () => {
    const page = await browser.newPage();
    await page.setContent(
      '<body style="background: #fff"><p style="color: #999">faint</p><p style="color: #555">clear</p>',
    );
    expect(await page.evaluate(faintTexts)).toEqual([expect.stringMatching(/^faint: 2\.8/)]);
    await page.close();
  });

  it('asks nobody else for anything', async () => {
    const page = await browser.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`${url}/index.html`, { waitUntil: 'networkidle' });
    expect(asked.filter((address) => !address.startsWith(url) && !address.startsWith('data:'))).toEqual([]);
    await page.close();
  });
});
