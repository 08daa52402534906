import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { findPython } from '../../bench/python.js';
import { exportDiffusers, exportOnnx } from '../../src/interop/models/export-model.js';
import { writeSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { normals } from '../../src/random.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../golden.js';

const script = fileURLToPath(new URL('check_export.py', import.meta.url));
const python = await findPython(['numpy', 'onnx.reference', 'safetensors', 'torch']);

const config = {
  latent: 'spatial',
  blockOutChannels: [8, 16],
  attentionLevels: [1],
  layersPerBlock: 2,
  normNumGroups: 4,
  latentChannels: 3,
};

it.skipIf(!python)("exports compute the same in ONNX's reference evaluator and in PyTorch", async () => {
  await useDefaultEngine();
  const folder = await mkdtemp(join(tmpdir(), 'export-'));
  const model = randomAutoencoder(config);
  const image = tf.tensor4d(normals(2 * 16 * 24 * 3, 'image'), [2, 16, 24, 3]);
  const latent = tf.tensor4d(normals(2 * 4 * 6 * 3, 'latent'), [2, 4, 6, 3]);
  const { mean, logvar } = model.encode(image);
  const tensors = { image, mean, logvar, latent, restored: model.decode(latent) };
  const written = Object.entries(tensors).map(([name, tensor]) => {
    const nchw = tf.transpose(tensor, [0, 3, 1, 2]);
    return { name, dtype: 'F32' as const, shape: nchw.shape, data: nchw.dataSync<'float32'>() };
  });
  await exportDiffusers(model, join(folder, 'vae'));
  await exportOnnx(model, join(folder, 'onnx'));
  await writeSafetensors(join(folder, 'onnx', 'io.safetensors'), written);
  const { stdout, stderr } = spawnSync(python as string, [script, folder], { encoding: 'utf8' });
  await rm(folder, { recursive: true });
  expect(stderr).not.toContain('Error');
  const { unused, diffusers, onnx } = JSON.parse(stdout);
  expect(unused).toEqual([]);
  for (const difference of [...diffusers, ...onnx]) expect(difference).toBeLessThan(1e-4);
  expect([...diffusers, ...onnx]).toHaveLength(6);
});
