import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { createAutoencoder } from '../../src/autoencoder/autoencoder.js';
import { modelConfigSchema, type SpatialModelConfig } from '../../src/config/config.js';
import { writeSyntheticImages } from '../../src/data/synthetic/write.js';
import { writeDiffusersAutoencoder } from '../../src/interop/models/formats/diffusers/diffusers.js';
import { openSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { latentVae, latentVaeJson, newFolder, readLines } from './latent-vae.js';

const tinyEncoder = fileURLToPath(new URL('../golden/taesd/small_encoder.pth', import.meta.url));
const weightsName = 'diffusion_pytorch_model.safetensors';
const config = modelConfigSchema.parse({
  latent: 'spatial',
  imageSize: 32,
  blockOutChannels: [8, 16],
  normNumGroups: 4,
  latentChannels: 3,
  scalingFactor: 0.7,
}) as SpatialModelConfig;

let folder: string;
let images: string;
/** A directory as diffusers writes it. */
let theirs: string;
/** What `import` made of it. */
let ours: string;

beforeAll(async () => {
  folder = await newFolder();
  [images, theirs, ours] = ['images', 'theirs', 'ours'].map((name) => join(folder, name)) as [string, string, string];
  await writeSyntheticImages(images, { images: 20, size: 32, seed: 5 });
  await tf.setBackend('cpu');
  const { parameters } = createAutoencoder(config, { seed: 9 });
  const written = [...parameters].map(([name, variable]) => {
    return { name, shape: variable.shape, data: variable.dataSync<'float32'>() };
  });
  await writeDiffusersAutoencoder(theirs, config, written);
  await latentVaeJson(['import', theirs, '--out', ours, '--size', '16']);
});

const train = (out: string, ...more: string[]) => {
  const sizes = [
    '--size',
    '16',
    '--objective',
    'mse',
    '--batch',
    '4',
    '--validation-images',
    '4',
    '--checkpoint-steps',
    '2',
  ];
  return latentVaeJson(['train', images, ...sizes, '--out', join(folder, out), ...more]);
};

async function tensorsOf(path: string): Promise<Map<string, Buffer>> {
  await using file = await openSafetensors(path);
  const tensors = new Map<string, Buffer>();
  for (const name of file.entries.keys()) tensors.set(name, Buffer.from(await file.readBytes(name)));
  return tensors;
}

describe('info', () => {
  const told = [
    {
      of: 'a directory of diffusers',
      path: () => theirs,
      lines: [/diffusers AutoencoderKL/, /h\/2 × w\/2 × 3/, /· 0\.7/],
    },
    { of: 'an imported folder', path: () => ours, lines: [/latent-vae import/, /16 × 16 px/, /[0-9a-f]{64}/] },
    { of: 'a TAESD', path: () => tinyEncoder, lines: [/TAESD/, /small_decoder\.pth/, /problems +none/] },
  ];
  test.each(told)('tells of $of', async ({ path, lines }) => {
    const { stdout, stderr, code } = await latentVae(['info', path()]);
    expect([code, stderr]).toEqual([0, '']);
    for (const line of lines) expect(stdout).toMatch(line);
  });

  test('refuses what is no model in one sentence', async () => {
    for (const path of [images, join(folder, 'none'), join(images, 'none.onnx'), fileURLToPath(import.meta.url)]) {
      const { code, stderr } = await latentVae(['info', path]);
      expect(code).toBe(2);
      expect(stderr).toMatch(/^latent-vae: [^\n]+\n$/);
    }
  });
});

test('every command opens models of other projects as they are', async () => {
  const latents = join(folder, 'latents');
  const encoded = await latentVaeJson(['encode', images, '--model', theirs, '--out', latents, '--batch', '4']);
  expect(encoded.images).toBe(20);
  const decoded = await latentVaeJson(['decode', latents, '--model', theirs, '--out', join(folder, 'decoded')]);
  expect(decoded.written).toBe(20);
  const args = ['compare', images, '--models', `${theirs},${tinyEncoder}`, '--size', '16', '--images', '4'];
  const { models } = await latentVaeJson([...args, '--out', join(folder, 'report')]);
  expect(models).toMatchObject([
    { name: 'theirs', preset: 'imported', objective: 'unknown', klWeight: null },
    { name: 'small_encoder.pth', preset: 'imported' },
  ]);
});

describe('import', () => {
  test('keeps the weights bit for bit, and the config but for what it is told', async () => {
    expect(await tensorsOf(join(ours, 'model.safetensors'))).toEqual(await tensorsOf(join(theirs, weightsName)));
    const { model, imported } = JSON.parse(await readFile(join(ours, 'config.json'), 'utf8'));
    expect(model).toEqual({ ...config, imageSize: 16 });
    expect(imported).toMatchObject({ path: theirs, origin: 'diffusers AutoencoderKL' });
  });

  test.each([
    { flags: ['--out', '.'], path: () => theirs, says: /wanted a new or empty folder: choose another/ },
    { flags: ['--scaling-factor', '2'], path: () => tinyEncoder, says: /Got a scaling for latents of a tiny model/ },
    { flags: [], path: () => images, says: /holds no config\.json/ },
  ])('refuses $flags with $says', async ({ flags, path, says }) => {
    const { code, stderr } = await latentVae(['import', path(), '--out', join(folder, 'refused'), ...flags]);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });
});

describe('training further', () => {
  test('starts with the weights that were imported, and goes on without them', async () => {
    const frozen = ['--from', ours, '--learning-rate', '1e-60', '--ema-decay', '0'];
    await train('further', '--steps', '2', ...frozen);
    const run = join(folder, 'further');
    expect(await tensorsOf(join(run, 'model.safetensors'))).toEqual(await tensorsOf(join(ours, 'model.safetensors')));
    const { model, options } = JSON.parse(await readFile(join(run, 'config.json'), 'utf8'));
    // Latents of other weights have another scale, which the training measured at its end.
    const measured = expect.any(Number);
    expect(model).toEqual({ ...config, imageSize: 16, scalingFactor: measured, shiftFactor: measured });
    expect(options.from).toBe(ours);
    const away = join(folder, 'away');
    await latentVaeJson(['import', theirs, '--out', away]);
    await train('without', '--steps', '2', '--from', away);
    await rm(away, { recursive: true });
    const resumed = await latentVaeJson([
      'train',
      images,
      '--out',
      join(folder, 'without'),
      '--resume',
      '--steps',
      '3',
    ]);
    expect(resumed.steps).toBe(3);
  });

  test('moves a TAESD, whose latents have no variance', async () => {
    await train('tiny', '--steps', '6', '--from', tinyEncoder, '--warmup-steps', '0');
    const lines = (await readLines(join(folder, 'tiny', 'metrics.jsonl'))).map((line) => JSON.parse(line));
    const steps = lines.filter(({ loss }) => loss !== undefined);
    expect(steps).toHaveLength(6);
    for (const { loss, gradientNorm } of steps) expect(Number.isFinite(loss) && gradientNorm > 0).toBe(true);
    expect(steps.at(-1).loss).toBeLessThan(steps[0].loss);
    const { psnrDb } = await latentVaeJson(['evaluate', images, '--model', join(folder, 'tiny')]);
    expect(psnrDb).toBeGreaterThan(0);
  });
});

describe('export', () => {
  test('to diffusers gives back what was imported, byte by byte', async () => {
    const out = join(folder, 'exported');
    await latentVaeJson(['export', '--model', theirs, '--out', out, '--format', 'diffusers']);
    for (const name of ['config.json', weightsName]) {
      expect((await readFile(join(out, name))).equals(await readFile(join(theirs, name))), name).toBe(true);
    }
    const half = join(folder, 'half');
    await latentVaeJson(['export', '--model', ours, '--out', half, '--format', 'diffusers', '--dtype', 'float16']);
    const { weights } = await latentVaeJson(['info', half]);
    expect(weights.dtypes).toEqual(['F16']);
  });

  test('to ONNX tells how to use the files', async () => {
    const out = join(folder, 'onnx');
    await latentVaeJson(['export', '--model', ours, '--out', out, '--format', 'onnx']);
    const encoder = await latentVaeJson(['info', join(out, 'encoder.onnx')]);
    expect(encoder).toMatchObject({
      origin: 'ONNX',
      producer: 'latent-vae',
      inputs: [{ name: 'image', dtype: 'float32', shape: ['batch', 3, 'height', 'width'] }],
      outputs: [{ name: 'mean' }, { name: 'logvar' }],
      problems: [],
    });
    expect(JSON.parse(encoder.metadata['latent_vae.scaling'])).toMatchObject({ factor: 0.7, shift: 0 });
    expect(JSON.parse(encoder.metadata['latent_vae.images'])).toMatchObject({ layout: 'NCHW', range: [-1, 1] });
    const decoder = await latentVaeJson(['info', join(out, 'decoder.onnx')]);
    const { parameters } = await latentVaeJson(['info', ours]);
    expect(encoder.parameters + decoder.parameters).toBeGreaterThanOrEqual(parameters);
  });

  test.each([
    { args: ['--format', 'onnx', '--dtype', 'float16'], says: /onnx files, which have float32/ },
    { args: ['--format', 'diffusers'], says: /has no normalisation, got a model with one/ },
  ])('refuses $args', async ({ args, says }) => {
    const out = join(folder, 'refused');
    const { code, stderr } = await latentVae(['export', '--model', tinyEncoder, '--out', out, ...args]);
    expect(stderr).toMatch(says);
    expect(code).toBe(2);
  });
});
