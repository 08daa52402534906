import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { beforeAll, expect, test } from 'vitest';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { latentVae, newFolder, readLines } from './latent-vae.js';

let folder: string;
let images: string;
beforeAll(async () => {
  folder = await newFolder();
  images = join(folder, 'images');
  await writeSyntheticImages(images, { images: 16, size: 16, seed: 1 });
});

const network = ['--preset', 'kl-f4-tiny', '--size', '16', '--batch', '2', '--validation-images', '2'];

test.each([
  ['SIGTERM', 143],
  ['SIGHUP', 129],
] as const)('%s saves a training, and the exit code says %i', async (signal, wanted) => {
  const run = join(folder, signal);
  // What failed before it wrote its config.json stands in nobody's way.
  await mkdir(join(run, 'samples'), { recursive: true });
  await writeFile(join(run, '.config.json.11111111-2222-4333-8444-555555555555.tmp'), 'half');
  const { code, stderr } = await latentVae(['train', images, ...network, '--steps', '100000', '--out', run], {
    async onStart(kill) {
      while ((await readLines(join(run, 'metrics.jsonl'))).length < 1) await setTimeout(5);
      kill(signal);
    },
  });
  expect(code).toBe(wanted);
  expect(stderr).toContain('Interrupted and saved after');
  expect((await readLines(join(run, 'metrics.jsonl'))).length).toBeGreaterThan(0);
});
