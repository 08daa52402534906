import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-core';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { toUnitRange } from '../../../src/data/pictures/values/pixels.js';
import { loadPerceptualLoss } from '../../../src/losses/perceptual/load.js';
import type { PerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { builtinWeightsPath } from '../../../src/losses/perceptual/weight-files.js';
import { deadLeaves } from '../../evaluation/pictures.js';
import { useDefaultEngine } from '../../golden.js';

const size = 64;
let builtin: PerceptualLoss;

beforeAll(async () => {
  await useDefaultEngine();
  builtin = await loadPerceptualLoss('builtin');
});

test('the shipped weights are those that the model card describes, in at most 2 MB', async () => {
  const file = await readFile(builtinWeightsPath);
  const sha256 = createHash('sha256').update(file).digest('hex');
  const card = await readFile('docs/photo-features.md', 'utf8');
  expect(card).toContain(`${sha256.slice(0, 8)}…${sha256.slice(-7)}`);
  expect(file.length).toBeLessThan(2e6);
});

test('the distance grows with a blur, and minds it more than an equal squared error of brightness', async () => {
  const { pixels } = deadLeaves(3, size);
  const blurred = (std: number) =>
    sharp(pixels, { raw: { width: size, height: size, channels: 3 } })
      .blur(std)
      .raw()
      .toBuffer();
  const distances = await Promise.all([0.5, 1, 2, 4].map(async (std) => distance(pixels, await blurred(std))));
  expect([...distances].sort((a, b) => a - b)).toEqual(distances);
  const strong = await blurred(2);
  const error = Math.sqrt(mean(Array.from(pixels, (value, at) => (value - (strong[at] as number)) ** 2)));
  const brighter = pixels.map((value) => Math.min(255, value + Math.round(error)));
  expect(await distance(pixels, brighter)).toBeLessThan((distances[2] as number) / 2);
});

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

async function distance(a: Uint8Array, b: Uint8Array): Promise<number> {
  const value = tf.tidy(() => builtin.distances(imageOf(a), imageOf(b)));
  const [first] = await value.data();
  value.dispose();
  return first as number;
}

function imageOf(pixels: Uint8Array): tf.Tensor4D {
  const values = new Float32Array(pixels.length);
  toUnitRange(pixels, values, 0);
  return tf.tensor4d(values, [1, size, size, 3]);
}
