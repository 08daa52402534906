import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compareModels } from '../../../src/evaluation/compare.js';
import { bootstrapOf, causeEffects, type LadderLink, linkEffects } from '../../../src/evaluation/differences/causes.js';
import { mergeSeeds } from '../../../src/evaluation/differences/merge-seeds.js';
import { causeSentence, ladderAnswer } from '../../../src/report/ladder/page/answer.js';
import type { LadderReport } from '../../../src/report/ladder/report-data.js';
import { writeLadderReport } from '../../../src/report/ladder/write-ladder-report.js';
import { blurred, deadLeaves, modelFacts, protocol } from '../../evaluation/pictures.js';
import { chromiumPresent, openPage, startChromium } from '../chromium.js';

/** Rows with what blur stands for each of their trainings, in px: a model of known sharpness. */
const blurs = {
  soft: [2, 2.2, 2.1],
  'less-floats': [2.1, 2.3, 2.2],
  sharp: [0.5, 0.6, 0.55],
  worse: [3],
} as const;
const settings = ['objective.klWeight 1 → 0.000001'];
const links: readonly LadderLink[] = [
  { parent: 'soft', child: 'sharp', cause: 'kl', change: 'without <KL>', settings },
  { parent: 'less-floats', child: 'soft', cause: 'compression', change: 'more floats', settings: [] },
  { parent: 'soft', child: 'worse', cause: 'compression', change: 'fewer floats', settings: [] },
  { parent: 'soft', child: 'worse', cause: 'mse', change: 'worse', settings: [] },
  { parent: 'sharp', child: 'sharp', change: 'nothing', settings: [] },
];
const causes = [
  { id: 'compression', name: 'excessive compression', claim: 'Too few numbers.' },
  { id: 'kl', name: 'the complete KL term', claim: 'It pays for forgetting.' },
  { id: 'mse', name: 'squared error alone', claim: 'It averages.' },
];

let folder: string;
let report: LadderReport;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ladder-page-'));
  const originals = Array.from({ length: 24 }, (_, seed) => deadLeaves(seed, 32));
  const models = await Promise.all(
    Object.entries(blurs).flatMap(([id, sigmas]) =>
      sigmas.map(async (sigma, seed) => ({
        ...modelFacts(`${id}-${seed}`, [432], 1),
        reconstructions: await Promise.all(originals.map((original) => blurred(original, sigma))),
      })),
    ),
  );
  const names = originals.map((_, index) => `leaves/${index}.png`);
  const comparison = compareModels({ originals, names, models, protocol });
  const rows = Object.entries(blurs).map(([id, { length }]) => {
    const runs = Array.from(
      { length },
      (_, seed) => comparison.data.models.find(({ name }) => name === `${id}-${seed}`)!,
    );
    return { id, name: id, runs };
  });
  const data = mergeSeeds(comparison.data, rows);
  const effects = linkEffects(rows, links, bootstrapOf(data));
  const first = models.filter(({ name }) => name.endsWith('-0'));
  report = {
    title: 'Test',
    budget: 'none',
    rows: rows.map(({ id, runs }) => {
      const facts = { preset: 'test', settings: [], steps: 1, images: 2, minutes: 0.1, summary: 'A row.' };
      return { ...facts, id, name: id, seeds: runs.length };
    }),
    names: new Map(rows.map(({ id, name }) => [id, name])),
    runs: comparison.data,
    data,
    pictures: compareModels({ originals, names, models: first, protocol: { ...protocol, source: 'made <here>' } }),
    links: effects,
    causes: causeEffects(causes, effects),
    sections: [{ name: 'further', html: '<section id="further"><h2>Further</h2></section>', data: { value: 7 } }],
  };
  await writeLadderReport(folder, report);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('differences', () => {
  test('are those of the images, seed by seed, with the verdict of the rule', () => {
    const [kl, floats, fewer] = report.links;
    const [soft, sharp] = ['soft', 'sharp'].map((id) =>
      report.runs.models.filter(({ name }) => name.startsWith(`${id}-`)),
    );
    const bySeed = sharp!.map(({ summary }, seed) => summary.psnrDb.mean - soft![seed]!.summary.psnrDb.mean);
    expect(kl!.differences.psnrDb.mean).toBeCloseTo((bySeed[0]! + bySeed[1]! + bySeed[2]!) / 3, 10);
    expect(kl!.differences.psnrDb).toMatchObject({ count: 24, seeds: 3 });
    expect([kl!.verdict, floats!.verdict, fewer!.verdict]).toEqual(['supported', 'supported', 'reversed']);
    expect(fewer!.differences.psnrDb.seeds).toBe(1);
    expect(report.links[4]!.verdict).toBe('undecided');
  });

  test('of rows are merged over seeds: the mean of the seeds, an interval of both', () => {
    const merged = report.data.models.find(({ name }) => name === 'soft')!;
    const seeds = report.runs.models.filter(({ name }) => name.startsWith('soft-'));
    const means = seeds.map(({ summary }) => summary.gradientEnergyRatio.mean);
    expect(merged.summary.gradientEnergyRatio.mean).toBeCloseTo((means[0]! + means[1]! + means[2]!) / 3, 10);
    expect(merged.summary.gradientEnergyRatio.low).toBeLessThan(Math.min(...means));
    expect(merged.perImage.psnrDb[5]).toBeCloseTo(
      seeds.reduce((sum, { perImage }) => sum + perImage.psnrDb[5]!, 0) / 3,
      10,
    );
  });
});

describe('the answer', () => {
  test('convicts what all places support, says where only some do, and where none does', () => {
    const [compression, kl, mse] = report.causes;
    expect([compression!.verdict, kl!.verdict, mse!.verdict]).toEqual([
      'partly supported',
      'supported',
      'contradicted',
    ]);
    expect(causeSentence(kl!)).toMatch(/^The complete KL term: these data support it; without it PSNR \+\d/);
    expect(causeSentence(compression!)).toMatch(
      /in part \(sharper without it in 1 of 2 places\); without it at most PSNR/,
    );
    expect(causeSentence(mse!)).toMatch(/^Squared error alone: these data say the opposite; without it PSNR −\d/);
    const { headline } = ladderAnswer(report.data, report.causes, report.links);
    expect(headline).toBe(
      'The complete KL term blurs pictures; excessive compression blurs them in some models only; of 3 suspects, 1 cannot be convicted',
    );
    expect(ladderAnswer(report.data, [mse!], []).headline).toMatch(/^None of the suspected causes/);
  });

  test('speaks of pictures where every suspect blurs some models only', () => {
    const [compression] = report.causes;
    expect(ladderAnswer(report.data, [compression!], []).headline).toBe(
      'Excessive compression blurs pictures in some models only',
    );
  });

  test('says where something else is worth more than any suspect', () => {
    const [kl, ...others] = report.links;
    const { sentences } = ladderAnswer(report.data, report.causes, [...others, { ...kl!, cause: undefined }]);
    expect(sentences.filter((sentence) => sentence.includes('largest single change'))).toEqual([
      expect.stringMatching(/none of these: without <KL>, PSNR \+\d/),
    ]);
    expect(ladderAnswer(report.data, report.causes, report.links).sentences.join()).not.toContain('largest single');
  });

  test('names models that a linear code of no more floats beats', () => {
    const models = report.data.models.map((model) => ({
      ...model,
      preset: model.name === 'sharp' ? 'pca' : model.preset,
    }));
    const { sentences } = ladderAnswer({ ...report.data, models }, report.causes, []);
    expect(sentences.at(-1)).toMatch(
      /^sharp, a linear code of 432 floats, reaches [\d.]+\sdB: soft, less-floats, and worse hold/,
    );
  });
});

describe('the files', () => {
  test('are the page, its figures as JSON, and as CSV by image and by difference', async () => {
    expect((await readdir(folder)).sort()).toEqual(['causes.csv', 'index.html', 'models.csv', 'report.json']);
    const json = JSON.parse(await readFile(join(folder, 'report.json'), 'utf8'));
    expect(json.links[0].differences.psnrDb).toEqual(report.links[0]!.differences.psnrDb);
    expect(json.runs.models).toHaveLength(10);
    expect(json.further).toEqual({ value: 7 });
    expect(json.answer.headline).toMatch(/KL term/);
    const lines = (await readFile(join(folder, 'causes.csv'), 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + links.length * Object.keys(report.links[0]!.differences).length);
    expect(lines[1]).toContain('kl,without <KL>,soft,sharp,psnrDb,');
    const byImage = (await readFile(join(folder, 'models.csv'), 'utf8')).trimEnd().split('\n');
    expect(byImage).toHaveLength(1 + 10 * (3 + 24));
  });

  test('the page has every cause, every difference, every row and picture, and further sections, all escaped', async () => {
    const html = await readFile(join(folder, 'index.html'), 'utf8');
    const { document } = parseHTML(html);
    expect([...document.querySelectorAll('.cause > h3')].map((heading) => heading.textContent)).toEqual([
      'Excessive compression: supported in part',
      'The complete KL term: supported',
      'Squared error alone: contradicted by these data',
    ]);
    expect([...document.querySelectorAll('.cause tbody tr')]).toHaveLength(4);
    expect(document.querySelector('.cause + .cause tbody th')?.textContent).toBe('without <KL>');
    expect(document.querySelectorAll('.row')).toHaveLength(12);
    expect(document.querySelectorAll('.row img')).toHaveLength(12 * 5);
    expect(document.querySelector('#further')).not.toBeNull();
    expect(html.includes('made &lt;here&gt;')).toBe(true);
    expect(/<KL>|<here>/.test(html)).toBe(false);
    expect(/NaN|undefined/.exec(document.querySelector('main')?.textContent ?? 'no page')).toBeNull();
    const sources = [...document.querySelectorAll('[src], [href]:not([href^="#"])')].map(
      (element) => element.getAttribute('src') ?? element.getAttribute('href') ?? '',
    );
    expect(sources.filter((source) => !source.startsWith('data:'))).toEqual([]);
  });
});

if (!chromiumPresent) process.stderr.write('No /usr/bin/chromium: the ladder is not tested in a browser.\n');

describe.skipIf(!chromiumPresent)('in a browser', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser?.close());
  const pagePath = () => join(folder, 'index.html');

  test.each([
    ['desktop', 1280, 1000],
    ['phone', 390, 800],
  ])('all of it can be read on a %s, and the console is silent', async (device, width, height) => {
    const { page, consoleLines } = await openPage(browser, pagePath(), width, height);
    await page.waitForSelector('html[data-ready=true]');
    expect(await page.locator('.cause svg').count()).toBe(3 * 2);
    // A label beyond the edge of its drawing is cut off.
    const cutOff = await page.evaluate(`[...document.querySelectorAll('svg text')].filter((text) => {
      const [inner, outer] = [text.getBoundingClientRect(), text.closest('svg').getBoundingClientRect()];
      return inner.top < outer.top - 1 || inner.bottom > outer.bottom + 1 || inner.left < outer.left - 1;
    }).map((text) => text.textContent)`);
    expect(cutOff).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await mkdir('runs/screenshots', { recursive: true });
    await page.screenshot({ path: `runs/screenshots/ladder-${device}.png`, fullPage: true });
    expect(consoleLines).toEqual([]);
  });

  test('a click shows the original in the place of a reconstruction, and it prints', async () => {
    const { page } = await openPage(browser, pagePath());
    const source = (pane: number) => page.locator('.pane').nth(pane).locator('img').first().getAttribute('src');
    const [original, reconstruction] = [await source(0), await source(1)];
    await page.locator('.pane').nth(1).locator('.picture').click();
    expect(await source(1)).toBe(original);
    await page.locator('.pane').nth(1).locator('.picture').click();
    expect(await source(1)).toBe(reconstruction);
    expect((await page.pdf({ format: 'A4' })).length).toBeGreaterThan(20_000);
  });
});
