/** What a training is made of, without any network. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Autoencoder } from '../../../src/autoencoder/autoencoder.js';
import { codebookSchema, objectives } from '../../../src/config/config.js';
import type { Objective } from '../../../src/losses/objective.js';
import {
  countersOf,
  createTrainingState,
  setCounters,
  type TrainingStateOptions,
  tensorGroups,
} from '../../../src/training/step/state.js';
import { readReport } from '../../../src/training/step/step-report.js';
import { useCpu } from '../../engine/compare.js';

beforeAll(useCpu);

interface Parts {
  readonly hasDiscriminator?: boolean;
  readonly hasCodebook?: boolean;
  readonly hasLecam?: boolean;
}

function stateOf(parts: Parts = {}, options: Partial<TrainingStateOptions> = {}) {
  const { hasDiscriminator = false, hasCodebook = false, hasLecam = false } = parts;
  const variable = (trainable = true) => tf.variable(tf.ones([2]), trainable);
  const parameters = new Map([
    ['encoder.conv_in.weight', variable()],
    ['quant_conv.weight', variable()],
    ['codebook', variable(false)],
    ['post_quant_conv.weight', variable()],
    ['decoder.conv_in.weight', variable()],
  ]);
  const codebook = hasCodebook ? tf.variable(tf.zeros([2, 3])) : null;
  const adversary = hasDiscriminator && {
    discriminator: { parameters: new Map([['main.0.weight', variable()]]) },
    lecam: hasLecam ? { averages: new Map([['real', variable()]]) } : null,
  };
  const objective = {
    config: { ...objectives.mse, codebook: hasCodebook ? codebookSchema.parse({}) : null },
    adversary: adversary || null,
    parameters: new Map([['logvar', variable()]]),
  } as unknown as Objective;
  return createTrainingState({ parameters, codebook } as unknown as Autoencoder, objective, {
    emaDecay: 0.9,
    ...options,
  });
}

describe('what is trained', () => {
  test('is all of the model that gradients move, and what the objective learns', () => {
    const { trained, adam, average, discriminatorAdam, codebookLearning, step, seconds } = stateOf();
    const names = [
      'encoder.conv_in.weight',
      'quant_conv.weight',
      'post_quant_conv.weight',
      'decoder.conv_in.weight',
      'logvar',
    ];
    expect([...trained.keys()]).toEqual(names);
    expect([...adam.state.firstMoments.keys()]).toEqual(names);
    expect([...average.averages.keys()]).toContain('codebook');
    expect([discriminatorAdam, codebookLearning, step, seconds]).toEqual([null, null, 0, 0]);
  });

  test('is the decoder alone where that is wanted, and no codebook then', () => {
    const parts = { hasCodebook: true };
    expect(stateOf(parts).codebookLearning).not.toBeNull();
    const { trained, codebookLearning } = stateOf(parts, { decoderOnly: true });
    expect([...trained.keys()]).toEqual(['post_quant_conv.weight', 'decoder.conv_in.weight', 'logvar']);
    expect(codebookLearning).toBeNull();
  });
});

test('what is saved is all that a step changes', () => {
  const always = ['model', 'average', 'adam.first', 'adam.second', 'objective'];
  const players = ['discriminator', 'discriminator.adam.first', 'discriminator.adam.second'];
  const groups = (parts: Parts) => Object.keys(tensorGroups(stateOf(parts)));
  expect(groups({})).toEqual(always);
  expect(groups({ hasDiscriminator: true })).toEqual([...always, ...players]);
  expect(groups({ hasDiscriminator: true, hasLecam: true })).toEqual([...always, ...players, 'lecam']);
  expect(groups({ hasCodebook: true })).toEqual([...always, 'codebook']);
});

test('counters come back; those of no discriminator and of none at all are zero', () => {
  const counters = { step: 7, seconds: 1.5, adamUpdates: 6, discriminatorUpdates: 4 };
  const [both, alone] = [stateOf({ hasDiscriminator: true }), stateOf()];
  for (const state of [both, alone]) setCounters(state, counters);
  expect(countersOf(both)).toEqual(counters);
  expect(countersOf(alone)).toEqual({ ...counters, discriminatorUpdates: 0 });
  setCounters(both, {});
  expect(countersOf(both)).toEqual({ step: 0, seconds: 0, adamUpdates: 0, discriminatorUpdates: 0 });
});

test('the two players’ optimizers have betas and epsilon of their own', () => {
  const state = stateOf({ hasDiscriminator: true });
  // After one update from zero, m = (1 - β₁) g and v = (1 - β₂) g².
  const moments = (adam: typeof state.adam, name: string) => {
    const gradients = new Map([...adam.state.firstMoments].map(([key]) => [key, tf.fill([2], 2)]));
    adam.update(gradients, 0.1);
    const { firstMoments, secondMoments } = adam.state;
    return [firstMoments, secondMoments].map((each) => each.get(name)?.dataSync()[0] as number);
  };
  const [first, second] = moments(state.adam, 'logvar') as [number, number];
  expect(first).toBeCloseTo(0.1 * 2, 6);
  expect(second).toBeCloseTo(0.01 * 4, 6);
  const discriminatorAdam = state.discriminatorAdam as typeof state.adam;
  const [firstOfPlayer, secondOfPlayer] = moments(discriminatorAdam, 'main.0.weight') as [number, number];
  expect(firstOfPlayer).toBeCloseTo(0.5 * 2, 6);
  expect(secondOfPlayer).toBeCloseTo(0.1 * 4, 6);
});

test('a gradient as small as epsilon moves a parameter by half the learning rate', () => {
  const state = stateOf({ hasDiscriminator: true });
  for (const adam of [state.adam, state.discriminatorAdam as typeof state.adam]) {
    adam.update(new Map([...adam.state.firstMoments].map(([key]) => [key, tf.fill([2], 1e-8)])), 1);
  }
  const player = state.objective.adversary?.discriminator.parameters.get('main.0.weight');
  expect(state.trained.get('logvar')?.dataSync()[0]).toBeCloseTo(0.5, 4);
  expect(player?.dataSync()[0]).toBeCloseTo(0.5, 4);
});

test('codes are drawn by seed 0, unless told otherwise', () => {
  const begun = (options: Partial<TrainingStateOptions>) => {
    const { codebookLearning } = stateOf({ hasCodebook: true }, options);
    codebookLearning?.begin(Float32Array.from({ length: 40 }, (_, at) => at));
    return [...(codebookLearning?.averages.get('sums')?.dataSync() ?? [])];
  };
  expect(begun({})).toEqual(begun({ seed: 0 }));
  expect(begun({})).not.toEqual(begun({ seed: 1 }));
});

test('a report has scalars as numbers and vectors as lists, and leaves no tensor', async () => {
  const before = tf.memory().numTensors;
  const report = await readReport({ loss: tf.scalar(0.5), channelKl: tf.tensor1d([1, 2]), one: tf.tensor1d([3]) });
  expect(report).toEqual({ loss: 0.5, channelKl: [1, 2], one: [3] });
  expect(tf.memory().numTensors).toBe(before);
});
