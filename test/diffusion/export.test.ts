import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import type { DenoiserConfig } from '../../src/config/networks/denoiser.js';
import { createDenoiser } from '../../src/diffusion/backbones/denoiser.js';
import { exportDiffusionOnnx } from '../../src/diffusion/model/export-diffusion.js';
import { openOnnxSession } from '../../src/engine/onnx/run/onnx-session.js';
import { selectEngine } from '../../src/engine/select.js';
import { normals } from '../../src/random.js';
import { temporaryFolder } from '../latents/fixture.js';

const classes = ['a', 'b'];
const networks: readonly DenoiserConfig[] = [
  { backbone: 'dit', latentShape: [4, 4, 3], classes, width: 16, depth: 2, heads: 2, patch: 2 },
  { backbone: 'unet', latentShape: [8, 8, 3], classes, channels: [8, 16], blocks: 1, normGroups: 4 },
  { backbone: 'mlp', latentShape: [1, 1, 12], classes, width: 16, depth: 2 },
];

test.each(networks)('$backbone as ONNX predicts the same, for any batch', async (config) => {
  const shape = config.latentShape;
  await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 });
  // Random weights everywhere: as it starts, a network predicts zero.
  const weights = (name: string, size: readonly number[]) => {
    const values = normals(tf.util.sizeFromShape([...size]), name);
    return tf.tensor(
      values.map((value) => value / 10),
      [...size],
    );
  };
  const denoiser = createDenoiser(config, { weights });
  const folder = join(await temporaryFolder(), 'onnx');
  const tokenizer = { sha256: 'a'.repeat(64), name: 'none', path: null };
  const normalization = { mean: [0], std: [1] };
  await exportDiffusionOnnx(
    { denoiser, config: { denoiser: denoiser.config, process: 'flow', normalization, tokenizer } },
    folder,
  );
  const session = openOnnxSession(await readFile(join(folder, 'denoiser.onnx')), { threads: 1 });
  for (const batch of [1, 5]) {
    const latent = tf.tensor4d(normals(batch * tf.util.sizeFromShape([...shape]), 'x'), [batch, ...shape]);
    const [times, labels] = [new Float32Array(batch).fill(0.3), new Int32Array(batch).fill(1)];
    const wanted = await tf
      .transpose(denoiser.predict(latent, tf.tensor1d(times), tf.tensor1d(labels, 'int32')), [0, 3, 1, 2])
      .data();
    const nchw = tf.transpose(latent, [0, 3, 1, 2]);
    const outputs = session.run({
      latent: { shape: nchw.shape, data: (await nchw.data()) as Float32Array },
      time: { shape: [batch], data: times },
      class: { shape: [batch], data: labels },
    });
    const got = outputs.prediction?.data as Float32Array;
    expect(Math.max(...wanted.map(Math.abs))).toBeGreaterThan(0.01);
    expect(got.length).toBe(wanted.length);
    expect(Math.max(...wanted.map((value, index) => Math.abs(value - (got[index] as number))))).toBeLessThan(1e-4);
  }
});
