import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import type { Browser } from 'playwright-core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Comparison, compareModels } from '../../src/evaluation/compare.js';
import { writeReport } from '../../src/report/report.js';
import { blurred, deadLeaves, grainy, modelFacts, protocol } from '../evaluation/pictures.js';
import { chromiumPresent, openPage, startChromium } from './chromium.js';

/** A name that would break the page, the CSV or a regular expression if it were not escaped. */
const awkward = 'soft <b>&"1,+';
let folder: string;
let pagePath: string;
let html: string;
let comparison: Comparison;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  pagePath = join(folder, 'report', 'index.html');
  const originals = Array.from({ length: 5 }, (_, seed) => deadLeaves(seed, 48));
  const sharpened = await Promise.all(originals.map((original) => blurred(original, 0.6)));
  const softened = await Promise.all(originals.map((original) => blurred(original, 2)));
  comparison = compareModels({
    originals,
    names: originals.map((_, index) => `leaves/<${index}>.png`),
    models: [
      { ...modelFacts(awkward, [432], 1), reconstructions: softened.map(grainy) },
      { ...modelFacts('sharp', [12, 12, 3], 1e-6), reconstructions: sharpened },
    ],
    protocol,
  });
  await writeReport(join(folder, 'report'), comparison);
  html = await readFile(pagePath, 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the files', () => {
  test('are the page, its figures as JSON and as CSV, and nothing else', async () => {
    // What a killed writer left.
    await writeFile(join(folder, 'report', '.11111111-2222-4333-8444-555555555555.tmp'), 'half');
    await writeReport(join(folder, 'report'), comparison);
    expect(await readdir(join(folder, 'report'))).toEqual(['index.html', 'report.csv', 'report.json']);
  });

  test('report.json holds every figure and the answer', async () => {
    const json = JSON.parse(await readFile(join(folder, 'report', 'report.json'), 'utf8'));
    expect(json.schemaVersion).toBe(1);
    expect(json.models[1].summary).toEqual(comparison.data.models[1]!.summary);
    expect(json.models[0].perImage.fineInvented).toEqual(comparison.data.models[0]!.perImage.fineInvented);
    expect(json.answer.headline).toMatch(/keeps \d\s% of the fine detail, sharp \d\d\s%$/);
  });

  test('report.csv can be read back: three summary lines and one per image for each model', async () => {
    const rows = csvRows(await readFile(join(folder, 'report', 'report.csv'), 'utf8'));
    expect(rows).toHaveLength(2 * (3 + 5));
    expect(rows.slice(0, 4).map(({ image }) => image)).toEqual(['mean', 'low', 'high', 'leaves/<0>.png']);
    expect(rows[0]!.model).toBe(awkward);
    const [first, second] = comparison.data.models;
    expect(Number(rows[1]!.psnrDb)).toBe(first!.summary.psnrDb.low);
    expect(Number(rows[8 + 3 + 2]!.spectralSlopeDifference)).toBe(second!.perImage.spectralSlopeDifference[2]);
  });
});

/** Reads CSV without line breaks inside cells (RFC 4180). */
function csvRows(text: string): Record<string, string>[] {
  const [header, ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) =>
      [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => {
        return quoted === undefined ? (plain ?? '') : quoted.replaceAll('""', '"');
      }),
    );
  return rows.map((cells) => Object.fromEntries(header!.map((name, column) => [name, cells[column]!])));
}

describe('the page', () => {
  test('loads nothing from elsewhere', () => {
    const { document } = parseHTML(html);
    const sources = [...document.querySelectorAll('[src], [href]:not([href^="#"])')].map(
      (element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '',
    );
    expect(sources.length).toBeGreaterThan(5 * 3);
    expect(sources.filter((source) => !source.startsWith('data:'))).toEqual([]);
    expect(html).not.toMatch(/@import|url\(|https?:\/\/(?!www\.w3\.org\/)/);
    expect(html).toContain("default-src 'none'");
  });

  test('shows every kept picture without loss, and every figure of the table', async () => {
    const { document } = parseHTML(html);
    const rows = [...document.querySelectorAll('.row')];
    expect(rows).toHaveLength(5);
    const images = [...rows[2]!.querySelectorAll('img')].map((image) => image.getAttribute('src') ?? '');
    const { original, reconstructions } = comparison.pictures[2]!;
    for (const [index, picture] of [original, ...reconstructions].entries()) {
      const webp = Buffer.from(images[index]!.replace('data:image/webp;base64,', ''), 'base64');
      expect(Buffer.from(picture.pixels).equals(await sharp(webp).raw().toBuffer())).toBe(true);
    }
    const cells = [...document.querySelectorAll('tbody tr')].map((row) => row.textContent ?? '');
    expect(cells[1]).toContain(comparison.data.models[1]!.summary.psnrDb.mean.toFixed(2));
    expect(document.querySelectorAll('.chart svg')).toHaveLength(6);
  });

  test('writes names as text, never as markup', () => {
    const { document } = parseHTML(html);
    expect(document.querySelector('tbody th')?.textContent).toContain(awkward);
    expect(html).not.toContain('soft <b>');
    expect(html).not.toContain('<0>');
  });
});

if (!chromiumPresent) process.stderr.write('No /usr/bin/chromium: the page is not tested in a browser.\n');

describe.skipIf(!chromiumPresent)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());

  test.each([
    ['a desktop', 1280, 1000],
    ['a narrow window', 500, 900],
  ])('every control does what it says, on %s, without a word on the console', async (_, width, height) => {
    const { page, consoleLines } = await openPage(browser, pagePath, width, height);
    const pane = page.locator('.pane').nth(1);
    const image = pane.locator('img').first();
    const picture = pane.locator('.picture');
    const source = () => image.getAttribute('src');
    const press = (action: string) => page.locator(`[data-action=${action}]`).click();
    const reconstruction = await source();

    await picture.click();
    expect(await source()).toBe(await page.locator('.pane img').first().getAttribute('src'));
    await picture.click();
    expect(await source()).toBe(reconstruction);

    await press('difference');
    await expect.poll(source, { timeout: 30_000 }).not.toBe(reconstruction);
    const difference = await pixelsOfDataUrl(await source());
    await press('pictures');
    expect(await source()).toBe(reconstruction);
    // The picture it starts with is the median by the PSNR of the best model.
    const psnr = comparison.data.models[1]!.perImage.psnrDb;
    const median = [0, 1, 2, 3, 4].sort((a, b) => psnr[a]! - psnr[b]!)[2]!;
    const { original, reconstructions } = comparison.pictures[median]!;
    const expected = original.pixels.map((value, at) =>
      Math.min(255, 4 * Math.abs(value - reconstructions[0]!.pixels[at]!)),
    );
    expect(difference).toEqual(expected);

    const rendering = () => page.evaluate('getComputedStyle(document.querySelector(".pane img")).imageRendering');
    await press('smooth');
    expect(await rendering()).toBe('auto');
    await press('pixels');
    expect(await rendering()).toBe('pixelated');

    const lens = () => page.evaluate('parseFloat(getComputedStyle(document.querySelector(".crop img")).left)');
    const { width: side } = (await picture.boundingBox())!;
    await picture.hover({ position: { x: 8, y: 8 } });
    await expect.poll(lens, { timeout: 30_000 }).toBeCloseTo(0);
    await picture.hover({ position: { x: side - 8, y: side - 8 } });
    await expect.poll(lens, { timeout: 30_000 }).toBeLessThan(-100);

    await picture.focus();
    const before = Number(await lens());
    await page.keyboard.press('ArrowLeft');
    await expect.poll(lens, { timeout: 30_000 }).toBeGreaterThan(before);
    await page.keyboard.press('Enter');
    expect(await source()).toBe(await page.locator('.pane img').first().getAttribute('src'));
    await page.keyboard.press('Enter');
    expect(await source()).toBe(reconstruction);

    const names = () => page.locator('tbody th').allTextContents();
    const sort = page.locator('thead button').nth(1);
    await sort.click();
    expect(await names()).toEqual(['sharp', awkward]);
    await sort.click();
    expect(await names()).toEqual([awkward, 'sharp']);

    const row = page.locator('.row').nth(3);
    const chosen = await row.locator('img').nth(1).getAttribute('src');
    await row.locator('.cell').first().click();
    expect(await source()).toBe(chosen);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    expect(consoleLines).toEqual([]);
  });

  test('a page that fails would be noticed, and a screenshot can be taken', async () => {
    const broken = join(folder, 'broken.html');
    await writeFile(broken, '<script>throw new Error("broken")</script>');
    expect((await openPage(browser, broken)).consoleLines.join()).toContain('broken');
    const { page } = await openPage(browser, pagePath);
    expect((await page.screenshot()).length).toBeGreaterThan(20_000);
  });
});

/** The colours of a PNG in a data URL, without its alpha. */
async function pixelsOfDataUrl(url: string | null): Promise<Uint8Array> {
  const png = Buffer.from(url?.replace('data:image/png;base64,', '') ?? '', 'base64');
  return new Uint8Array(await sharp(png).removeAlpha().raw().toBuffer());
}
