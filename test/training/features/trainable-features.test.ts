import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadPhotoFeatures } from '../../../src/losses/perceptual/load.js';
import { normals } from '../../../src/random.js';
import type { LabelledPicture } from '../../../src/training/features/photo-batches.js';
import { savePhotoFeatures } from '../../../src/training/features/save-features.js';
import { photoFeatureRecipe, trainPhotoFeatures } from '../../../src/training/features/train-features.js';
import { createTrainableFeatures, foldNormalisation } from '../../../src/training/features/trainable-features.js';
import { expectClose, useDefaultEngine } from '../../golden.js';

let folder: string;
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'features-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('the shipped form sees what the trained one sees, within the rounding to float16, in at most 2 MB', async () => {
  const network = createTrainableFeatures(5, 1);
  for (const [name, parameter] of network.parameters) {
    // Away from the first values, at which blocks are still the identity.
    if (name.includes('.norm.')) parameter.assign(tf.add(parameter, noise(name, parameter.shape)));
  }
  const images = tf.tensor4d(normals(4 * 48 * 48 * 3, 'pictures'), [4, 48, 48, 3]);
  const path = join(folder, 'features.safetensors');
  await savePhotoFeatures(path, foldNormalisation(network.parameters, network.moments(images)), { name: 'test' });
  expect((await stat(path)).size).toBeLessThan(2_000_000);
  const shipped = await loadPhotoFeatures(path);
  const last = shipped.features(images).at(-1) as tf.Tensor4D;
  const classify = ['weight', 'bias'].map((part) => network.parameters.get(`classifier.${part}`)) as tf.Variable[];
  const [weight, bias] = classify as [tf.Variable, tf.Variable];
  const logits = tf.add(tf.matMul(tf.mean(last, [1, 2]) as tf.Tensor2D, weight as tf.Tensor2D), bias);
  expectClose(logits, network.logits(images), 5e-3);
});

test('its distance is 0 between equal pictures, grows with a distortion and stays below 1', async () => {
  const network = createTrainableFeatures(5, 1);
  const images = tf.tensor4d(normals(2 * 32 * 40 * 3, 'pictures'), [2, 32, 40, 3]);
  const path = join(folder, 'distance.safetensors');
  await savePhotoFeatures(path, foldNormalisation(network.parameters, network.moments(images)), { name: 'test' });
  const { distances } = await loadPhotoFeatures(path);
  const strengths = [0, 0.1, 0.3, 1, 10];
  const found = strengths.map((strength) => {
    const changed = tf.add(images, tf.mul(noise('distortion', images.shape), strength)) as tf.Tensor4D;
    return distances(images, changed).dataSync()[0] as number;
  });
  expect(found[0]).toBeCloseTo(0, 6);
  expect(found).toEqual([...found].sort((a, b) => a - b));
  expect(found.at(-1)).toBeLessThan(1);
});

test('training learns to tell red pictures from blue ones, and repeats itself exactly', async () => {
  const pictures: LabelledPicture[] = [0, 1].map((label) => ({
    label,
    picture: {
      pixels: Uint8Array.from({ length: 40 * 40 * 3 }, (_, index) =>
        index % 3 === 2 * label ? 200 : (index * 7) % 90,
      ),
      width: 40,
      height: 40,
      originalWidth: 40,
      originalHeight: 40,
      format: 'png',
      channels: 3,
    },
  }));
  const recipe = { ...photoFeatureRecipe, size: 32, batch: 8, steps: 12, warmupSteps: 4, momentBatches: 2 };
  const run = async () => {
    const accuracies: number[] = [];
    const weights = await trainPhotoFeatures(pictures, 2, recipe, ({ accuracy }) => accuracies.push(accuracy));
    return { accuracies, first: [...((await weights.get('stages.0.conv.weight')?.data()) ?? [])] };
  };
  const [once, again] = [await run(), await run()];
  expect(once.accuracies.slice(-3)).toEqual([1, 1, 1]);
  expect(again).toEqual(once);
});

function noise(name: string, shape: number[]): tf.Tensor {
  return tf.mul(tf.tensor(normals(tf.util.sizeFromShape(shape), 'noise', name), shape), 0.5);
}
