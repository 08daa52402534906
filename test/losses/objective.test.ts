import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, test } from 'vitest';
import type { Posterior } from '../../src/autoencoder/posterior.js';
import type { ObjectiveConfig } from '../../src/config.js';
import { objectiveValue } from '../../src/losses/objective.js';
import { expectClose, expectNumber, type Golden, openGolden } from '../golden.js';

let golden: Golden;
let images: tf.Tensor4D;
let reconstructions: tf.Tensor4D;
let posterior: Posterior;
beforeAll(async () => {
  await tf.setBackend('cpu');
  golden = await openGolden('autoencoder-kl-tiny/io.safetensors');
  images = golden.images('x'); // [2, 32, 32, 3]
  reconstructions = golden.images('reconstruction');
  posterior = { mean: golden.images('mean'), logvar: golden.images('logvar') };
});

const config = (changes: Partial<ObjectiveConfig>): ObjectiveConfig => ({
  reduction: 'perImageSum',
  reconstruction: 'mse',
  reconstructionWeight: 1,
  klWeight: 0,
  ...changes,
});
const value = (changes: Partial<ObjectiveConfig>, outputs = reconstructions) =>
  objectiveValue(config(changes), images, outputs, posterior);
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
