/** The page of a training as a person sees it, and what its log is copied to: of trainings that run, were interrupted, went on. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { faintTexts } from '../documents/contrast.js';
import { latentVae, latentVaeJson, newFolder, readLines } from '../e2e/latent-vae.js';
import { chromiumPresent, startChromium } from '../report/chromium.js';
import { readEvents } from './read-events.js';

if (!chromiumPresent)
  process.stdout.write('The page of latent-vae watch is not tested: that wants /usr/bin/chromium.\n');

const network = ['--preset', 'kl-f4-tiny', '--channels', '16,16', '--norm-groups', '4', '--size', '16', '--batch', '4'];
const pace = ['--sample-steps', '6', '--checkpoint-steps', '4', '--validation-images', '4', '--threads', '1'];

let folder: string;
let images: string;
const at = (name: string) => join(folder, name);

/** Starts a command that serves a page, hands its address to `see`, and interrupts it then. */
async function whileServing(args: readonly string[], see: (url: string) => Promise<void>) {
  let opened: (url: string) => void = () => undefined;
  const url = new Promise<string>((resolve) => {
    opened = resolve;
  });
  let failure: unknown;
  const result = await latentVae(args, {
    onStderr(text) {
      const [found] = /http:\/\/localhost:\d+\//.exec(text) ?? [];
      if (found) opened(found);
    },
    async onStart(kill) {
      try {
        await see(await url);
      } catch (error) {
        failure = error;
      }
      kill('SIGINT');
    },
  });
  if (failure !== undefined) throw failure;
  return result;
}

const logged = async (run: string) => (await readLines(join(run, 'metrics.jsonl'))).length;

beforeAll(async () => {
  folder = await newFolder();
  images = at('images');
  await writeSyntheticImages(images, { images: 24, size: 16, seed: 1 });
});

describe('events and CSV of a run that was interrupted and resumed', () => {
  const run = () => at('resumed');
  beforeAll(async () => {
    const args = ['train', images, ...network, ...pace, '--steps', '20', '--out', run(), '--tensorboard'];
    // Killed, so that steps are logged that no checkpoint holds.
    await latentVae(args, {
      async onStart(kill) {
        while ((await logged(run())) < 8) await setTimeout(5);
        kill('SIGKILL');
      },
    });
    await latentVaeJson(['train', images, '--out', run(), '--resume']);
  });

  it('have every step once, with its time', async () => {
    const eventFiles = (await readdir(run())).filter((name) => name.includes('tfevents')).sort();
    // That of the killed process is empty by now.
    const [before = [], events = [], ...others] = await Promise.all(
      eventFiles.map((name) => readEvents(join(run(), name))),
    );
    expect([before.length, others.length]).toEqual([0, 0]);
    const lossSteps = events.flatMap(({ step, scalars }) => (scalars.has('train/loss') ? [step] : []));
    expect(lossSteps).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(events.flatMap(({ step, pictures }) => (pictures.has('samples') ? [step] : []))).toEqual([6, 12, 18, 20]);
    const picture = events.findLast(({ pictures }) => pictures.size > 0)?.pictures.get('samples');
    expect(picture?.equals(await readFile(join(run(), 'samples/step-000020.png')))).toBe(true);
    const times = events.map(({ unixSeconds }) => unixSeconds);
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(0);
    expect(Math.abs(Date.now() / 1000 - Math.max(...times))).toBeLessThan(3600);
    // What is made of the finished run is what was written on the way.
    const { path } = await latentVaeJson(['metrics', run(), '--format', 'tensorboard', '--out', at('events')]);
    const facts = (all: typeof events) =>
      all.map(({ step, scalars, pictures }) => [step, [...scalars], [...pictures.keys()]]);
    expect(facts(await readEvents(path))).toEqual(facts(events));
  });

  it('agree with the log', async () => {
    const { stdout, code } = await latentVae(['metrics', run()]);
    expect(code).toBe(0);
    const rows = parse(stdout, { columns: true }) as Record<string, string>[];
    const lines = (await readLines(join(run(), 'metrics.jsonl'))).map((line) => JSON.parse(line));
    const steps = lines.filter(({ loss }) => loss !== undefined);
    expect(rows.map(({ step, loss }) => [Number(step), Number(loss)])).toEqual(
      steps.map(({ step, loss }) => [step, loss]),
    );
    const seconds = rows.map((row) => Number(row.seconds));
    expect(seconds.every((value, index) => value > (seconds[index - 1] ?? 0))).toBe(true);
    const psnr = rows.filter((row) => row['validation.psnrDb'] !== '').map((row) => Number(row['validation.psnrDb']));
    expect(psnr).toEqual(lines.filter(({ validation }) => validation).map(({ validation }) => validation.psnrDb));
    await latentVaeJson(['metrics', run(), '--out', at('log.csv')]);
    expect(await readFile(at('log.csv'), 'utf8')).toBe(stdout);
  });
});

it('a training is as it would be without its page, which ends with it', async () => {
  const args = ['train', images, ...network, ...pace, '--steps', '8'];
  await latentVaeJson([...args, '--out', at('alone')]);
  const { code, stderr } = await latentVae([...args, '--out', at('live'), '--live']);
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /^Open http:\/\/localhost:\d+\/ in a browser: the page follows the training, and ends with it\.$/m,
  );
  expect(await readLines(at('live/metrics.jsonl'))).toEqual(await readLines(at('alone/metrics.jsonl')));
});

it('says what it cannot show', async () => {
  const { code, stderr } = await latentVae(['watch', images]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(
      /^latent-vae: .* is no run folder \(it holds no config\.json\): pass the --out of a training\.\n$/,
    ),
  ]);
  const port = await latentVae(['train', images, '--port', '4601']);
  expect([port.code, port.stderr]).toEqual([
    2,
    'latent-vae: Got --port, which is of --live: add that, or drop --port.\n',
  ]);
});

describe.skipIf(!chromiumPresent)('the page', () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await startChromium();
  });
  afterAll(() => browser.close());

  async function open(
    url: string,
    options: Parameters<Browser['newPage']>[0] = {},
  ): Promise<{ page: Page; said: string[] }> {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== new URL(url).origin && !request.url().startsWith('data:'))
        said.push(`asked for ${request.url()}`);
    });
    await page.goto(url);
    return { page, said };
  }

  it('follows a training, and keeps what it was told last', async () => {
    const run = at('followed');
    const args = ['train', images, ...network, ...pace, '--steps', '100000', '--out', run, '--live'];
    let page: Page | undefined;
    const { code } = await whileServing(args, async (url) => {
      const opened = await open(url);
      page = opened.page;
      const step = async () =>
        Number(
          /^Step (\d+) of 100000$/.exec(await opened.page.title().then((title) => title.split(': ')[1] ?? ''))?.[1] ??
            0,
        );
      while ((await step()) < 7) await setTimeout(20);
      const before = await step();
      while ((await step()) <= before) await setTimeout(20);
      await opened.page.getByRole('img', { name: /^Samples after step \d+/ }).waitFor();
      await opened.page
        .getByRole('img', { name: 'Loss', exact: true })
        .locator('g[aria-label=line] path')
        .waitFor({ state: 'attached' });
      expect(opened.said).toEqual([]);
    });
    expect(code).toBe(130);
    await page?.getByText('The command that serves this page has ended: this is the last that it told.').waitFor();
    expect(await page?.getByRole('figure').count()).toBeGreaterThan(5);
    await page?.close();
    let headline = '';
    await whileServing(['watch', run], async (url) => {
      const told = (await (await fetch(`${url}run.json`)).json()) as { headline: string };
      headline = told.headline;
    });
    expect(headline).toMatch(/^Stopped after \d+ steps$/);
  });

  it('is there before the run is, is read by keyboard, in the dark, on a phone', async () => {
    const run = at('later');
    const { code, stderr } = await whileServing(['watch', run], async (url) => {
      const { page, said } = await open(url, { colorScheme: 'dark' });
      await page.getByRole('heading', { name: /later is not there yet/ }).waitFor();
      await latentVaeJson(['train', images, ...network, ...pace, '--steps', '14', '--out', run]);
      await page.getByRole('heading', { name: 'Finished after 14 steps' }).waitFor();
      const loss = page.getByRole('figure').filter({ has: page.getByRole('heading', { name: 'Loss', exact: true }) });
      await loss.getByText(/images of the step/).waitFor();
      const last = await loss.getByRole('list').innerText();
      await page.getByLabel('Read at step').focus();
      await page.keyboard.press('Home');
      await page.keyboard.press('ArrowRight');
      const read = await loss.getByRole('list').innerText();
      expect([read.endsWith('at step 1'), read === last]).toEqual([true, false]);
      await page.getByLabel('Picture after step').focus();
      await page.keyboard.press('Home');
      await page.getByRole('img', { name: /^Samples after step 6\./ }).waitFor();
      // Polled from here: the page's policy forbids it to evaluate text by itself.
      const widthOfPicture = () => page.evaluate('document.images[0]?.naturalWidth ?? 0');
      await expect.poll(widthOfPicture, { timeout: 20_000 }).toBeGreaterThan(16);
      await page.getByRole('button', { name: 'time' }).press('Enter');
      await loss.getByText('seconds of training').waitFor();
      await page.getByRole('button', { name: 'logarithmic' }).press('Enter');
      await page.getByText('All options').click();
      expect(await page.evaluate(faintTexts)).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
      expect(await page.evaluate(faintTexts)).toEqual([]);
      await page.setViewportSize({ width: 360, height: 800 });
      const overflow = () => page.evaluate('document.documentElement.scrollWidth - innerWidth');
      await expect.poll(overflow, { timeout: 20_000 }).toBeLessThanOrEqual(0);
      expect(said).toEqual([]);
      await page.close();
    });
    expect(code).toBe(130);
    // Ctrl-C is how it ends: nothing is said of it.
    expect(stderr.trim().split('\n').at(-1)).toMatch(/^Open http:\/\/localhost:\d+\/ in a browser; Ctrl-C ends it\.$/);
  });

  it('shows a diffusion model', async () => {
    await latentVaeJson(['train', images, ...network, ...pace, '--steps', '2', '--out', at('tokenizer')]);
    await latentVaeJson(['encode', images, '--model', at('tokenizer'), '--out', at('latents')]);
    const args = [
      'train-diffusion',
      at('latents'),
      '--steps',
      '4',
      '--batch',
      '4',
      '--sample-steps',
      '2',
      '--tensorboard',
    ];
    await latentVaeJson([...args, '--out', at('diffusion')]);
    await whileServing(['watch', at('diffusion')], async (url) => {
      const { page, said } = await open(url);
      await page.getByRole('heading', { name: 'Finished after 4 steps' }).waitFor();
      await page.getByText(/validation, averaged weights: /).waitFor();
      await page.getByRole('img', { name: /^Samples after step 4/ }).waitFor();
      await page.getByText('the velocity of a rectified flow').waitFor();
      expect(said).toEqual([]);
      await page.close();
    });
    const [name = ''] = (await readdir(at('diffusion'))).filter((entry) => entry.includes('tfevents'));
    const events = await readEvents(join(at('diffusion'), name));
    expect(events.filter(({ scalars }) => scalars.has('validation/loss')).map(({ step }) => step)).toEqual([2, 4]);
  });
});
