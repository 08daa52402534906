import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { quantize } from '../../../src/autoencoder/codebook.js';
import type { Quantization } from '../../../src/autoencoder/posterior.js';
import { codebookSchema } from '../../../src/config/config.js';
import { selectEngine } from '../../../src/engine/select.js';
import { normals } from '../../../src/random.js';
import { averagedCodes, createCodebookLearning, usageOf } from '../../../src/training/step/codebook-learning.js';
import { expectClose, expectNumber } from '../../golden.js';
import { readGoldenJson } from '../../golden-json.js';

interface Averages {
  readonly counts: number[];
  readonly sums: number[];
}

interface Golden {
  readonly shape: [number, number, number, number];
  readonly encoded: number[];
  readonly codes: number[];
  readonly decay: number;
  readonly before: Averages;
  readonly updates: (Averages & { readonly codebook: number[] })[];
  readonly usedShare: number;
  readonly perplexity: number;
}

const golden = readGoldenJson<Golden>('vq/quantization.json');
const channels = golden.shape[3];
const codes = golden.before.counts.length;

beforeAll(() => selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 }));

/** [K, Z] -> [Z, K] */
const columns = (rows: number[]): tf.Tensor2D => tf.transpose(tf.tensor2d(rows, [codes, channels]));

test('counts, sums and codes are PyTorch’s, update after update; so are usage and perplexity', () => {
  const chosen = tf.cast(tf.oneHot(tf.tensor1d(golden.codes, 'int32'), codes), 'float32') as tf.Tensor2D; // [N, K]
  const vectors = tf.tensor2d(golden.encoded, [golden.codes.length, channels]);
  const uses = tf.sum(chosen, 0) as tf.Tensor1D;
  const sumsOfUses = tf.matMul(vectors, chosen, true) as tf.Tensor2D;
  let averages = {
    counts: tf.tensor1d(golden.before.counts) as tf.Tensor,
    sums: columns(golden.before.sums) as tf.Tensor,
  };
  for (const wanted of golden.updates) {
    const next = averagedCodes(averages, uses, sumsOfUses, golden.decay);
    expectClose(next.counts, tf.tensor1d(wanted.counts), 1e-5);
    expectClose(next.sums, columns(wanted.sums), 1e-5);
    expectClose(next.codebook, columns(wanted.codebook), 1e-4);
    averages = next;
  }
  const { usedShare, perplexity } = usageOf(uses);
  expectNumber(usedShare, golden.usedShare, 1e-6);
  expectNumber(perplexity, golden.perplexity, 1e-5);
});

test('codes that were never taken are smoothed by 1e-5 of a use, and all counts keep their sum', () => {
  const averages = { counts: tf.tensor1d([0, 1]), sums: tf.tensor2d([1e-5, 1], [1, 2]) };
  const { codebook } = averagedCodes(averages, tf.zeros([2]) as tf.Tensor1D, tf.zeros([1, 2]) as tf.Tensor2D, 1);
  const share = (count: number) => (count + 1e-5) / (1 + 2 * 1e-5);
  expectClose(codebook, tf.tensor2d([1e-5 / share(0), 1 / share(1)], [1, 2]), 1e-6);
});

describe('a codebook in training', () => {
  const vectors = 8;
  /** Encoder outputs [1, 2, 4, 2] around (1, 1), whatever the codes. */
  const outputs = (step: number) => normals(vectors * 2, 'outputs', step).map((draw) => 1 + draw / 10);
  const look = (codebook: tf.Variable, step: number) =>
    quantize(tf.tensor4d(outputs(step), [1, 2, 4, 2]), codebook as tf.Variable<tf.Rank.R2>)
      .quantization as Quantization;
  const newCodebook = () => tf.variable(tf.tensor2d([1, -50, 60, 1, -50, 60], [2, 3]), false);
  const learn = (revivalSteps: number, steps: number) => {
    const codebook = newCodebook();
    const learning = createCodebookLearning(codebook, codebookSchema.parse({ revivalSteps }), 7);
    for (let step = 1; step <= steps; step++) learning.update([look(codebook, step)], step);
    return { codebook: [...codebook.dataSync()], learning };
  };
  /** [Z, K] -> the K codes */
  const codesOf = (codebook: number[]) =>
    [0, 1, 2].map((code) => [codebook[code] as number, codebook[code + 3] as number]);
  const isFarAway = (code: number[]) => code.every((value) => Math.abs(value) > 40);

  test('replaces codes after so many steps without use by outputs of that step, the same in every run', () => {
    const before = learn(3, 2).codebook;
    expect(codesOf(before).map(isFarAway)).toEqual([false, true, true]);
    const revived = learn(3, 3).codebook;
    expect(learn(3, 3).codebook).toEqual(revived);
    const outputsThen = outputs(3);
    for (const [x, y] of codesOf(revived).slice(1)) {
      const isOutput = Array.from(
        { length: vectors },
        (_, index) => outputsThen[2 * index] === x && outputsThen[2 * index + 1] === y,
      );
      expect(isOutput.filter(Boolean)).toHaveLength(1);
    }
    expect(codesOf(revived)[0]).not.toEqual([1, 1]);
  });

  test('starts averages at the codes, each as if taken once', () => {
    const { codebook, learning } = learn(0, 0);
    const [counts, sums, idle] = ['counts', 'sums', 'idleSteps'].map((name) => learning.averages.get(name));
    expect([...(sums as tf.Variable).dataSync()]).toEqual(codebook);
    expect(counts?.arraySync()).toEqual([1, 1, 1]);
    expect(idle?.arraySync()).toEqual([0, 0, 0]);
  });

  test('any output may replace an idle code', () => {
    const count = 65;
    const far = Array.from({ length: 2 * count }, (_, at) => (at % count === 0 ? 1 : 50));
    const codebook = tf.variable(tf.tensor2d(far, [2, count]));
    createCodebookLearning(codebook, codebookSchema.parse({ revivalSteps: 1 }), 7).update([look(codebook, 1)], 1);
    const [xs] = codebook.arraySync() as [number[], number[]];
    const drawn = new Set(xs.slice(1));
    const outputsThen = outputs(1);
    expect(drawn).toEqual(new Set(Array.from({ length: vectors }, (_, index) => outputsThen[2 * index])));
  });

  test('leaves idle codes alone where that is asked for', () => {
    expect(codesOf(learn(0, 5).codebook).map(isFarAway)).toEqual([false, true, true]);
  });

  test('begins at encoder outputs, each at another as far as they reach', () => {
    const codebook = tf.variable(tf.zeros([2, 6]), false);
    const learning = createCodebookLearning(codebook, codebookSchema.parse({}), 1);
    learning.begin(Float32Array.of(1, 10, 2, 20, 3, 30, 4, 40));
    const [xs, ys] = codebook.arraySync() as [number[], number[]];
    expect([...new Set(xs)].sort()).toEqual([1, 2, 3, 4]);
    expect(ys).toEqual(xs.map((x) => 10 * x));
    expect(learning.averages.get('sums')?.arraySync()).toEqual([xs, ys]);
  });
});
