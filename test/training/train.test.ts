import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainOptionsSchema } from '../../src/config/config.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { openSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { parse } from '../../src/parse.js';
import { trainAutoencoder } from '../../src/training/train.js';

const small = { size: 32, batch: 2, validationImages: 2, engine: 'onnxruntime', threads: 1 };
const optionsWith = (changes: object) => {
  const { preset: model, ...options } = parse(
    trainOptionsSchema,
    { preset: 'kl-f4-tiny', ...small, ...changes },
    'test',
  );
  return { ...options, model };
};

async function newFolder(): Promise<{ images: string; run: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-vae-test-'));
  const images = join(folder, 'images');
  await writeSyntheticImages(images, { images: 24, size: 32, seed: 1 });
  return { images, run: join(folder, 'run') };
}

test('a run that breaks down stops at once, names term and step, and keeps the last good checkpoint', async () => {
  const { images, run } = await newFolder();
  const options = optionsWith({ steps: 9, learningRate: 1e14, warmupSteps: 0, gradientClip: 0, checkpointSteps: 1 });
  const training = trainAutoencoder({ ...options, images, out: run });
  await expect(training).rejects.toThrow(/^Step [2-9]: \w+ became (NaN|-?Infinity)\. The last good state is kept in /);
  const file = await openSafetensors(join(run, 'checkpoint.safetensors'));
  for (const name of file.entries.keys()) {
    const values = await file.readFloat32(name);
    expect(values.every(Number.isFinite), name).toBe(true);
  }
  await file.close();
});

test('images too small for a term are refused before a run folder is made', async () => {
  const { images, run } = await newFolder();
  const options = optionsWith({ size: 16, steps: 1, adversarialWeight: 0.5, discriminatorLayers: 3 });
  await expect(trainAutoencoder({ ...options, images, out: run })).rejects.toThrow(
    /got 16×16 px, wanted at least 24 px/,
  );
  await expect(trainAutoencoder({ ...optionsWith({ steps: 1 }), images, out: run })).resolves.toMatchObject({
    steps: 1,
  });
});
