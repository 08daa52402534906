/** The gradients of a step, by hand. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { adversarialSchema } from '../../../src/config/config.js';
import { createDiscriminator } from '../../../src/losses/adversarial/discriminator.js';
import { gradientsOf } from '../../../src/nn/gradients.js';
import { accumulateGradients, computeGradients, type MicroBatch } from '../../../src/training/step/gradients.js';
import { normalTensor, useCpu } from '../../engine/compare.js';
import { expectClose } from '../../golden.js';
import {
  intoLatent as a,
  outOfLatent as b,
  numbersOf,
  pictures,
  posteriorStd,
  scalarModel,
  scalarState,
} from './scalar-model.js';

beforeAll(useCpu);

const [x, noise] = [
  [1, 3, -2],
  [0.5, -1, 2],
];
const part: MicroBatch = { images: pictures(...x), noise: pictures(...noise) } as MicroBatch;

/** Loss and gradients of (x - b z)² for latents z, whose slope by `a` is that of z. */
function byHand(images: readonly number[], latents: readonly number[], slopes: readonly number[] = images) {
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const errors = images.map((value, at) => value - b * (latents[at] as number));
  return {
    loss: mean(errors.map((error) => error ** 2)),
    encoder: mean(errors.map((error, at) => -2 * error * b * (slopes[at] as number))),
    decoder: mean(errors.map((error, at) => -2 * error * (latents[at] as number))),
  };
}

function expectByHand(got: ReturnType<typeof computeGradients>, wanted: ReturnType<typeof byHand>) {
  const { autoencoder, measures } = got;
  expect(Object.keys(autoencoder)).toEqual(['encoder.weight', 'decoder.weight']);
  expect(autoencoder['encoder.weight']?.dataSync()[0]).toBeCloseTo(wanted.encoder, 4);
  expect(autoencoder['decoder.weight']?.dataSync()[0]).toBeCloseTo(wanted.decoder, 4);
  expect(measures.loss?.dataSync()[0]).toBeCloseTo(wanted.loss, 4);
  expect(measures.mse?.dataSync()[0]).toBeCloseTo(wanted.loss, 4);
}

describe('the autoencoder’s', () => {
  const drawn = (images: number[], draws: number[]) =>
    draws.map((draw, at) => a * (images[at] as number) + posteriorStd * draw);

  test('are those of draws from its posteriors, with measures of each channel', () => {
    const got = computeGradients(scalarState(), part, 1);
    expectByHand(got, byHand(x as number[], drawn(x as number[], noise as number[])));
    expect([got.discriminator, got.quantizations]).toEqual([{}, []]);
    expect(Object.keys(got.measures)).toEqual(['mse', 'kl', 'channelKl', 'channelStd', 'loss']);
    const kl = (mean: number) => (mean ** 2 + posteriorStd ** 2 - 1) / 2 - Math.log(posteriorStd);
    const means = (x as number[]).map((value) => kl(a * value));
    const { channelKl, channelStd } = numbersOf(got.measures);
    expect(channelKl).toEqual([expect.closeTo(means.reduce((sum, value) => sum + value, 0) / 3, 4)]);
    expect(channelStd).toEqual([expect.closeTo(posteriorStd, 6)]);
  });

  test('are means over several draws of each image', () => {
    const [images, draws] = [
      [1, 3],
      [0.5, -1, 2, 0],
    ];
    const twice = [...(images as number[]), ...(images as number[])];
    const got = computeGradients(
      scalarState(),
      { images: pictures(...(images as number[])), noise: pictures(...(draws as number[])) },
      1,
    );
    expectByHand(got, byHand(twice, drawn(twice, draws as number[])));
  });

  test('are of what the decoder sees of latents: parts of them, and noise', () => {
    const corruption = { scale: pictures(0, 1, 0.5), added: pictures(0.25, 0, -1) };
    const latents = drawn(x as number[], noise as number[]);
    const seen = [0.25, latents[1] as number, 0.5 * (latents[2] as number) - 1];
    const got = computeGradients(scalarState(), { ...part, corruption }, 1);
    expectByHand(got, byHand(x as number[], seen, [0, 3, 0.5 * -2]));
  });

  test('know the class of every draw, and measure rates from its prior', () => {
    const model = scalarModel({}, (classes) => {
      const mean = tf.reshape(tf.cast(classes, 'float32'), [-1, 1, 1, 1]) as tf.Tensor4D;
      return { mean, logvar: tf.fill(mean.shape, 2 * Math.log(posteriorStd)) };
    });
    const classes = tf.tensor1d([0, 2], 'int32');
    const input = { images: pictures(1, 3), noise: pictures(0, 0, 1, 1), classes };
    const { measures } = computeGradients(scalarState({}, {}, model), input, 1);
    const draws = [a, 3 * a + 2, a + posteriorStd, 3 * a + 2 + posteriorStd];
    const errors = draws.map((z, at) => [1, 3][at % 2]! - (b * z + [0, 2][at % 2]!));
    expect(measures.mse?.dataSync()[0]).toBeCloseTo(errors.reduce((sum, error) => sum + error ** 2, 0) / 4, 4);
    // (mean - prior's mean)² / 2 σ²
    const rate = (a ** 2 + (3 * a) ** 2) / 2 / (2 * posteriorStd ** 2);
    expect(measures.channelKl?.dataSync()[0]).toBeCloseTo(rate, 3);
    expect(measures.kl?.dataSync()[0]).toBeCloseTo(rate, 3);
    const plain = computeGradients(scalarState({}, {}, { ...model, prior: null }), input, 1);
    expect(plain.measures.mse?.dataSync()).toEqual(measures.mse?.dataSync());
  });

  test('come without measures of more than 64 channels, and of posteriors without a variance', () => {
    const measured = (channels: number, isDeterministic = false) => {
      const images = tf.ones([2, 1, 1, channels]) as tf.Tensor4D;
      const state = scalarState({}, {}, scalarModel({ isDeterministic }));
      return computeGradients(state, { images, noise: images }, 1).measures;
    };
    expect(measured(64).channelKl?.shape).toEqual([64]);
    expect(Object.keys(measured(65))).toEqual(['mse', 'kl', 'loss']);
    expect(Object.keys(measured(1, true))).toEqual(['mse', 'loss']);
  });

  test('tell a program’s own terms of the step', () => {
    const late = ({ step }: { step: tf.Scalar }) => tf.square(step) as tf.Scalar;
    const state = scalarState({ terms: { late: { weight: 1 } } }, { terms: { late } });
    const { measures } = computeGradients(state, { ...part, stepScalar: tf.scalar(5) }, 1);
    expect(measures.late?.dataSync()[0]).toBe(25);
  });

  test('come with what a codebook did, which outlives the pass', () => {
    const quantization = { encoded: pictures(1, 2, 3), codes: tf.tensor1d([4, 0, 7], 'int32') };
    const model = scalarModel({ isDeterministic: true, quantization });
    const { quantizations } = computeGradients(scalarState({}, {}, model), part, 1);
    expect(quantizations.map(({ codes, encoded }) => [...codes.dataSync(), ...encoded.dataSync()])).toEqual([
      [4, 0, 7, 1, 2, 3],
    ]);
  });
});

describe('the discriminator’s', () => {
  const adversarial = adversarialSchema.parse({
    startStep: 5,
    warmupSteps: 2,
    layers: 1,
    width: 8,
    adaptive: false,
    loss: 'vanilla',
  });
  const state = () => {
    const discriminator = createDiscriminator({ inChannels: 1, ...adversarial }, { seed: 1 });
    return scalarState({ adversarial }, { discriminator });
  };
  const images = () => normalTensor<tf.Tensor4D>([2, 6, 6, 1], 1);
  const input = () => ({ images: images(), noise: tf.zeros([2, 6, 6, 1]) as tf.Tensor4D });

  test('are there while it trains, of reconstructions as finished images', () => {
    expect(computeGradients(state(), input(), 2).discriminator).toEqual({});
    const { objective, ...others } = state();
    const { discriminator, measures, autoencoder } = computeGradients({ objective, ...others }, input(), 3);
    const adversary = objective.adversary as NonNullable<typeof objective.adversary>;
    const restored = tf.mul(images(), a * b) as tf.Tensor4D;
    const { parameters } = adversary.discriminator;
    const wanted = gradientsOf(() => adversary.discriminatorLoss(images(), restored).total, parameters);
    expect(Object.keys(discriminator)).toEqual([...parameters.keys()]);
    for (const [name, gradient] of wanted.gradients) expectClose(discriminator[name] as tf.Tensor, gradient, 1e-5);
    expect(Object.keys(autoencoder)).toEqual(['encoder.weight', 'decoder.weight']);
    expect(Object.keys(measures).slice(-3)).toEqual(['discriminator', 'logitsReal', 'logitsFake']);
    expect(measures.discriminator?.dataSync()[0]).toBeCloseTo(wanted.value.dataSync()[0] as number, 5);
  });

  test('need one', () => {
    const { objective, ...others } = state();
    const without = { ...others, objective: { ...objective, adversary: null } };
    expect(() => computeGradients(without, input(), 3)).toThrow('There is no discriminator to train');
  });
});

describe('those of several parts', () => {
  const parts = () =>
    (x as number[]).map((value, at) => ({ images: pictures(value), noise: pictures((noise as number[])[at]!) }));

  test('are their means, and leave no other tensor', async () => {
    const quantization = { encoded: pictures(1), codes: tf.tensor1d([4], 'int32') };
    const state = scalarState({}, {}, scalarModel({ quantization }));
    const [whole, pieces] = [[part], parts()];
    const before = tf.memory().numTensors;
    const wanted = await accumulateGradients(state, whole, 1);
    const { autoencoder, measures, discriminator, quantizations } = wanted;
    const own = [autoencoder, measures, discriminator].flatMap((group) => Object.keys(group)).length;
    expect(quantizations).toHaveLength(1);
    expect(tf.memory().numTensors - before).toBe(own + 2);
    const got = await accumulateGradients(state, pieces, 1);
    expect(tf.memory().numTensors - before).toBe(2 * own + 2 + 3 * 2);
    expect(got.quantizations.map(({ codes }) => codes.dataSync()[0])).toEqual([4, 4, 4]);
    for (const group of ['autoencoder', 'measures', 'discriminator'] as const) {
      expect(Object.keys(got[group])).toEqual(Object.keys(wanted[group]));
      for (const [name, tensor] of Object.entries(wanted[group]))
        expectClose(got[group][name] as tf.Tensor, tensor, 1e-5);
    }
  });

  test('are halves of those of two', async () => {
    const two = parts().slice(1);
    const [first, second] = two.map((each) => numbersOf(computeGradients(scalarState(), each, 1).autoencoder));
    const { autoencoder } = await accumulateGradients(scalarState(), two, 1);
    for (const [name, [mean]] of Object.entries(numbersOf(autoencoder))) {
      expect(mean).toBeCloseTo(((first?.[name]?.[0] as number) + (second?.[name]?.[0] as number)) / 2, 4);
    }
  });

  test('are of one part at least', async () => {
    await expect(accumulateGradients(scalarState(), [], 1)).rejects.toThrow('A step has no images');
  });
});
