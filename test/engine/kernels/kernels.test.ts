/** Every kernel of the engine against tfjs' cpu backend: values, and gradients where there are any. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, it } from 'vitest';
import { evaluate, expectClose, type NamedResults, normalTensor, resultsOnCpu } from '../compare.js';
import type { Case } from './cases/case.js';
import { elementwiseCases } from './cases/elementwise.js';
import { imageCases } from './cases/image.js';
import { reductionCases } from './cases/reduction.js';
import { shapeCases } from './cases/shape.js';

const cases = [...elementwiseCases, ...reductionCases, ...shapeCases, ...imageCases];

/** The value, and the gradients of a weighted sum of it with respect to every input. */
function valuesAndGradients({ shapes, run, domain = (x) => x, gradient }: Case): tf.Tensor[] {
  const inputs = shapes.map((shape, index) => domain(normalTensor(shape, index)));
  const values = [run(...inputs)].flat();
  if (gradient === false) return values;
  const weighted = (...xs: tf.Tensor[]) => {
    const terms = [run(...xs)].flat().map((y, index) => tf.sum(tf.mul(y, normalTensor(y.shape, 100 + index))));
    return tf.addN(terms) as tf.Scalar;
  };
  return [...values, ...tf.grads(weighted)(inputs)];
}

describe('kernels equal those of the cpu backend', () => {
  let references: NamedResults;
  beforeAll(async () => {
    references = await resultsOnCpu(
      Object.fromEntries(cases.map((entry) => [entry.name, () => valuesAndGradients(entry)])),
    );
  });

  it.each(cases.map((entry) => [entry.name, entry] as const))('%s', (name, entry) => {
    const before = tf.memory().numDataBuffers;
    const got = evaluate(() => valuesAndGradients(entry));
    expectClose(got, references.get(name) as tf.TypedArray[], entry.tolerance ?? 3e-6, name);
    expect(tf.memory().numDataBuffers).toBe(before);
  });
});
