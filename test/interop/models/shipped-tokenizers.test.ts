/** The tokenizers that come with the package do what their names promise, wherever a command is told a name. */
import { existsSync, statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { downsamplingFactor, hasVectorLatent, latentScaling } from '../../../src/config/config.js';
import { findImages } from '../../../src/data/images.js';
import { writeSyntheticImages } from '../../../src/data/synthetic/write.js';
import { evaluateFiles } from '../../../src/evaluation/evaluate.js';
import { exportTokenizer } from '../../../src/interop/models/export-model.js';
import { describeModelFile } from '../../../src/interop/models/info.js';
import { openImportedModel } from '../../../src/interop/models/open-model.js';
import {
  defaultTokenizer,
  modelPathOf,
  shippedBaseline,
  shippedTokenizers,
} from '../../../src/interop/models/shipped-tokenizers.js';
import { openModel } from '../../../src/training/run/trained-model.js';
import { randomAutoencoder } from '../../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../../golden.js';

let folder: string;
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'latent-vae-tokenizers-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const network = { latent: 'spatial', stem: 4, blockOutChannels: [8], normNumGroups: 4, latentChannels: 2 };

describe('a tokenizer to hand on', () => {
  it('opens as the model it was made of, and says nothing of where that lay', async () => {
    const model = randomAutoencoder(network);
    const out = join(folder, 'mine');
    await exportTokenizer(model, out, { name: 'mine', scaling: { factor: 0.5, shift: -1 } }, 'float32');
    const { origin, config, run, weights: opened } = await openImportedModel(out);
    await using weights = opened;
    expect({ origin, run }).toEqual({ origin: 'latent-vae tokenizer', run: undefined });
    expect(config).toEqual({ ...model.config, scalingFactor: 0.5, shiftFactor: -1 });
    for (const [name, variable] of model.parameters) {
      expect(await weights.parameter(name, variable.shape)).toEqual(await variable.data());
    }
    await expect(exportTokenizer(model, out, { name: 'again' })).rejects.toThrow(/Got --out/);
  });

  it('has no scaling where a latent has none', async () => {
    const { latentChannels: _, ...trunk } = network;
    const vector = randomAutoencoder({ ...trunk, latent: 'vector', latentFloats: 3, imageSize: 8 });
    const scaled = { name: 'vector', scaling: { factor: 2, shift: 0 } };
    await expect(exportTokenizer(vector, join(folder, 'vector'), scaled)).rejects.toThrow(
      /configuration of a vector model/,
    );
  });
});

describe('the name of a model', () => {
  it('is a path where there is something of that name, and else that of a shipped tokenizer', () => {
    expect(modelPathOf('package.json')).toBe('package.json');
    expect(modelPathOf('photo-f7')).toBe('photo-f7');
    expect(shippedTokenizers).toContain(defaultTokenizer);
    expect(existsSync(join(modelPathOf(defaultTokenizer), 'config.json'))).toBe(true);
  });
});

const grids = shippedTokenizers.filter((name) => name !== shippedBaseline);

describe.each(shippedTokenizers)('%s', (name) => {
  it('is whole, small and has its card', async () => {
    const { problems, config, weights, files } = await describeModelFile(name);
    expect(problems).toEqual([]);
    expect(weights.dtypes).toEqual(['F16']);
    expect(statSync(files[0]?.path ?? '').size).toBeLessThan(8e6);
    expect(existsSync(`docs/tokenizers/${name}.md`)).toBe(true);
    if (name === shippedBaseline) expect(config).toMatchObject({ latent: 'vector', latentFloats: 256, imageSize: 64 });
  });
});

describe.each(grids)('the tokenizer %s', (name) => {
  it('is scaled, and has the factor that its name says', async () => {
    const { config } = await describeModelFile(name);
    expect(hasVectorLatent(config)).toBe(false);
    expect(latentScaling(config)).not.toBeNull();
    expect(name).toContain(`f${downsamplingFactor(config)}`);
  });

  it('restores synthetic pictures of a size and shape it was not trained at', async () => {
    const pictures = join(folder, 'pictures');
    await writeSyntheticImages(pictures, { images: 4, size: 192, seed: 1 });
    const { model } = await openModel(name);
    const options = { size: 192, batch: 2, maxPixels: 1e6 };
    const { psnrDb } = await evaluateFiles(model, await findImages(pictures, {}), options);
    expect(psnrDb).toBeGreaterThan(22);
  });
});
