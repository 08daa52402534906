import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { adversarialSchema, type ObjectiveConfig, objectives, perceptualSchema } from '../../src/config/config.js';
import { openObjective, smallestSideOf } from '../../src/losses/open-objective.js';
import type { LossTerms } from '../../src/losses/terms.js';
import { useCpu } from '../engine/compare.js';

beforeAll(() => useCpu());

const open = (
  changes: Partial<ObjectiveConfig>,
  { size = 32, inChannels = 3, terms = {} }: { size?: number; inChannels?: number; terms?: LossTerms } = {},
) => openObjective({ ...objectives.mse, ...changes }, { size, inChannels }, 7, terms);

test('images too small for a term are refused with what would do, and the smallest are not', async () => {
  const perceptual = perceptualSchema.parse({});
  await expect(open({ perceptual }, { size: 31 })).rejects.toThrow('needs images of 32 px and more, got 31 px');
  const { perceptual: network } = await open({ perceptual }, { inChannels: 4 });
  expect(network?.kind).toBe('builtin');
  const unseen = (colour: number) => tf.tile(tf.tensor4d([colour, colour, colour, -1], [1, 1, 1, 4]), [1, 32, 32, 1]);
  expect(network?.distances(unseen(-1), unseen(0.5)).dataSync()[0]).toBeCloseTo(0, 6);
  await expect(open({ detailWeight: 1 }, { size: 19 })).rejects.toThrow('needs images of 20 px and more, got 19 px');
  expect((await open({ detailWeight: 1 }, { size: 20 })).config.detailWeight).toBe(1);
  const adversarial = adversarialSchema.parse({ layers: 2, width: 8 });
  await expect(open({ adversarial }, { size: 11 })).rejects.toThrow('got 11×11 px, wanted at least 12 px');
  expect((await open({ adversarial }, { size: 12 })).adversary).not.toBeNull();
});

test('the smallest images are known before an objective is made', () => {
  const smallest = (changes: Partial<ObjectiveConfig>) => smallestSideOf({ ...objectives.mse, ...changes });
  const perceptual = perceptualSchema.parse({});
  const adversarial = adversarialSchema.parse({ layers: 2 });
  expect([{}, { detailWeight: 1 }, { perceptual }, { adversarial }].map(smallest)).toEqual([1, 20, 32, 12]);
  expect(smallest({ perceptual, adversarial: { ...adversarial, layers: 4 }, detailWeight: 1 })).toBe(48);
});

test('what a configuration does not ask for is not there, and needs no size', async () => {
  const { perceptual, adversary, terms } = await open({}, { size: 1 });
  expect([perceptual, adversary, terms]).toEqual([null, null, {}]);
});

test('the discriminator is drawn from the seed, for the images’ channels, and leaves nothing else in memory', async () => {
  const adversarial = adversarialSchema.parse({ layers: 1, width: 8 });
  const before = tf.memory().numTensors;
  const [first, again] = [
    await open({ adversarial }, { inChannels: 4 }),
    await open({ adversarial }, { inChannels: 4 }),
  ];
  const [weight, same] = [first, again].map((one) => one.adversary?.discriminator.parameters.get('main.0.weight'));
  expect(weight?.shape).toEqual([4, 4, 4, 8]);
  expect(same?.dataSync()).toEqual(weight?.dataSync());
  const { size = 0 } = first.adversary?.discriminator.parameters ?? {};
  expect(tf.memory().numTensors - before).toBe(2 * size);
});

test('terms of a program’s own are those that the configuration names', async () => {
  const gloss = { weight: 2, loss: () => tf.scalar(1) };
  const config = { terms: { gloss: { weight: 2 } } };
  expect((await open(config, { terms: { gloss } })).terms).toEqual({ gloss });
  await expect(open(config)).rejects.toThrow('hand the same ones to resumeTraining');
});
