/** What a step is told to want, on small networks; test/autoencoder/memory.test.ts holds it against what processes took. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { countOfParameters, memoryOfTrainingState } from '../../../src/autoencoder/memory.js';
import { resolveRunConfig, type TrainingFacts, trainOptionsSchema } from '../../../src/config/config.js';
import { selectEngine } from '../../../src/engine/select.js';
import { openObjective } from '../../../src/losses/open-objective.js';
import { assertStateFits, memoryOfSteps } from '../../../src/training/step/memory.js';

beforeAll(() => selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }));
afterEach(() => {
  vi.restoreAllMocks();
});

const small = { preset: 'fast-f4', objective: 'mse', size: 16 };
const configOf = (options: object, facts?: TrainingFacts) =>
  resolveRunConfig('photos', trainOptionsSchema.parse({ ...small, ...options }), facts);

async function needOf(options: object, processes = 1, facts?: TrainingFacts) {
  const config = configOf(options, facts);
  const images = { size: config.options.size, inChannels: config.model.inChannels };
  return memoryOfSteps(config, await openObjective(config.objective, images, 0), processes);
}
const bytesOf = async (...of: Parameters<typeof needOf>) => (await needOf(...of)).bytes;

/** Of which 85 % may be used. */
function haveMemory(bytes: number) {
  vi.spyOn(process, 'constrainedMemory').mockReturnValue(bytes);
  vi.spyOn(process, 'availableMemory').mockReturnValue(bytes);
}

test('the sentence says parameters, memory, images and parts', async () => {
  const { sentence, parameters } = await needOf({ batch: 4 });
  expect(parameters).toBe(countOfParameters(configOf({}).model));
  expect(sentence).toMatch(/^0\.\d+ M parameters, about \d+\.\d MB of memory for a step of 4 images of 16×16 px\.$/);
  expect((await needOf({ batch: 1 })).sentence).toMatch(/a step of 1 image of 16×16 px\.$/);
  expect((await needOf({ batch: 4, accumulate: 2 })).sentence).toMatch(/a step of 4 images of 16×16 px in 2 parts\.$/);
});

test('a process computes its share of the images, a part after the other', async () => {
  const [whole, half] = [await bytesOf({ batch: 16 }), await bytesOf({ batch: 8 })];
  expect(half).toBeLessThan(whole);
  expect(await bytesOf({ batch: 16 }, 2)).toBe(half);
  // Parts want more beside their tensors, however many they are.
  const parts = await bytesOf({ batch: 16, accumulate: 2 });
  expect(await bytesOf({ batch: 32, accumulate: 4 })).toBe(parts);
  expect(await bytesOf({ batch: 32, accumulate: 2 }, 2)).toBe(parts);
});

test('every draw from a posterior is decoded', async () => {
  const [size, latentSamples] = [64, 3];
  const [one, three] = [await bytesOf({ size, batch: 2 }), await bytesOf({ size, batch: 2, latentSamples })];
  const six = await bytesOf({ size, batch: 6 });
  expect(three).toBeGreaterThan(one);
  expect(three).toBeLessThan(six);
});

test('terms count from their first step on, however late, and a program’s own not at all', async () => {
  const adversarial = { adversarialWeight: 1, adversarialStart: 1_000_000, discriminatorWidth: 8 };
  const mse = await needOf({ batch: 2 });
  expect(await bytesOf({ batch: 2, ...adversarial })).toBeGreaterThan(mse.bytes);
  const loss = ({ reconstructions }: { reconstructions: tf.Tensor4D }) => {
    if (Number.isNaN(reconstructions.dataSync()[0])) throw new Error('never');
    return tf.scalar(0);
  };
  const config = configOf({ batch: 2 }, { terms: { own: { weight: 1 } } });
  const objective = await openObjective(config.objective, { size: 16, inChannels: 3 }, 0, { own: { weight: 1, loss } });
  expect(memoryOfSteps(config, objective, 1)).toEqual(mse);
});

test('networks that are told classes are told some', async () => {
  const facts = { classes: ['cat', 'dog'] };
  const { sentence } = await needOf({ preset: 'fast-cvae', objective: 'vanilla', batch: 2 }, 1, facts);
  expect(sentence).toContain('a step of 2 images of 16×16 px');
});

test('where memory is short, the first change that is enough is advised', async () => {
  const options = { size: 64, batch: 8 };
  const inParts = await bytesOf({ ...options, accumulate: 4 });
  expect(inParts).toBeLessThan(await bytesOf({ ...options, accumulate: 2 }));
  haveMemory(Math.ceil(inParts / 0.85));
  await expect(needOf(options)).rejects.toThrow(
    /for a step of 8 images of 64×64 px, and should .*: choose --accumulate 4, which fits\.$/,
  );
  // As many images in a part of a process.
  await expect(needOf({ ...options, batch: 24 }, 3)).rejects.toThrow('choose --accumulate 4, which fits.');
  await expect(needOf({ ...options, batch: 24, accumulate: 4 }, 3)).resolves.toBeDefined();
  // Nine images are no equal parts of two.
  await expect(needOf({ ...options, batch: 9 })).rejects.toThrow('choose --gradient-checkpointing, which fits.');
  haveMemory(50e6);
  await expect(needOf(options)).rejects.toThrow('are free: choose a smaller network or smaller pictures.');
});

test('what a training keeps is refused before its weights are made', () => {
  const config = (size: number) => configOf({ preset: 'vector-vae', objective: 'vanilla', size });
  const { bytes } = memoryOfTrainingState(countOfParameters(config(64).model));
  expect(memoryOfTrainingState(countOfParameters(config(100).model)).bytes).toBeGreaterThan(bytes);
  haveMemory(Math.ceil(bytes / 0.85));
  expect(() => assertStateFits(config(64))).not.toThrow();
  expect(() => assertStateFits(config(100))).toThrow(
    /of memory for what a training keeps, and should .*: choose --size 64, which fits\.$/,
  );
});
