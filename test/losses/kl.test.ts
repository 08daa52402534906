import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { Posterior } from '../../src/autoencoder/posterior.js';
import { klNats, klNatsBetween } from '../../src/losses/kl.js';
import { useCpu } from '../engine/compare.js';
import { expectClose, type Golden, openGolden } from '../golden.js';
import { readGoldenJson } from '../golden-json.js';

let golden: Golden;
beforeAll(async () => {
  await useCpu();
  golden = await openGolden('autoencoder-kl-tiny/io.safetensors');
});

const shape: [number, number, number, number] = [1, 2, 3, 4];
const posterior = (mean: number, logvar: number): Posterior => ({
  mean: tf.fill(shape, mean),
  logvar: tf.fill(shape, logvar),
});

test.each([
  { mean: 0, logvar: 0, nats: 0 },
  { mean: 1, logvar: 0, nats: 0.5 },
  { mean: -3, logvar: Math.log(4), nats: (9 + 4 - 1 - Math.log(4)) / 2 },
])('N($mean, exp($logvar)) is $nats nats per element from N(0, 1)', ({ mean, logvar, nats }) => {
  expectClose(tf.add(klNats(posterior(mean, logvar)), 1), tf.fill(shape, nats + 1), 1e-6);
});

test('an image’s KL is that of PyTorch', () => {
  const kl = tf.sum(klNats({ mean: golden.images('mean'), logvar: golden.images('logvar') }), [1, 2, 3]); // [B]
  expectClose(kl, tf.tensor1d(golden.values('kl')), 1e-5);
});

test('the gradients are mean and (exp(logvar) - 1) / 2', () => {
  const mean = golden.images('mean');
  const logvar = golden.images('logvar');
  const gradients = tf.grads((m, l) => klNats({ mean: m as tf.Tensor4D, logvar: l as tf.Tensor4D }));
  const [forMean, forLogvar] = gradients([mean, logvar]);
  expect(forMean && forLogvar).toBeDefined();
  expectClose(forMean as tf.Tensor, mean, 1e-6);
  expectClose(forLogvar as tf.Tensor, tf.mul(tf.expm1(logvar), 0.5), 1e-6);
});

test('between two Gaussians it is what torch.distributions gives, values and gradients', () => {
  const names = ['qMean', 'qLogvar', 'pMean', 'pLogvar'] as const;
  type Numbers = Record<(typeof names)[number], number[]>;
  const {
    values,
    klNats: wanted,
    gradients,
  } = readGoldenJson<{ values: Numbers; klNats: number[]; gradients: Numbers }>('kl-between/normals.json');
  const image = (numbers: number[]) => tf.tensor4d(numbers, [1, 2, 3, 2]);
  const kl = (qMean: tf.Tensor, qLogvar: tf.Tensor, pMean: tf.Tensor, pLogvar: tf.Tensor) =>
    klNatsBetween(
      { mean: qMean as tf.Tensor4D, logvar: qLogvar as tf.Tensor4D },
      { mean: pMean as tf.Tensor4D, logvar: pLogvar as tf.Tensor4D },
    );
  const inputs = names.map((name) => image(values[name])) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
  expectClose(kl(...inputs), image(wanted), 1e-5);
  const got = tf.grads((...all: tf.Tensor[]) => kl(...(all as typeof inputs)))(inputs);
  for (const [index, name] of names.entries()) expectClose(got[index] as tf.Tensor, image(gradients[name]), 1e-5);
});

test('between a Gaussian and N(0, 1) it is the simple one', () => {
  const q = { mean: golden.images('mean'), logvar: golden.images('logvar') };
  const standard = { mean: tf.zerosLike(q.mean), logvar: tf.zerosLike(q.mean) };
  expectClose(klNatsBetween(q, standard), klNats(q), 1e-6);
});
