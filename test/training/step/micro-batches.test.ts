/** The images of a step as tensors, divided over processes and parts. */
import type * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { modelConfigSchema, objectives, type RunConfig, regularizersSchema } from '../../../src/config/config.js';
import type { ImageBatch } from '../../../src/data/batches/batches.js';
import { drawCorruption } from '../../../src/losses/regularizers/latent-corruption.js';
import { normals } from '../../../src/random.js';
import type { Team } from '../../../src/training/data-parallel/team.js';
import { splitIntoMicroBatches } from '../../../src/training/step/micro-batches.js';
import { useCpu } from '../../engine/compare.js';

beforeAll(useCpu);

const size = 4;
const floats = size * size * 3;
const network = { latent: 'spatial', imageSize: size, blockOutChannels: [8, 16], normNumGroups: 4, latentChannels: 2 };
/** [h, w, Z] */
const latent = [2, 2, 2] as const;
const options = { batch: 8, accumulate: 2, size, seed: 5, latentSamples: 3 };
const configOf = (objective: object = {}, model: object = {}) =>
  ({
    options,
    model: modelConfigSchema.parse({ ...network, ...model }),
    objective: { ...objectives.mse, ...objective },
  }) as unknown as RunConfig;

/** The four images of one of two processes. */
const images = Float32Array.from({ length: 4 * floats }, (_, at) => at);
const files = ['a', 'b', 'c', 'd'].map((relativePath) => ({ relativePath }));
const labels = ['cup', 'bass', 'cup', 'cup'];
const batch = { images, labels, files } as unknown as ImageBatch;
const split = (config: RunConfig, rank = 1, step = 9) =>
  splitIntoMicroBatches(batch, config, step, { rank, size: 2 } as Team);

test('parts are of equal size, with the noise of their images among those of all processes', () => {
  const parts = split(configOf());
  expect(parts.map((part) => Object.keys(part))).toEqual([
    ['images', 'noise'],
    ['images', 'noise'],
  ]);
  const noise = normals(8 * 3 * 8, 'noise', 5, 9);
  for (const [index, part] of parts.entries()) {
    expect(part.images.shape).toEqual([2, size, size, 3]);
    expect(part.images.dataSync()).toEqual(images.slice(2 * floats * index, 2 * floats * (index + 1)));
    expect(part.noise.shape).toEqual([2 * 3, ...latent]);
    expect(part.noise.dataSync()).toEqual(noise.slice(48 * (2 + index), 48 * (3 + index)));
  }
  expect(split(configOf(), 0)[1]?.noise.dataSync()).toEqual(noise.slice(48, 96));
});

test('what hides latents is drawn for all processes likewise, where anything does', () => {
  const regularizers = regularizersSchema.parse({ latentNoise: 2, latentMask: 0.5 });
  const { scale, added } = drawCorruption(8 * 3, latent, regularizers, 5, 9);
  for (const [index, { corruption }] of split(configOf({ regularizers })).entries()) {
    const [first, end] = [48 * (2 + index), 48 * (3 + index)];
    expect(corruption?.scale.dataSync()).toEqual(scale.slice(first, end));
    expect(corruption?.added.dataSync()).toEqual(added.slice(first, end));
    expect(corruption?.added.shape).toEqual([6, ...latent]);
  }
  const idle = regularizersSchema.parse({ equivarianceWeight: 1 });
  expect(split(configOf({ regularizers: idle })).every(({ corruption }) => corruption === undefined)).toBe(true);
});

test('the step is there for a program’s own terms', () => {
  const parts = split(configOf({ terms: { own: { weight: 1 } } }));
  expect(parts.map(({ stepScalar }) => (stepScalar as tf.Scalar).dataSync()[0])).toEqual([9, 9]);
});

test('classes are there for a model that is told them', () => {
  const vector = { latent: 'vector', latentFloats: 6, classes: ['bass', 'cup'] };
  const { latentChannels: _, ...others } = network;
  const config = { ...configOf(), model: modelConfigSchema.parse({ ...others, ...vector }) } as RunConfig;
  const parts = split(config);
  expect(parts.map(({ classes }) => [...(classes as tf.Tensor1D).dataSync()])).toEqual([
    [1, 0],
    [1, 1],
  ]);
  expect(parts[0]?.classes?.dtype).toBe('int32');
  const unlabelled = { ...batch, labels: ['cup', 'bass', undefined, 'cup'] } as unknown as ImageBatch;
  expect(() => splitIntoMicroBatches(unlabelled, config, 9, { rank: 0, size: 2 } as Team)).toThrow(
    'c lies in no folder',
  );
});
