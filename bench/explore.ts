/**
 * `npm run bench -- explore [--model M] [--size 256] [--drops 9]`: the time from a picture's drop on the explorer's page to its
 * reconstruction, in Chromium without a window, in WebAssembly: with the threads that the headers of `explore --port` allow, and
 * with the one thread that a static host without them leaves. Also what the page weighs without networks and runtime.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type Browser, chromium } from 'playwright-core';
import { print, printJson } from '../scripts/cli/output.js';
import { engineOptionsSchema } from '../src/config/config.js';
import { selectEngine } from '../src/engine/select.js';
import { serveExploration } from '../src/exploration/serve.js';
import { writeExploration } from '../src/exploration/write-exploration.js';
import { defaultTokenizer } from '../src/interop/models/shipped-tokenizers.js';
import { counted } from '../src/quantities.js';

/** Median of the times that were wanted: with threads on two cores, and with one thread. */
const wantedMs = { isolated: 300, plain: 1000 };

interface Timing {
  readonly host: keyof typeof wantedMs;
  readonly threads: number;
  readonly medianMs: number;
  /** Of the last drop, what the networks took, by the page's own clock. */
  readonly networksMs: number;
  readonly wantedMs: number;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      model: { type: 'string', default: defaultTokenizer },
      size: { type: 'string', default: '256' },
      drops: { type: 'string', default: '9' },
      json: { type: 'boolean', default: false },
    },
  });
  const folder = await mkdtemp(join(tmpdir(), 'bench-explore-'));
  await selectEngine(engineOptionsSchema.parse({}));
  await writeExploration([values.model], join(folder, 'page'));
  const pageBytes = await bytesOfFilesIn(join(folder, 'page'));
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const timings: Timing[] = [];
    for (const host of ['isolated', 'plain'] as const) {
      const server = await serveExploration(join(folder, 'page'), 0, { threads: host === 'isolated' });
      timings.push(await time(browser, server.url, host, Number(values.size), Number(values.drops)));
      await server.close();
    }
    if (values.json) printJson({ timings, pageBytes });
    else {
      for (const { host, threads, medianMs, networksMs, wantedMs: wanted } of timings) {
        const time = `${Math.round(medianMs)} ms from drop to reconstruction (wanted ${wanted})`;
        print(`${host}, ${counted(threads, 'thread')}: ${time}, of which the networks ${networksMs} ms`);
      }
      print(`The page without networks and runtime: ${Math.round(pageBytes / 1000)} kB (wanted 300)`);
    }
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
}

/** Of the files in the folder itself: page, worker, style, but neither networks nor runtime. */
async function bytesOfFilesIn(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true });
  const sizes = entries.filter((entry) => entry.isFile()).map((entry) => stat(join(folder, entry.name)));
  return (await Promise.all(sizes)).reduce((sum, { size }) => sum + size, 0);
}

async function time(browser: Browser, url: string, host: Timing['host'], size: number, drops: number): Promise<Timing> {
  const page = await browser.newPage();
  await page.goto(`${url}?engine=wasm`);
  const waiting = { timeout: 300_000 };
  await page.locator('[data-ready=yes]').waitFor(waiting);
  await page.getByTestId('size').selectOption(String(size));
  await page.locator('[data-ready=yes]').waitFor(waiting);
  const times: number[] = [];
  for (let drop = 0; drop < drops + 1; drop++) {
    // No person drops a picture within a second of the last one's reconstruction, after which its figures are computed.
    await page.getByTestId('status').getByText('Ready.').waitFor(waiting);
    await page.waitForTimeout(1000);
    times.push(await page.evaluate<number>(dropPicture(size, drop)));
  }
  const networksMs = Number.parseFloat((await page.locator('[data-figure=computeMs]').textContent()) ?? '');
  const threads = Number(await page.getByTestId('engine').getAttribute('data-threads'));
  await page.close();
  // The first drop warms up.
  const sorted = times.slice(1).sort((a, b) => a - b);
  return {
    host,
    threads,
    medianMs: sorted[Math.floor(sorted.length / 2)] as number,
    networksMs,
    wantedMs: wantedMs[host],
  };
}

/** Drops a picture of noise on squares; resolves to the ms until another reconstruction stands on the page. */
const dropPicture = (size: number, seed: number) => `(async () => {
  const canvas = Object.assign(document.createElement('canvas'), { width: ${size}, height: ${size} });
  const context = canvas.getContext('2d');
  for (let square = 0; square < 64; square++) {
    context.fillStyle = 'hsl(' + ((square * 47 + ${seed} * 31) % 360) + ' 60% ' + (20 + (square * 13) % 60) + '%)';
    context.fillRect((square % 8) * ${size} / 8, Math.floor(square / 8) * ${size} / 8, ${size} / 8, ${size} / 8);
  }
  const blob = await new Promise((resolve) => canvas.toBlob(resolve, 'image/png'));
  const transfer = new DataTransfer();
  transfer.items.add(new File([blob], 'drop-${seed}.png'));
  const shown = document.querySelector('[data-testid=model-0] .picture canvas');
  const row = () => String(shown.getContext('2d').getImageData(0, shown.height >> 1, shown.width, 1).data);
  const before = row();
  const start = performance.now();
  document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true }));
  while (row() === before) await new Promise((resolve) => setTimeout(resolve, 5));
  return performance.now() - start;
})()`;
