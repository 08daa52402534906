/** A weight that is no finite number is named when a model is opened, whatever it was saved as, before anything is written. */

import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { exportDiffusers, exportTokenizer } from '../../../src/interop/models/export-model.js';
import { importModel } from '../../../src/interop/models/import-model.js';
import { openModel } from '../../../src/training/run/trained-model.js';
import { randomAutoencoder } from '../../autoencoder/random-autoencoder.js';
import { useDefaultEngine } from '../../golden.js';

let folder: string;
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'latent-vae-broken-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** One number of one bias of the decoder is `value`: encoding with it would be right, and every picture wrong. */
function brokenModel(value: number) {
  const model = randomAutoencoder({
    latent: 'spatial',
    blockOutChannels: [8, 8],
    layersPerBlock: 1,
    normNumGroups: 4,
    latentChannels: 2,
  });
  const bias = model.parameters.get('decoder.conv_out.bias') as tf.Variable;
  bias.assign(tf.tensor1d([0, value, 0]));
  return model;
}

it.each([
  [
    'a tokenizer',
    Number.NaN,
    (out: string, value: number) => exportTokenizer(brokenModel(value), out, { name: 'x' }, 'float32'),
  ],
  ['a directory of diffusers', Number.NaN, (out: string, value: number) => exportDiffusers(brokenModel(value), out)],
  ['a directory of diffusers', Infinity, (out: string, value: number) => exportDiffusers(brokenModel(value), out)],
] as const)('%s with %d is refused by the name of its tensor, and imported nowhere', async (kind, value, save) => {
  const path = join(folder, `${kind}-${value}`.replaceAll(' ', '-'));
  await save(path, value);
  const sentence = new RegExp(`decoder\\.conv_out\\.bias in .* holds ${value}: the model is broken`);
  await expect(openModel(path)).rejects.toThrow(sentence);
  const out = `${path}-imported`;
  await expect(importModel(path, out)).rejects.toThrow(sentence);
  expect(existsSync(join(out, 'model.safetensors'))).toBe(false);
});
