import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { findImages } from '../../src/data/images.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { evaluateFiles, type ReconstructedImage } from '../../src/evaluation/evaluate.js';
import { measureOriginal, measureReconstruction } from '../../src/evaluation/measures/measures.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../golden.js';

let folder: string;
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'latent-vae-evaluate-'));
  await writeSyntheticImages(folder, { images: 6, size: 32, seed: 0 });
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it('tells the means of what a comparison measures of the same pictures', async () => {
  const model = randomAutoencoder({ latent: 'spatial', blockOutChannels: [8, 8], normNumGroups: 4, latentChannels: 2 });
  const options = { size: 32, batch: 4, maxPixels: 1e6 };
  const seen: ReconstructedImage[] = [];
  const evaluation = await evaluateFiles(model, await findImages(folder, {}), options, (image) => seen.push(image));
  const measured = seen.map(({ original, reconstruction }) => {
    return measureReconstruction(measureOriginal(original), reconstruction).measures;
  });
  expect(measured).toHaveLength(6);
  for (const name of ['psnrDb', 'ssim', 'gradientEnergyRatio', 'blurSigmaPx'] as const) {
    const values = measured.map((measures) => measures[name]).filter(Number.isFinite);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(evaluation[name]).toBeCloseTo(mean, 10);
  }
});
