import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize } from '../../src/autoencoder/codebook.js';
import { codebookSchema, objectives } from '../../src/config/config.js';
import { selectEngine } from '../../src/engine/select.js';
import { commitmentErrors } from '../../src/losses/commitment.js';
import { createObjective, objectiveValue } from '../../src/losses/objective.js';
import { expectClose } from '../golden.js';
import { readGoldenJson } from '../golden-json.js';

interface Quantization {
  readonly shape: [number, number, number, number];
  readonly encoded: number[];
  readonly codebook: number[];
  readonly target: number[];
  readonly codes: number[];
  readonly latent: number[];
  readonly commitment: number;
  readonly commitmentWeight: number;
  readonly loss: number;
  readonly gradient: number[];
}

const golden = readGoldenJson<Quantization>('vq/quantization.json');
const { shape } = golden;
const channels = shape[3];

describe.each(['cpu', 'onnxruntime'] as const)('a codebook, on %s', (engine) => {
  let encoded: tf.Tensor4D;
  let codebook: tf.Tensor2D;
  beforeAll(async () => {
    await selectEngine({ engine, device: 'cpu', threads: 1 });
    encoded = tf.tensor4d(golden.encoded, shape);
    codebook = tf.transpose(tf.tensor2d(golden.codebook, [golden.codebook.length / channels, channels])); // [Z, K]
  });

  test('replaces every vector by the one that PyTorch finds nearest', () => {
    const { mean, quantization, isDeterministic } = quantize(encoded, codebook);
    expect(isDeterministic).toBe(true);
    expect([...(quantization?.codes.dataSync() ?? [])]).toEqual(golden.codes);
    expectClose(mean, tf.tensor4d(golden.latent, shape), 1e-6);
  });

  test('alone has something to commit to', () => {
    expect(() => commitmentErrors({ mean: encoded, logvar: encoded })).toThrow('Only a quantized posterior');
  });

  test('has PyTorch’s loss and gradient: straight through the codes, and towards them by the commitment', () => {
    const target = tf.tensor4d(golden.target, shape);
    const { commitmentWeight } = golden;
    // PyTorch averages both terms; here the sum over an image is divided by the image's elements, which is the same.
    const config = { ...objectives.autoencoder, codebook: codebookSchema.parse({ commitmentWeight }) };
    const objective = createObjective(config);
    let commitment: tf.Scalar | undefined;
    const loss = (x: tf.Tensor) => {
      const posterior = quantize(x as tf.Tensor4D, codebook);
      const lastLayer = tf.variable(tf.scalar(0));
      const input = { images: target, reconstructions: posterior.mean, posterior, lastLayer, step: 1 };
      const { total, terms } = objectiveValue(objective, input);
      commitment = terms.commitment;
      expect(Object.keys(terms)).toEqual(['mse', 'commitment']);
      return total;
    };
    const { value, grad } = tf.valueAndGrad(loss)(encoded);
    expect(value.dataSync()[0]).toBeCloseTo(golden.loss, 5);
    expect(commitment?.dataSync()[0]).toBeCloseTo(golden.commitment, 5);
    expectClose(grad, tf.tensor4d(golden.gradient, shape), 1e-5);
  });
});
