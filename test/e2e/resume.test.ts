import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { openSafetensors } from '../../src/interop/safetensors.js';
import { latentVaeJson, newFolder, readLines } from './latent-vae.js';

const steps = 14;
let images: string;
let folder: string;
let whole: string;

const options = ['--preset', 'kl-f4-tiny', '--size', '32', '--batch', '4', '--seed', '3'];
const intervals = ['--checkpoint-steps', '5', '--sample-steps', '6', '--validation-images', '6'];

const train = (out: string, ...more: string[]) => {
  return latentVaeJson(['train', images, ...options, ...intervals, '--steps', `${steps}`, '--out', out, ...more]);
};

beforeAll(async () => {
  folder = await newFolder();
  images = join(folder, 'images');
  await writeSyntheticImages(images, { images: 40, size: 40, seed: 1 });
  whole = join(folder, 'whole');
  await train(whole);
});

async function expectSameRun(run: string) {
  expect(await readLines(join(run, 'metrics.jsonl'))).toEqual(await readLines(join(whole, 'metrics.jsonl')));
  const bytes = (name: string) => readFile(join(run, name));
  expect((await bytes('model.safetensors')).equals(await readFile(join(whole, 'model.safetensors')))).toBe(true);
  const [got, wanted] = await Promise.all(
    [run, whole].map((path) => openSafetensors(join(path, 'checkpoint.safetensors'))),
  );
  expect([...(got?.entries.keys() ?? [])]).toEqual([...(wanted?.entries.keys() ?? [])]);
  for (const name of wanted?.entries.keys() ?? []) {
    expect(
      Buffer.compare(
        (await got?.readBytes(name)) ?? Buffer.alloc(0),
        (await wanted?.readBytes(name)) ?? Buffer.alloc(1),
      ),
    ).toBe(0);
  }
  await Promise.all([got?.close(), wanted?.close()]);
}

test('the log holds every step and every validation once', async () => {
  const lines = (await readLines(join(whole, 'metrics.jsonl'))).map((line) => JSON.parse(line));
  const stepsLogged = lines.filter(({ loss }) => loss !== undefined).map(({ step }) => step);
  expect(stepsLogged).toEqual(Array.from({ length: steps }, (_, index) => index + 1));
  expect(lines.filter(({ validation }) => validation).map(({ step }) => step)).toEqual([6, 12, steps]);
});

test('the same seed gives the same run', async () => {
  const again = join(folder, 'again');
  const summary = await train(again);
  expect(summary).toMatchObject({ run: again, steps, images: steps * 4, interrupted: false });
  expect(summary.validation.psnrDb).toBeGreaterThan(5);
  await expectSameRun(again);
});

/** Sends the signal once the log has `lines` lines, whatever the machine's speed. */
function signalAfter(run: string, lines: number, signal: NodeJS.Signals) {
  return async (kill: (signal: NodeJS.Signals) => void) => {
    while ((await readLines(join(run, 'metrics.jsonl'))).length < lines) await setTimeout(5);
    kill(signal);
  };
}

test('Ctrl-C finishes the step and saves; the resumed run equals the uninterrupted one bit for bit', async () => {
  const run = join(folder, 'interrupted');
  const args = ['train', images, ...options, ...intervals, '--steps', `${steps}`, '--out', run];
  const summary = await latentVaeJson(args, { onStart: signalAfter(run, 3, 'SIGINT') });
  expect(summary.interrupted).toBe(true);
  expect(summary.steps).toBeGreaterThanOrEqual(3);
  expect(summary.steps).toBeLessThan(steps);
  const resumed = await latentVaeJson(['train', images, '--out', run, '--resume']);
  expect(resumed).toMatchObject({ steps, interrupted: false });
  await expectSameRun(run);
});

test('a killed run goes on from its last checkpoint and loses nothing', async () => {
  const run = join(folder, 'killed');
  const args = ['train', images, ...options, ...intervals, '--steps', `${steps}`, '--out', run];
  await expect(latentVaeJson(args, { onStart: signalAfter(run, 8, 'SIGKILL') })).rejects.toThrow();
  await latentVaeJson(['train', images, '--out', run, '--resume']);
  await expectSameRun(run);
});
