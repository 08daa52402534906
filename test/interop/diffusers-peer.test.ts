/** Both ways with diffusers itself, where a Python has it. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findPython } from '../../bench/python.js';
import type { Autoencoder } from '../../src/autoencoder/autoencoder.js';
import { exportDiffusers } from '../../src/interop/models/export-model.js';
import { openSafetensors, writeSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { normals } from '../../src/random.js';
import { openModel } from '../../src/training/run/trained-model.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { expectClose, useDefaultEngine } from '../golden.js';

const script = fileURLToPath(new URL('check_diffusers.py', import.meta.url));
const python = await findPython(['diffusers', 'safetensors', 'torch']);

const kl = { latent: 'spatial', blockOutChannels: [8, 16], normNumGroups: 4, latentChannels: 3 };
const tiny = { latent: 'tiny', channels: 8, latentChannels: 4, midBlockNorm: false };

/** Directories that we write, by name. */
const ours: Record<string, object> = {
  'as kl-f4': { ...kl, blockOutChannels: [8, 8, 16] },
  'with attention': { ...kl, attentionLevels: [1], layersPerBlock: 2, latentsMean: [1, 2, 3], latentsStd: [1, 2, 3] },
  'as FLUX': { ...kl, useQuantConv: false, usePostQuantConv: false, scalingFactor: 0.3611, shiftFactor: 0.1159 },
  'without attention': { ...kl, midBlockAttention: false },
  'as TAESD': { ...tiny, encoderBlocks: [1, 3, 3, 3], decoderBlocks: [3, 3, 3, 1] },
  'in fp16': kl,
};

/** Directories that diffusers writes, with what we must find in them. */
const theirs: Record<string, object> = {
  sd: { scalingFactor: 0.18215, attentionLevels: [] },
  sharded: {},
  fp16: {},
  'fp16-sharded': {},
  bf16: {},
  bin: {},
  flux: { latentChannels: 16, useQuantConv: false, scalingFactor: 0.3611, shiftFactor: 0.1159 },
  normalised: { latentsMean: [-1.6574, 1.886, -1.383, 2.5155], latentsStd: [8.4927, 5.9022, 6.5498, 5.2299] },
  attention: { attentionLevels: [1], layersPerBlock: 2 },
  'former-names': {},
  'no-attention': { midBlockAttention: false },
  taef1: { latent: 'tiny', latentChannels: 16, encoderBlocks: [1, 2, 3], decoderBlocks: [3, 2, 1] },
};

interface Loading {
  readonly missing_keys: readonly string[];
  readonly unexpected_keys: readonly string[];
  readonly mismatched_keys: readonly string[];
  readonly difference: Readonly<Record<string, number>>;
}

/** What the model makes of an image, as diffusers would name and order it. */
function compute(model: Autoencoder, image: tf.Tensor4D): Record<string, tf.Tensor4D> {
  const { mean, logvar } = model.encode(image);
  return { image, mean, logvar, restored: model.decode(mean) };
}

describe.skipIf(!python)('diffusers', () => {
  let folder: string;
  let checked: Record<string, Loading>;
  beforeAll(async () => {
    await useDefaultEngine();
    folder = await mkdtemp(join(tmpdir(), 'diffusers-peer-'));
    for (const [name, config] of Object.entries(ours)) {
      const directory = join(folder, 'ours', name.replaceAll(' ', '-'));
      const model = randomAutoencoder(config);
      await exportDiffusers(model, directory, name === 'in fp16' ? 'float16' : 'float32');
      const computed = compute(model, tf.tensor4d(normals(2 * 16 * 24 * 3, 'image'), [2, 16, 24, 3]));
      const tensors = Object.entries(computed).map(([key, tensor]) => {
        const nchw = tf.transpose(tensor, [0, 3, 1, 2]);
        return { name: key, dtype: 'F32' as const, shape: nchw.shape, data: nchw.dataSync<'float32'>() };
      });
      await writeSafetensors(join(directory, 'io.safetensors'), tensors);
    }
    const { status, stdout, stderr } = spawnSync(python as string, [script, folder], { encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
    checked = JSON.parse(stdout);
  }, 300_000);
  afterAll(() => rm(folder, { recursive: true }));

  it.each(Object.keys(ours))('loads ours %s and computes the same', (name) => {
    const { difference, ...keys } = checked[name.replaceAll(' ', '-')] as Loading;
    for (const list of Object.values(keys)) expect(list).toEqual([]);
    const tolerance = name === 'in fp16' ? 1e-2 : 1e-4;
    for (const value of Object.values(difference)) expect(value).toBeLessThan(tolerance);
    expect(Object.keys(difference)).toContain('restored');
  });

  it.each(Object.entries(theirs))('writes %s, which computes the same here', async (name, config) => {
    const directory = join(folder, 'theirs', name);
    const { model } = await openModel(directory);
    expect(model.config).toMatchObject(config);
    await using io = await openSafetensors(join(directory, 'io.safetensors'));
    const wanted = new Map<string, tf.Tensor4D>();
    for (const { name: key, shape } of io.entries.values()) {
      const nchw = tf.tensor4d(await io.readFloat32(key), [...shape] as [number, number, number, number]);
      wanted.set(key, tf.transpose(nchw, [0, 2, 3, 1]));
    }
    const got = compute(model, wanted.get('image') as tf.Tensor4D);
    for (const [key, value] of wanted) expectClose(got[key] as tf.Tensor, value, 1e-4);
    if (/sharded/.test(name)) expect((await readdir(directory)).length).toBeGreaterThan(5);
  });
});
