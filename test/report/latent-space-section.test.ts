import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { BoundEstimate } from '../../src/evaluation/bound/bound.js';
import { compareModels } from '../../src/evaluation/compare.js';
import type { LatentSpaces } from '../../src/evaluation/latent-space/latent-space.js';
import type { Point } from '../../src/evaluation/latent-space/projection.js';
import { normals } from '../../src/random.js';
import { boundSection } from '../../src/report/page/sections/bound-section.js';
import { latentSpaceSection } from '../../src/report/page/sections/latent-space-section.js';
import { writeReport } from '../../src/report/report.js';
import { blurred, deadLeaves, grainy, modelFacts, protocol } from '../evaluation/pictures.js';
import { chromiumPresent, openPage, startChromium } from './chromium.js';

/** Names as they come from folders, one of them awkward. */
const names = ['vector', 'grid <b>"1'];
const images = Array.from({ length: 9 }, (_, index) => `set ${index % 3}/leaves-${index}.png`);
const originals = images.map((_, seed) => deadLeaves(seed, 32));
let folder: string;
let pagePath: string;

function latentSpaces(): LatentSpaces {
  const points = (name: string): Point[] => images.map((_, index) => [...normals(2, name, index)] as [number, number]);
  const projection = (name: string) => ({ points: points(name), components: 8 });
  const strip = originals.slice(0, 4);
  return {
    images: images.length,
    classes: { names: ['set 0', 'set 1', 'set 2'], ofImage: images.map((_, index) => index % 3) },
    sigma: 0.5,
    seed: 1,
    walkEnds: [[originals[0]!, originals[1]!]],
    models: names.map((name) => ({
      name,
      statistics: {
        floats: 512,
        activeFloats: 40,
        klNats: 12.3,
        meanSize: 0.4,
        neighboursOfClass: 0.5,
        neighboursByChance: 0.3,
      },
      tsne: projection(`tsne ${name}`),
      umap: projection(`umap ${name}`),
      walks: [{ linear: strip, spherical: strip }],
      priorSamples: originals.slice(0, 6).map((image) => grainy(image, 1)),
      priorClasses: null,
      draws: [{ mean: originals[0]!, draw: grainy(originals[0]!, 2) }],
    })),
  };
}

const interval = (mean: number) => ({ mean, low: mean - 10, high: mean + 10, count: 2 });

const bound: BoundEstimate = {
  importanceSamples: [1, 100],
  sigma: 0.5,
  seed: 1,
  dimensions: 3072,
  perImage: [],
  mean: {
    reconstruction: interval(-2000),
    kl: interval(300),
    elbo: interval(-2300),
    gap: interval(60),
    prior: interval(-4000),
    importance: [interval(-2300), interval(-2240)],
  },
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sections-'));
  pagePath = join(folder, 'index.html');
  const reconstructions = await Promise.all(originals.map((original) => blurred(original, 1)));
  const features = { perceptualDistance: originals.map(() => 0.2), frechetDistance: interval(20) };
  const comparison = compareModels({
    originals,
    names: images,
    models: names.map((name) => ({ ...modelFacts(name, [512], 1), reconstructions, features })),
    protocol: { ...protocol, perceptual: 'builtin' },
  });
  const sections = [
    await latentSpaceSection(latentSpaces(), names, images),
    boundSection(
      [
        { name: names[1]!, bound: null },
        { name: names[0]!, bound },
      ],
      names,
    ),
  ];
  await writeReport(folder, comparison, sections);
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

test('sections bring their figures as JSON and as CSV files of their own', async () => {
  expect((await readdir(folder)).sort()).toEqual([
    'bound.csv',
    'index.html',
    'latentSpace.csv',
    'report.csv',
    'report.json',
  ]);
  const json = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
  expect(json.latentSpace.models[1].tsne.points).toHaveLength(images.length);
  expect(json.bound[1].bound.mean.elbo.mean).toBe(-2300);
  expect(json.models[0].summary.frechetDistance.mean).toBe(20);
  const [header, first] = (await readFile(join(folder, 'bound.csv'), 'utf8')).split('\n');
  expect(header).toBe('model,figure,nats,low,high,bitsPerDimension,eightBitsPerDimension');
  expect(first).toBe('vector,reconstruction,-2000,-2010,-1990,,');
});

if (!chromiumPresent) process.stderr.write('No /usr/bin/chromium: the sections are not tested in a browser.\n');

describe.skipIf(!chromiumPresent)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  }, 120_000);
  afterAll(() => browser?.close());

  test.each([
    ['a desktop', 1280, 1000],
    ['a phone', 390, 800],
  ])(
    'every section is there on %s, nothing sticks out, and the console is silent',
    async (_, width, height) => {
      const { page, consoleLines } = await openPage(browser, pagePath, width, height);
      await page.waitForSelector('html[data-ready=true]');
      expect(await page.locator('.latent-space').count()).toBe(4);
      expect(await page.locator('.scatters circle').count()).toBe(2 * names.length * images.length);
      expect(await page.evaluate('getComputedStyle(document.querySelector(".scatters circle")).fill')).toBe(
        'rgb(66, 105, 208)',
      );
      expect(await page.locator('.bound tbody tr').count()).toBe(7);
      expect(await page.locator('.bound thead th').nth(1).getAttribute('style')).toBe('--key: var(--model-0)');
      expect(await page.locator('.bound').textContent()).toContain('and so without a bound: grid <b>"1');
      expect(await page.locator('.chart h3', { hasText: 'Fréchet distance' }).count()).toBe(1);
      expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
      // What is further down is loaded when it is scrolled to.
      const unloaded = await page.evaluate(`Promise.all([...document.images].map(async (image) => {
        image.loading = 'eager';
        await image.decode();
        return image.naturalWidth;
      })).then((widths) => widths.filter((width) => width === 0).length)`);
      expect(unloaded).toBe(0);
      expect(consoleLines).toEqual([]);
    },
    120_000,
  );

  test('it prints', async () => {
    const { page } = await openPage(browser, pagePath);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(20_000);
  }, 120_000);
});
