import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseHTML } from 'linkedom';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Comparison, compareModels } from '../../src/evaluation/compare.js';
import { writeReport } from '../../src/evaluation/report/report.js';
import { browse, chromiumPresent } from './chromium.js';
import { blurred, deadLeaves, grainy, modelFacts, protocol } from './pictures.js';

/** A name that would break the page, the CSV or a regular expression if it were not escaped. */
const awkward = 'soft <b>&"1,+';
let folder: string;
let page: string;
let html: string;
let comparison: Comparison;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'report-'));
  page = join(folder, 'report', 'index.html');
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
  html = await readFile(page, 'utf8');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('the files', () => {
  test('are the page, its figures as JSON and as CSV, and nothing else', async () => {
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
    const sources = [...document.querySelectorAll('[src], [href]')].map(
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
      const png = Buffer.from(images[index]!.replace('data:image/png;base64,', ''), 'base64');
      expect(Buffer.from(picture.pixels).equals(await sharp(png).raw().toBuffer())).toBe(true);
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

/** Uses the page as a person would and leaves what was seen in the title. */
const visit = /* js */ `<script>(async () => {
  const pane = document.querySelectorAll('.pane')[1];
  const image = pane.querySelector('img');
  const click = (selector) => document.querySelector(selector).click();
  const seen = {};
  const before = image.src;
  pane.querySelector('.picture').click();
  seen.flipped = image.src === document.querySelector('.pane img').src && image.src !== before;
  pane.querySelector('.picture').click();
  seen.flippedBack = image.src === before;
  click('[data-action=difference]');
  for (let wait = 0; wait < 50 && image.src === before; wait++) await new Promise((done) => setTimeout(done, 20));
  const canvas = document.createElement('canvas').getContext('2d');
  await image.decode();
  canvas.drawImage(image, 0, 0);
  seen.difference = [...canvas.getImageData(0, 0, 48, 48).data];
  click('[data-action=pictures]');
  seen.picturesAgain = image.src === before;
  click('[data-action=smooth]');
  seen.smooth = getComputedStyle(image).imageRendering;
  click('[data-action=pixels]');
  seen.pixels = getComputedStyle(image).imageRendering;
  const lens = () => getComputedStyle(document.querySelector('.crop img')).left;
  const box = image.getBoundingClientRect();
  const move = (clientX, clientY) => {
    const event = new PointerEvent('pointermove', { clientX, clientY });
    pane.querySelector('.picture').dispatchEvent(event);
  };
  move(box.left, box.top);
  seen.lensAtLeft = parseFloat(lens());
  move(box.right, box.bottom);
  seen.lensAtRight = parseFloat(lens()) < -100;
  const names = () => [...document.querySelectorAll('tbody th')].map((cell) => cell.textContent);
  const sort = document.querySelectorAll('thead button')[1];
  sort.click();
  seen.descending = names();
  sort.click();
  seen.ascending = names();
  document.querySelectorAll('.row')[3].querySelector('.cell').click();
  seen.chosen = image.src === document.querySelectorAll('.row')[3].querySelectorAll('img')[1].src;
  seen.overflow = document.documentElement.scrollWidth - innerWidth;
  const result = document.createElement('output');
  result.id = 'seen';
  result.textContent = JSON.stringify(seen);
  document.body.append(result);
})();</script></body>`;

if (!chromiumPresent) process.stderr.write('No /usr/bin/chromium: the page is not tested in a browser.\n');

describe.skipIf(!chromiumPresent)('in a browser', () => {
  test.each([
    ['a desktop', '1280,1000'],
    ['a narrow window', '500,900'],
  ])('every control does what it says, on %s, without a word on the console', async (_, size) => {
    const visited = join(folder, `visited-${size}.html`);
    await writeFile(
      visited,
      html.replace('</body>', () => visit),
    );
    const { html: after, consoleLines } = await browse(visited, `--window-size=${size}`);
    expect(consoleLines).toEqual([]);
    const { document } = parseHTML(after);
    const { difference, ...seen } = JSON.parse(document.querySelector('#seen')?.textContent ?? '{}');
    expect(seen).toMatchObject({ flipped: true, flippedBack: true, picturesAgain: true, chosen: true });
    expect(seen).toMatchObject({ smooth: 'auto', pixels: 'pixelated', lensAtLeft: 0, lensAtRight: true });
    expect(seen.descending).toEqual(['sharp', awkward]);
    expect(seen.ascending).toEqual([awkward, 'sharp']);
    expect(seen.overflow).toBeLessThanOrEqual(0);
    // The picture it starts with is the median by the PSNR of the best model.
    const psnr = comparison.data.models[1]!.perImage.psnrDb;
    const median = [0, 1, 2, 3, 4].sort((a, b) => psnr[a]! - psnr[b]!)[2]!;
    const { original, reconstructions } = comparison.pictures[median]!;
    const expected = original.pixels.map((value, at) =>
      Math.min(255, 4 * Math.abs(value - reconstructions[0]!.pixels[at]!)),
    );
    expect(Uint8Array.from(difference.filter((_value: number, at: number) => at % 4 < 3))).toEqual(expected);
  });

  test('a page that fails would be noticed, and a screenshot can be taken', async () => {
    const broken = join(folder, 'broken.html');
    await writeFile(broken, '<script>throw new Error("broken")</script>');
    expect((await browse(broken)).consoleLines.join()).toContain('broken');
    const screenshot = join(folder, 'page.png');
    await browse(page, '--window-size=1280,1000', `--screenshot=${screenshot}`);
    expect((await stat(screenshot)).size).toBeGreaterThan(20_000);
  });
});
