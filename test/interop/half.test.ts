/** ONNX files in half precision: what they cost is measured, and what float16 cannot hold is refused. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Autoencoder } from '../../src/autoencoder/autoencoder.js';
import { exportOnnx } from '../../src/interop/models/export-model.js';
import { describeOnnxFile } from '../../src/interop/onnx/describe.js';
import { type HalfPrecision, halfSentence, measureHalf } from '../../src/latents/half.js';
import { randomAutoencoder } from '../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../golden.js';

let folder: string;
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'half-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ldm = { latent: 'spatial', latentChannels: 2, normNumGroups: 4, blockOutChannels: [8, 16], imageSize: 32 };

async function exportHalf(model: Autoencoder, name: string): Promise<{ out: string; measured: HalfPrecision }> {
  const out = join(folder, name);
  let measured: HalfPrecision | undefined;
  const inspect = async (draft: string) => {
    measured = await measureHalf(model, draft, 1);
  };
  await exportOnnx(model, out, { half: true, inspect });
  return { out, measured: measured as HalfPrecision };
}

it.each([
  ['of a Gaussian with attention', { ...ldm, attentionLevels: [1] }],
  ['of codes', { ...ldm, posterior: 'quantized', codes: 9 }],
  ['of a vector', { latent: 'vector', latentFloats: 5, imageSize: 16, blockOutChannels: [8, 16], normNumGroups: 4 }],
] as const)('agree with float32 as half precision can: %s', async (name, config) => {
  const model = randomAutoencoder(config);
  const { out, measured } = await exportHalf(model, name);
  expect(measured.images).toBeGreaterThan(0);
  expect(measured.images).toBeLessThan(0.01);
  expect(measured.mean).toBeLessThan(0.01);
  expect(halfSentence(measured)).toContain('means of latents differ by at most');
  const { inputs, outputs, metadata } = await describeOnnxFile(join(out, 'decoder.onnx'));
  expect([...inputs, ...outputs].map(({ dtype }) => dtype)).toEqual(['float32', 'float32']);
  expect(metadata['latent_vae.precision']).toBe('float16');
  const exact = join(folder, `${name} exact`);
  await exportOnnx(model, exact);
  const sizeOf = async (path: string) => (await stat(join(path, 'decoder.onnx'))).size;
  expect(await sizeOf(out)).toBeLessThan(0.8 * (await sizeOf(exact)));
});

it('are refused where float16 cannot hold their values, and leave nothing behind', async () => {
  const model = randomAutoencoder(ldm);
  const bias = model.parameters.get('decoder.conv_in.bias') as tf.Variable;
  bias.assign(tf.fill(bias.shape, 1e5));
  await expect(exportHalf(model, 'beyond')).rejects.toThrow(/beyond 65,504.*leave out --half/);
  expect(existsSync(join(folder, 'beyond'))).toBe(false);
});
