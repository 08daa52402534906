import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { openSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { latentVae, latentVaeJson, newFolder, readLines } from './latent-vae.js';

const steps = 14;
let images: string;
let folder: string;
let whole: string;

const narrow = ['--channels', '16,32,32', '--norm-groups', '8'];
const options = ['--preset', 'kl-f4-tiny', ...narrow, '--size', '32', '--batch', '4', '--seed', '3'];
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

async function expectSameRun(run: string, wanted = whole) {
  expect(await readLines(join(run, 'metrics.jsonl'))).toEqual(await readLines(join(wanted, 'metrics.jsonl')));
  const bytes = (name: string) => readFile(join(run, name));
  expect((await bytes('model.safetensors')).equals(await readFile(join(wanted, 'model.safetensors')))).toBe(true);
  const [got, goal] = await Promise.all(
    [run, wanted].map((path) => openSafetensors(join(path, 'checkpoint.safetensors'))),
  );
  expect([...(got?.entries.keys() ?? [])]).toEqual([...(goal?.entries.keys() ?? [])]);
  for (const name of goal?.entries.keys() ?? []) {
    expect(
      Buffer.compare((await got?.readBytes(name)) ?? Buffer.alloc(0), (await goal?.readBytes(name)) ?? Buffer.alloc(1)),
    ).toBe(0);
  }
  await Promise.all([got?.close(), goal?.close()]);
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
  const { code, stdout, stderr } = await latentVae([...args, '--json'], { onStart: signalAfter(run, 3, 'SIGINT') });
  expect(code).toBe(130);
  expect(stderr).toContain(`Go on with: latent-vae train ${images} --out ${run} --resume`);
  const summary = JSON.parse(stdout);
  expect(summary.interrupted).toBe(true);
  expect(summary.steps).toBeGreaterThanOrEqual(3);
  expect(summary.steps).toBeLessThan(steps);
  const resumed = await latentVaeJson(['train', images, '--out', run, '--resume']);
  expect(resumed).toMatchObject({ steps, interrupted: false });
  await expectSameRun(run);
});

test('a killed run goes on from its last checkpoint and loses nothing, with less memory as well', async () => {
  const run = join(folder, 'killed');
  const args = ['train', images, ...options, ...intervals, '--steps', `${steps}`, '--out', run];
  await expect(latentVaeJson(args, { onStart: signalAfter(run, 8, 'SIGKILL') })).rejects.toThrow();
  await latentVaeJson(['train', images, '--out', run, '--resume', '--gradient-checkpointing']);
  const { options: resumed } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
  expect(resumed).toMatchObject({ steps, gradientCheckpointing: true });
  await expectSameRun(run);
});

test('a run that has come to its end may be resumed, and logs nothing twice', async () => {
  await latentVaeJson(['train', images, '--out', join(folder, 'again'), '--resume']);
  await expectSameRun(join(folder, 'again'));
});

test('so does a run with a discriminator, stopped after both players have begun', async () => {
  const schedule = [
    '--adversarial-start',
    '6',
    '--adversarial-warmup',
    '3',
    '--learned-logvar',
    '--kl-ramp-steps',
    '20',
  ];
  const network = ['--discriminator-layers', '1', '--discriminator-width', '8', '--lecam-weight', '0.1'];
  const adversarial = ['--adversarial-weight', '0.5', ...schedule, ...network];
  const uninterrupted = join(folder, 'adversarial');
  await train(uninterrupted, ...adversarial);
  const run = join(folder, 'adversarial-killed');
  const args = ['train', images, ...options, ...intervals, '--steps', `${steps}`, '--out', run, ...adversarial];
  await expect(latentVaeJson(args, { onStart: signalAfter(run, 9, 'SIGKILL') })).rejects.toThrow();
  await latentVaeJson(['train', images, '--out', run, '--resume']);
  await expectSameRun(run, uninterrupted);
  const lines = (await readLines(join(run, 'metrics.jsonl'))).map((line) => JSON.parse(line));
  const stepsWith = (name: string) => lines.filter((line) => name in line).map(({ step }) => step);
  expect(stepsWith('discriminator')[0]).toBe(3);
  expect(stepsWith('adaptiveWeight')).toEqual([6, 7, 8, 9, 10, 11, 12, 13, 14]);
});

test('a run keeps the threads it was begun with, and says what other ones mean', async () => {
  const run = join(folder, 'threads');
  await train(run, '--threads', '1', '--steps', '3');
  const config = join(run, 'config.json');
  const written = JSON.parse(await readFile(config, 'utf8'));
  expect(written.threads).toBe(1);
  // As if it had been begun where every core together are 64.
  const elsewhere = { ...written, threads: 64, options: { ...written.options, threads: 0 } };
  await writeFile(config, JSON.stringify(elsewhere));
  const kept = await latentVae(['train', images, '--out', run, '--resume']);
  expect(kept.stderr).toMatch(
    /begun with 64 threads and keeps them, though this machine would take \d+: .* bit for bit/,
  );
  const changed = await latentVae(['train', images, '--out', run, '--resume', '--threads', '1', '--steps', '4']);
  expect(changed.code).toBe(0);
  expect(changed.stderr).toMatch(/--threads 1 \(was 64\)/);
  expect(JSON.parse(await readFile(config, 'utf8')).threads).toBe(1);
  const again = await latentVae(['train', images, '--out', run, '--resume', '--threads', '2']);
  expect(again.stderr).toContain('it agrees with an uninterrupted run to rounding, not bit for bit');
});
