import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { trainOptionsSchema } from '../../src/config/config.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { openSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { parse } from '../../src/parse.js';
import { resumeTraining, trainAutoencoder } from '../../src/training/train.js';

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

test('a run that breaks down stops at once, and goes on from the last state that computes with another learning rate', async () => {
  const { images, run } = await newFolder();
  await trainAutoencoder({ ...optionsWith({ steps: 2, checkpointSteps: 1 }), images, out: run });
  const model = await readFile(join(run, 'model.safetensors'));
  const breaking = { steps: 9, learningRate: 1e14, warmupSteps: 0, gradientClip: 0, schedule: 'constant' } as const;
  const training = resumeTraining({ images, out: run, ...breaking });
  await expect(training).rejects.toThrow(
    /^Step \d: .* became (NaN|-?Infinity)\. The last state that computes, of step 2, is kept in .*--resume --learning-rate 2/,
  );
  expect(model.equals(await readFile(join(run, 'model.safetensors')))).toBe(true);
  await expectFinite(run);
  const warnings: string[] = [];
  await resumeTraining({
    ...{ images, out: run, steps: 3, learningRate: 1e-4 },
    hooks: { onWarning: (text) => warnings.push(text) },
  });
  await expectFinite(run);
  expect(warnings[0]).toBe(
    'Goes on after step 2 with --steps 3 (was 9), --learning-rate 0.0001 (was 100000000000000): from there on it is another ' +
      'run than an uninterrupted one.',
  );
  expect(warnings[1]).toMatch(/^The model restores pictures worse than their mean colour does \(\d+\.\d\d dB against/);
  const log = (await readFile(join(run, 'metrics.jsonl'), 'utf8')).split('\n').slice(0, -1);
  const changed = log.map((line) => JSON.parse(line)).filter(({ changes }) => changes);
  expect(changed).toEqual([
    { step: 2, changes: expect.objectContaining({ learningRate: [1e-3, 1e14] }) },
    { step: 2, changes: { steps: [9, 3], learningRate: [1e14, 1e-4] } },
  ]);
});

async function expectFinite(run: string) {
  const file = await openSafetensors(join(run, 'checkpoint.safetensors'));
  for (const name of file.entries.keys()) {
    const values = await file.readFloat32(name);
    expect(values.every(Number.isFinite), name).toBe(true);
  }
  await file.close();
}

test('weights that never computed are told apart from a divergence', async () => {
  const { images, run } = await newFolder();
  const training = trainAutoencoder({ ...optionsWith({ steps: 2, reconstructionWeight: 1e39 }), images, out: run });
  await expect(training).rejects.toThrow(/^Step 1: .* with the very weights that the training began with/);
});

test('images too small for a term are refused before a run folder is made; the scale of latents is measured at the end', async () => {
  const { images, run } = await newFolder();
  const options = optionsWith({ size: 16, steps: 1, adversarialWeight: 0.5, discriminatorLayers: 3 });
  await expect(trainAutoencoder({ ...options, images, out: run })).rejects.toThrow(
    /got 16×16 px, wanted at least 24 px/,
  );
  const { validation } = await trainAutoencoder({ ...optionsWith({ steps: 1 }), images, out: run });
  const { model } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
  expect(model.scalingFactor).toBeGreaterThan(0);
  expect(validation?.scaling).toEqual({ shift: model.shiftFactor, factor: model.scalingFactor });
});
