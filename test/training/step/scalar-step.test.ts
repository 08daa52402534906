/** Whole steps of a model of two numbers. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { adversarialSchema, type ObjectiveConfig } from '../../../src/config/config.js';
import type { RepeatedCall } from '../../../src/engine/repeat.js';
import { createDiscriminator } from '../../../src/losses/adversarial/discriminator.js';
import { computeGradients, type MicroBatch, type StepGradients } from '../../../src/training/step/gradients.js';
import { type TrainingState, tensorGroups } from '../../../src/training/step/state.js';
import { type StepInput, trainingStep } from '../../../src/training/step/training-step.js';
import { normalTensor, useCpu } from '../../engine/compare.js';
import { intoLatent, numbersOf, outOfLatent, pictures, scalarModel, scalarState } from './scalar-model.js';

beforeAll(useCpu);

const part = (...images: number[]): MicroBatch => ({
  images: pictures(...images),
  noise: pictures(...images.map((_, at) => at / 2)),
});
const step = (state: TrainingState, { microBatches = [part(1, 3)], ...changes }: Partial<StepInput> = {}) =>
  trainingStep(state, { microBatches, step: 1, learningRate: 0.01, gradientClip: 0, ...changes });
const weights = ({ model }: TrainingState) =>
  [...model.parameters.values()].map((weight) => weight.dataSync()[0] as number);
const gradientsOf = (state: TrainingState, ...parts: MicroBatch[]) => {
  const all = parts.map((each) => numbersOf(computeGradients(state, each, 1).autoencoder));
  return ['encoder.weight', 'decoder.weight'].map(
    (name) => all.reduce((sum, each) => sum + (each[name]?.[0] as number), 0) / parts.length,
  );
};

describe('a step', () => {
  test('moves each weight by the learning rate against its gradient at first, and tells their norm', async () => {
    const state = scalarState();
    const gradients = gradientsOf(state, part(1, 3));
    const report = await step(state);
    const wanted = [intoLatent, outOfLatent].map((weight, at) => weight - 0.01 * Math.sign(gradients[at] as number));
    for (const [at, weight] of weights(state).entries()) expect(weight).toBeCloseTo(wanted[at] as number, 5);
    expect(report.gradientNorm).toBeCloseTo(Math.hypot(...gradients), 4);
    expect(Object.keys(report)).toEqual(['mse', 'kl', 'channelKl', 'channelStd', 'loss', 'gradientNorm']);
    expect(report.channelKl).toEqual([expect.any(Number)]);
    expect(state.adam.state.updates).toBe(1);
    // What is kept of the average after the first update is 2 / 11.
    const average = state.average.averages.get('encoder.weight')?.dataSync()[0];
    const moved = weights(state)[0] as number;
    expect(average).toBeCloseTo((2 * intoLatent + 9 * moved) / 11, 6);
  });

  test('clips gradients together', async () => {
    const [free, clipped] = [scalarState(), scalarState()];
    const [first, second] = gradientsOf(free, part(1, 3)) as [number, number];
    const { gradientNorm } = await step(clipped, { gradientClip: 0.001 });
    expect(gradientNorm).toBeCloseTo(Math.hypot(first, second), 4);
    const moments = ['encoder.weight', 'decoder.weight'].map(
      (name) => clipped.adam.state.firstMoments.get(name)?.dataSync()[0] as number,
    );
    expect(Math.hypot(...moments)).toBeCloseTo(0.1 * 0.001, 7);
    expect((moments[0] as number) / (moments[1] as number)).toBeCloseTo(first / second, 3);
  });

  test('of two parts takes the mean of their gradients, and of one is asked to be repeated', async () => {
    const calls: RepeatedCall[] = [];
    const watched = (config: Partial<ObjectiveConfig> = {}) => {
      const state = scalarState(config);
      const repeat: TrainingState['repeat'] = (call, compute) => {
        calls.push(call);
        return tf.tidy(compute);
      };
      return { ...state, repeat };
    };
    const state = watched();
    const gradients = gradientsOf(state, part(1), part(3, 2));
    const report = await step(state, { microBatches: [part(1), part(3, 2)] });
    expect(report.gradientNorm).toBeCloseTo(Math.hypot(...gradients), 4);
    expect(calls).toEqual([]);
    await step(state, { microBatches: [{ ...part(1, 3), corruption: undefined }] });
    // Images and noise; learning rate and corrections of Adam, decay of the average.
    const [call] = calls as [RepeatedCall];
    expect(call.inputs.slice(0, 2).map(({ shape }) => shape)).toEqual([
      [2, 1, 1, 1],
      [2, 1, 1, 1],
    ]);
    expect(call.inputs.slice(2).every((input) => input.rank === 0)).toBe(true);
    expect(call.inputs.length).toBeGreaterThan(3);
    const variables = Object.values(tensorGroups(state)).flatMap((group) => [...group.values()]);
    expect(call.variables).toEqual(variables);
    await step(state);
    await step(state, { gradientClip: 1 });
    await step(watched({ klWeight: 1, klRampSteps: 4 }));
    await step(watched({ klWeight: 1, klRampSteps: 4 }), { step: 2 });
    const [first, again, ...others] = calls.map(({ key }) => key);
    expect(again).toBe(first);
    expect(new Set([first, ...others]).size).toBe(4);
  });

  test('leaves no tensor but those that it began with', async () => {
    const state = scalarState();
    const microBatches = [part(1), part(3)];
    await step(state, { microBatches });
    const before = tf.memory().numTensors;
    await step(state, { microBatches });
    await step(state, { microBatches: microBatches.slice(1) });
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a step with a codebook', () => {
  const quantization = () => ({ encoded: pictures(1, 2), codes: tf.tensor1d([4, 0], 'int32') });
  const withCodebook = () => {
    const seen: number[][] = [];
    const state = scalarState({}, {}, scalarModel({ isDeterministic: true, quantization: quantization() }));
    const codebookLearning = {
      update: (quantizations: readonly { codes: tf.Tensor }[], step: number) => {
        seen.push([step, ...quantizations.flatMap(({ codes }) => [...codes.dataSync()])]);
        return { perplexity: tf.scalar(2) };
      },
      averages: new Map(),
    } as unknown as TrainingState['codebookLearning'];
    const never = () => {
      throw new Error('Idle codes are drawn anew in every step');
    };
    return { seen, state: { ...state, codebookLearning, repeat: never, repeatUpdate: never } };
  };

  test('is never repeated, and hands what every part did to the codebook', async () => {
    const { state, seen } = withCodebook();
    const report = await step(state, { step: 3 });
    expect([report.perplexity, seen]).toEqual([2, [[3, 4, 0]]]);
    await step(state, { step: 4, microBatches: [part(1), part(2)] });
    expect(seen[1]).toEqual([4, 4, 0, 4, 0]);
    const exchange = async (own: StepGradients) => own;
    const microBatches = [part(1)];
    const before = tf.memory().numTensors;
    await step(state, { step: 5, exchange, microBatches });
    expect(seen[2]).toEqual([5, 4, 0]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('a step of several processes', () => {
  /** As if the others had none of these gradients and losses. */
  const halved = async ({ quantizations, ...own }: StepGradients): Promise<StepGradients> => {
    const half = (group: Readonly<Record<string, tf.Tensor>>) =>
      Object.fromEntries(
        Object.entries(group).map(([name, tensor]) => {
          const result = tf.div(tensor, 2);
          tensor.dispose();
          return [name, result];
        }),
      );
    const { autoencoder, discriminator, measures } = own;
    return {
      autoencoder: half(autoencoder),
      discriminator: half(discriminator),
      measures: half(measures),
      quantizations,
    };
  };

  test.each([[[part(1, 3)]], [[part(1), part(3)]]])('is made of what they exchanged', async (microBatches) => {
    let calls = 0;
    const begun = scalarState();
    const repeat: TrainingState['repeat'] = (call, compute) => {
      calls++;
      return begun.repeat(call, compute);
    };
    const state = { ...begun, repeat };
    const gradients = gradientsOf(state, ...microBatches);
    const loss = microBatches.map((each) => computeGradients(state, each, 1).measures.loss?.dataSync()[0] as number);
    const before = tf.memory().numTensors;
    const report = await step(state, { exchange: halved, microBatches });
    expect(tf.memory().numTensors).toBe(before);
    // Parts are computed one after the other, and a single one is repeated.
    expect(calls).toBe(microBatches.length === 1 ? 1 : 0);
    expect(report.gradientNorm).toBeCloseTo(Math.hypot(...gradients) / 2, 4);
    expect(report.loss).toBeCloseTo(loss.reduce((sum, each) => sum + each, 0) / loss.length / 2, 4);
    expect(Object.keys(report)).toEqual(['mse', 'kl', 'channelKl', 'channelStd', 'loss', 'gradientNorm']);
    expect(weights(state)[0]).toBeCloseTo(intoLatent - 0.01 * Math.sign(gradients[0] as number), 5);
  });
});

describe('a step with a discriminator', () => {
  const adversarial = adversarialSchema.parse({
    startStep: 5,
    warmupSteps: 2,
    layers: 1,
    width: 8,
    lecamWeight: 0.1,
    learningRateRatio: 0.25,
  });
  const begun = (changes = {}) =>
    scalarState(
      { adversarial: { ...adversarial, ...changes } },
      { discriminator: createDiscriminator({ inChannels: 1, ...adversarial }, { seed: 1 }) },
    );
  const input = (): MicroBatch => ({
    images: normalTensor<tf.Tensor4D>([2, 6, 6, 1], 1),
    noise: tf.zeros([2, 6, 6, 1]) as tf.Tensor4D,
  });
  const own = async (gradients: StepGradients) => gradients;
  const bias = ({ objective }: TrainingState) =>
    objective.adversary?.discriminator.parameters.get('main.0.bias')?.dataSync().slice() as Float32Array;

  test.each<[string, Partial<StepInput>]>([
    ['alone', {}],
    ['of several processes', { exchange: own }],
  ])('%s trains it in its phase, at its own learning rate, and follows its logits', async (_, changes) => {
    const state = begun();
    const before = bias(state);
    const early = await step(state, { microBatches: [input()], step: 2, ...changes });
    expect(bias(state)).toEqual(before);
    expect(early).not.toHaveProperty('discriminatorGradientNorm');
    expect(state.discriminatorAdam?.state.updates).toBe(0);
    const report = await step(state, { microBatches: [input()], step: 3, ...changes });
    expect(report.discriminatorGradientNorm).toBeGreaterThan(0);
    expect(report.logitsReal).toEqual(expect.any(Number));
    const moves = bias(state).map((value, at) => Math.abs(value - (before[at] as number)));
    expect(Math.max(...moves)).toBeCloseTo(0.25 * 0.01, 4);
    expect(state.discriminatorAdam?.state.updates).toBe(1);
    const { averages } = state.objective.adversary?.lecam ?? {};
    expect(averages?.get('real')?.dataSync()[0]).toBeCloseTo(1e-3 * (report.logitsReal as number), 6);
    expect(averages?.get('fake')?.dataSync()[0]).toBeCloseTo(1e-3 * (report.logitsFake as number), 6);
  });

  test('follows no logits where nothing regularises it', async () => {
    const report = await step(begun({ lecamWeight: 0 }), { microBatches: [input()], step: 3 });
    expect(report.discriminatorGradientNorm).toBeGreaterThan(0);
  });
});
