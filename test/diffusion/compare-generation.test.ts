import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { modelConfigSchema } from '../../src/config/config.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import {
  compareGeneration,
  type GenerationOptions,
  type TokenizerGeneration,
} from '../../src/diffusion/comparison/compare-generation.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { trainAutoencoder } from '../../src/training/train.js';

const size = 32;
const validation = '**/*[02468].png';
let folder: string;
let pictures: string;
let tokenizer: { readonly name: string; readonly path: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'latent-vae-generation-'));
  pictures = join(folder, 'pictures');
  await writeSyntheticImages(pictures, { images: 40, size, seed: 0 });
  const model = modelConfigSchema.parse({
    latent: 'spatial',
    imageSize: size,
    stem: 4,
    blockOutChannels: [16],
    latentChannels: 2,
    normNumGroups: 4,
    midBlockAttention: false,
  });
  const path = join(folder, 'tokenizer');
  await trainAutoencoder({ images: pictures, model, objective: 'mse', steps: 2, batch: 4, threads: 1, out: path });
  tokenizer = { name: 'small', path };
});

const optionsFor = (out: string, more: Partial<GenerationOptions> = {}): GenerationOptions => ({
  engine: 'onnxruntime',
  device: 'cpu',
  threads: 1,
  out: join(folder, out),
  size,
  steps: 2,
  count: 8,
  seed: 0,
  validation,
  conditional: false,
  diffusionOptions: { batch: 4, preset: 'mlp-tiny' },
  samplingOptions: { samplerSteps: 2 },
  maxPixels: 1_000_000,
  ...more,
});

describe('the same diffusion model on the latents of tokenizers', () => {
  let whole: readonly TokenizerGeneration[];

  beforeAll(async () => {
    whole = await compareGeneration(pictures, [tokenizer], optionsFor('whole'));
  });

  test('is trained and sampled as asked, without classes where it is not told any', async () => {
    const folderOf = join(folder, 'whole', '1-small');
    const { options } = JSON.parse(await readFile(join(folderOf, 'run', 'config.json'), 'utf8'));
    expect(options).toMatchObject({ steps: 2, batch: 4, preset: 'mlp-tiny', validation });
    await using store = await openLatents(join(folderOf, 'latents'));
    expect(store.manifest.classes).toEqual([]);
    expect(whole[0]?.evaluation.accuracies).toBeUndefined();
    expect(whole[0]?.evaluation.sets.map(({ name }) => name)).toEqual(['samples', 'reconstructions', 'real pictures']);
  });

  test('goes on to the same figures where it was interrupted', async () => {
    const stop = new AbortController();
    const onStage = (sentence: string) => {
      if (sentence.includes('training')) stop.abort();
    };
    const interrupted = compareGeneration(pictures, [tokenizer], optionsFor('parts', { signal: stop.signal, onStage }));
    await expect(interrupted).rejects.toThrow('Run the same command to go on');
    const resumed = await compareGeneration(pictures, [tokenizer], optionsFor('parts'));
    expect(resumed[0]?.loss).toBe(whole[0]?.loss);
    expect(resumed[0]?.evaluation.sets).toEqual(whole[0]?.evaluation.sets);
  });
});
