import * as tf from '@tensorflow/tfjs';
import { beforeAll, expect, test } from 'vitest';
import type { Posterior } from '../../src/autoencoder/posterior.js';
import { klNats } from '../../src/losses/kl.js';
import { expectClose, type Golden, openGolden } from '../golden.js';

let golden: Golden;
beforeAll(async () => {
  await tf.setBackend('cpu');
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
