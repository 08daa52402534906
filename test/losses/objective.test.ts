import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Posterior } from '../../src/autoencoder/posterior.js';
import { adversarialSchema, codebookSchema, type ObjectiveConfig, objectives } from '../../src/config/config.js';
import { createDiscriminator } from '../../src/losses/adversarial/discriminator.js';
import { detailDistances } from '../../src/losses/detail/detail.js';
import {
  createObjective,
  type ObjectiveInput,
  type ObjectiveParts,
  objectiveValue,
} from '../../src/losses/objective.js';
import type { PerceptualLoss } from '../../src/losses/perceptual/perceptual-loss.js';
import { rampAt } from '../../src/losses/schedule.js';
import { gradientsOf } from '../../src/nn/gradients.js';
import { useCpu } from '../engine/compare.js';
import { expectClose, expectNumber, type Golden, openGolden, useDefaultEngine } from '../golden.js';

let golden: Golden;
let images: tf.Tensor4D;
let reconstructions: tf.Tensor4D;
let posterior: Posterior;
beforeAll(async () => {
  await useCpu();
  golden = await openGolden('autoencoder-kl-tiny/io.safetensors');
  images = golden.images('x'); // [2, 32, 32, 3]
  reconstructions = golden.images('reconstruction');
  posterior = { mean: golden.images('mean'), logvar: golden.images('logvar') };
});

const lastLayer = tf.variable(tf.zeros([3, 3, 3, 3]));
const withoutKl = { ...objectives.mse, klWeight: 0 };
const value = (
  changes: Partial<ObjectiveConfig>,
  outputs = reconstructions,
  networks: ObjectiveParts = {},
  step = 1,
  input: Partial<ObjectiveInput> = {},
) => {
  const objective = createObjective({ ...withoutKl, ...changes }, networks);
  return objectiveValue(objective, { images, reconstructions: outputs, posterior, lastLayer, step, ...input });
};
const elements = 32 * 32 * 3;

test('the total with summed KL is the loss PyTorch computed', () => {
  // There: mean squared error + 1e-3 · KL per image. perImageSum divides the total by an image's elements.
  expectNumber(value({ klWeight: 1e-3 * elements }).total, golden.scalar('loss'), 1e-5);
});

describe('each error', () => {
  const differences = () => tf.sub(images, reconstructions);
  const closedForms = {
    mse: { term: () => tf.square(differences()), slope: () => tf.mul(differences(), -2) },
    l1: { term: () => tf.abs(differences()), slope: () => tf.neg(tf.sign(differences())) },
  };
  test.each(['mse', 'l1'] as const)('%s has its closed form and its gradient, summed or averaged', (reconstruction) => {
    const { term, slope } = closedForms[reconstruction];
    const sum = (tf.sum(term()).dataSync()[0] as number) / 2;
    const meanTerm = value({ reduction: 'mean', reconstruction }).terms[reconstruction] as tf.Scalar;
    expectNumber(meanTerm, sum / elements, 1e-5);
    expectNumber(value({ reconstruction }).terms[reconstruction] as tf.Scalar, sum, 1e-5);
    for (const reduction of ['perImageSum', 'mean'] as const) {
      const total = (x: tf.Tensor) =>
        value({ reduction, reconstruction, reconstructionWeight: 3 }, x as tf.Tensor4D).total;
      expectClose(tf.grad(total)(reconstructions), tf.mul(slope(), 3 / (2 * elements)), 1e-5);
    }
  });
});

test('the KL term is per image under perImageSum and per latent element under mean', () => {
  const perImage = [...golden.values('kl')].reduce((sum, kl) => sum + kl, 0) / 2;
  expectNumber(value({}).terms.kl as tf.Scalar, perImage, 1e-5);
  expectNumber(value({ reduction: 'mean' }).terms.kl as tf.Scalar, perImage / (16 * 16 * 4), 1e-5);
});

test('the KL term is to the prior that is given, and none without a variance', () => {
  const shifted = { mean: tf.add(posterior.mean, 0.5) as tf.Tensor4D, logvar: posterior.logvar };
  const { terms } = value({ reduction: 'mean' }, reconstructions, {}, 1, { prior: shifted });
  const half = tf.mean(tf.div(0.5 ** 2 / 2, tf.exp(posterior.logvar)));
  expectNumber(terms.kl as tf.Scalar, half.dataSync()[0] as number, 1e-5);
  const certain = { posterior: { ...posterior, isDeterministic: true } };
  expect(Object.keys(value({ klWeight: 1 }, reconstructions, {}, 1, certain).terms)).toEqual(['mse']);
});

test('a posterior without codes has nothing to commit to', () => {
  expect(Object.keys(value({ codebook: codebookSchema.parse({}) }).terms)).toEqual(['mse', 'kl']);
});

const numberOf = (scalar: tf.Scalar) => scalar.dataSync()[0] as number;

test('an objective has the networks that its configuration asks for, and no others', () => {
  const perceptual = { kind: 'builtin', weight: 1, rampSteps: 0 } as const;
  const adversarial = adversarialSchema.parse({ layers: 1, width: 8 });
  const discriminator = createDiscriminator({ inChannels: 3, ...adversarial }, { seed: 1 });
  expect(() => createObjective({ ...withoutKl, perceptual })).toThrow('lacks its network');
  expect(() => createObjective({ ...withoutKl, adversarial })).toThrow('discriminator is missing');
  expect(() => createObjective(withoutKl, { discriminator })).toThrow('discriminator');
  const { adversary, parameters } = createObjective({ ...withoutKl, adversarial }, { discriminator });
  expect(adversary?.discriminator).toBe(discriminator);
  expect(parameters.size).toBe(0);
});

test.each(['perImageSum', 'mean'] as const)('the detail term counts once per element under %s', (reduction) => {
  const corner = (all: tf.Tensor4D) => tf.slice(all, [0, 0, 0, 0], [1, 20, 20, 3]) as tf.Tensor4D;
  const input = { images: corner(images), reconstructions: corner(reconstructions) };
  const at = (detailWeight: number) => value({ reduction, detailWeight }, input.reconstructions, {}, 1, input);
  const { total, terms } = at(0.3);
  const distance = numberOf(tf.mean(detailDistances(input.images, input.reconstructions)) as tf.Scalar);
  expectNumber(terms.detail as tf.Scalar, distance, 1e-6);
  expectNumber(total, numberOf(at(0).total) + 0.3 * distance, 1e-5);
});

test('terms of a program’s own are added as they are, of what the step knows', () => {
  const brightness = { weight: 0.5, loss: () => tf.mean(images) as tf.Scalar };
  const terms = { brightness, late: ({ step }: { step: tf.Scalar }) => tf.square(step) as tf.Scalar };
  const config = { terms: { brightness: { weight: 0.5 }, late: { weight: 1 } } };
  const plain = numberOf(value({}).total) + 0.5 * numberOf(tf.mean(images) as tf.Scalar);
  expectNumber(value(config, reconstructions, { terms }, 3).total, plain + 9, 1e-5);
  const { total, terms: values } = value(config, reconstructions, { terms }, 3, { stepScalar: tf.scalar(4) });
  expectNumber(total, plain + 16, 1e-5);
  expectNumber(values.late as tf.Scalar, 16, 0);
});

describe('the perceptual term', () => {
  const perceptual = {
    distances: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.mean(tf.abs(tf.sub(a, b)), [1, 2, 3]) as tf.Tensor1D,
  } as PerceptualLoss;
  const term = { kind: 'builtin', weight: 0.3, rampSteps: 0 } as const;
  const distance = () => tf.mean(perceptual.distances(images, reconstructions)) as tf.Scalar;

  test.each(['perImageSum', 'mean'] as const)('counts once per element under %s', (reduction) => {
    const plain = numberOf(value({ reduction }).total);
    const { total, terms } = value({ reduction, perceptual: term }, reconstructions, { perceptual });
    expectNumber(terms.perceptual as tf.Scalar, numberOf(distance()), 1e-6);
    expectNumber(total, plain + 0.3 * numberOf(distance()), 1e-5);
  });

  test('rises along its ramp', () => {
    const ramped = { ...term, rampSteps: 4 };
    const at = (step: number) => numberOf(value({ perceptual: ramped }, reconstructions, { perceptual }, step).total);
    const plain = numberOf(value({}).total);
    expect((at(1) - plain) / (at(4) - plain)).toBeCloseTo(1 / 4, 4);
    expect(at(9)).toBe(at(4));
    expect([1, 2, 3, 4, 5].map((step) => rampAt(step, 3, 2))).toEqual([0, 0, 0.5, 1, 1]);
  });
});

test('a learned log-variance divides the error, adds itself once per element and gets its gradient', () => {
  const objective = createObjective({ ...withoutKl, learnedLogvar: true });
  const logvar = objective.parameters.get('logvar') as tf.Variable;
  logvar.assign(tf.scalar(-0.4));
  const error = numberOf(tf.losses.meanSquaredError(images, reconstructions) as tf.Scalar);
  const total = () => objectiveValue(objective, { images, reconstructions, posterior, lastLayer, step: 1 }).total;
  const { value: got, gradients } = gradientsOf(total, objective.parameters);
  expectNumber(got, error / Math.exp(-0.4) - 0.4, 1e-5);
  expectNumber(gradients.get('logvar') as tf.Scalar, 1 - error / Math.exp(-0.4), 1e-5);
});

describe('the adversarial term', () => {
  const term = adversarialSchema.parse({ ...objectives.ldm.adversarial, width: 16, startStep: 5 });
  const ldm = { ...objectives.ldm, perceptual: null, klWeight: 0 };

  test('gives LDM’s adaptive weight and total, as PyTorch computed them, from its start step on', async () => {
    await useDefaultEngine();
    onTestFinished(async () => {
      await useCpu();
    });
    const adversarial = await openGolden('adversarial-n3/io.safetensors');
    const { weights } = await openGolden('adversarial-n3/discriminator.safetensors');
    const discriminator = createDiscriminator({ inChannels: 3, ...term }, { weights });
    const objective = createObjective({ ...ldm, adversarial: term }, { discriminator });
    const lastConv = tf.variable(adversarial.weight('conv_out_weight'));
    const [originals, hidden] = [adversarial.images('x'), adversarial.images('h')];
    const at = (step: number) =>
      tf.variableGrads(() => {
        const outputs = tf.conv2d(hidden, lastConv as tf.Tensor4D, 1, 'same');
        const input = { images: originals, reconstructions: outputs, posterior, lastLayer: lastConv, step };
        const { total, terms } = objectiveValue(objective, input);
        if (step < term.startStep) expect(Object.keys(terms)).toEqual(['l1', 'kl']);
        else expectNumber(terms.adaptiveWeight as tf.Scalar, adversarial.scalar('d_weight'), 1e-3);
        return total;
      }, [lastConv]);
    const size = originals.size / originals.shape[0];
    expectNumber(at(4).value, adversarial.scalar('nll') / size, 1e-4);
    const { value: total, grads } = at(5);
    expectNumber(total, adversarial.scalar('total') / size, 1e-4);
    const wanted = tf.div(adversarial.weight('grad_total_conv_out'), size);
    expectClose(grads[lastConv.name] as tf.Tensor, wanted, 1e-3);
  });

  test('of fixed weight counts once per element', () => {
    const discriminator = createDiscriminator({ inChannels: 3, layers: 2, width: 8, norm: 'group' }, { seed: 1 });
    const fixed = { ...term, adaptive: false, weight: 0.2, startStep: 1 };
    const loss = -numberOf(tf.mean(discriminator.logits(reconstructions)) as tf.Scalar);
    const { total, terms } = value({ adversarial: fixed }, reconstructions, { discriminator });
    expectNumber(terms.adversarial as tf.Scalar, loss, 1e-5);
    expectNumber(total, numberOf(value({}).total) + 0.2 * loss, 1e-5);
  });

  test('of adaptive weight leaves a learned log-variance its gradient', () => {
    const discriminator = createDiscriminator({ inChannels: 3, layers: 2, width: 8, norm: 'group' }, { seed: 1 });
    const adversarial = { ...term, startStep: 1 };
    const objective = createObjective({ ...withoutKl, learnedLogvar: true, adversarial }, { discriminator });
    const lastConv = tf.variable(tf.reshape(tf.eye(3), [1, 1, 3, 3]));
    const total = () => {
      const outputs = tf.conv2d(reconstructions, lastConv as tf.Tensor4D, 1, 'same');
      const input = { images, reconstructions: outputs, posterior, lastLayer: lastConv, step: 1 };
      return objectiveValue(objective, input).total;
    };
    const { gradients } = gradientsOf(total, objective.parameters);
    const error = numberOf(tf.losses.meanSquaredError(images, reconstructions) as tf.Scalar);
    expectNumber(gradients.get('logvar') as tf.Scalar, 1 - error, 1e-5);
  });
});
