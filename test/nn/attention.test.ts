/** Attention in parts is attention, and its scores never stand whole. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { rehearse } from '../../src/engine/rehearse.js';
import type { Engine } from '../../src/engine/select.js';
import { attend, mostScores } from '../../src/nn/attention.js';
import { useCpu, useOnnxRuntime } from '../engine/compare.js';
import { expectClose } from '../golden.js';
import { readGoldenJson } from '../golden-json.js';

interface Golden {
  readonly query: number[];
  readonly key: number[];
  readonly value: number[];
  readonly result: number[];
  readonly gradients: [number[], number[], number[]];
}

/** PyTorch's, for 3 images of 7 queries, 11 keys and 5 channels. */
const golden = readGoldenJson<Golden>('attention/attention.json');
const queries = [3, 7, 5] as const;
const keys = [3, 11, 5] as const;

let engine: Engine;
afterEach(() => engine.dispose());

const tensor = (values: readonly number[], shape: readonly [number, number, number]) =>
  tf.tensor3d([...values], [...shape]);
const inputs = () => [tensor(golden.query, queries), tensor(golden.key, keys), tensor(golden.value, keys)];
const computeBy = (most: number | undefined) => (query: tf.Tensor, key: tf.Tensor, value: tf.Tensor) =>
  attend(query as tf.Tensor3D, key as tf.Tensor3D, value as tf.Tensor3D, most);

const engines = { onnxruntime: useOnnxRuntime, cpu: useCpu };
const bounds = {
  'all at once': undefined,
  'two images, then one': 2 * 7 * 11,
  'an image at a time': 2 * 7 * 11 - 1,
  'four queries, then three': 7 * 11 - 1,
  'three queries, twice, then one': 3 * 11,
  'a query at a time': 11,
  'a query whose scores are too many': 1,
};
const cases = Object.entries(engines).flatMap(([name, open]) =>
  Object.entries(bounds).map(([parts, most]) => ({ name, open, parts, most })),
);

describe('attention', () => {
  it.each(cases)('equals PyTorch’s on $name: $parts', async ({ open, most }) => {
    engine = await open();
    const result = tf.tidy(() => computeBy(most)(...(inputs() as [tf.Tensor, tf.Tensor, tf.Tensor])));
    expectClose(result, tensor(golden.result, queries), 1e-5);
  });

  it.each(cases)('has PyTorch’s gradients on $name: $parts', async ({ open, most }) => {
    engine = await open();
    const loss = (...all: tf.Tensor[]) =>
      tf.sum(tf.square(computeBy(most)(...(all as [tf.Tensor, tf.Tensor, tf.Tensor])))) as tf.Scalar;
    const gradients = tf.grads(loss)(inputs());
    for (const [index, wanted] of golden.gradients.entries()) {
      expectClose(gradients[index] as tf.Tensor, tensor(wanted, index === 0 ? queries : keys), 1e-4);
    }
  });

  it('in two parts takes less memory than at once', async () => {
    engine = await useOnnxRuntime();
    const bytes = (most: number) =>
      rehearse(() => [
        computeBy(most)(...([0, 0, 0].map(() => tf.fill([2, 256, 4], 0)) as [tf.Tensor, tf.Tensor, tf.Tensor])),
      ]);
    expect(bytes(256 ** 2)).toBeLessThan(0.7 * (bytes(2 * 256 ** 2) as number));
  });

  it('leaves no tensor behind', async () => {
    engine = await useOnnxRuntime();
    const all = inputs();
    const run = () => tf.dispose(tf.grads((...[q, k, v]) => tf.sum(computeBy(33)(q!, k!, v!)) as tf.Scalar)(all));
    run();
    const { numTensors } = tf.memory();
    run();
    expect(tf.memory().numTensors).toBe(numTensors);
  });
});

describe('of a picture of 1024 px', () => {
  /** At a factor of 8, of which three are looked at together. */
  const shape: [number, number, number] = [3, 128 ** 2, 4];
  const filled = () => [0, 0, 0].map(() => tf.fill<tf.Rank.R3>(shape, 0));
  const scores = 4 * shape[0] * shape[1] ** 2;

  it('the scores take a bounded share of the memory', async () => {
    engine = await useOnnxRuntime();
    const bytes = rehearse(() => [computeBy(undefined)(...(filled() as [tf.Tensor, tf.Tensor, tf.Tensor]))]) as number;
    expect(bytes).toBeLessThan(3 * 4 * mostScores);
    expect(bytes).toBeLessThan(scores / 8);
  });

  it('so do the gradients, which keep no scores', async () => {
    engine = await useOnnxRuntime();
    const compute = (...all: tf.Tensor[]) =>
      tf.sum(tf.square(computeBy(undefined)(...(all as [tf.Tensor, tf.Tensor, tf.Tensor])))) as tf.Scalar;
    const bytes = rehearse(() => tf.grads(compute)(filled())) as number;
    expect(bytes).toBeLessThan(7 * 4 * mostScores);
    expect(bytes).toBeLessThan(scores / 3);
  });
});
