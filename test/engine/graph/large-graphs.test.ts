/** Work with large results runs in parts, which give the same numbers. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, describe, expect, it } from 'vitest';
import { backendName, registerOnnxBackend } from '../../../src/engine/onnx/register.js';
import { splitLargeUpdates } from '../../../src/engine/onnx/trace/large-updates.js';
import { adamScalars, adamUpdate, emaUpdate } from '../../../src/engine/ops.js';
import { normalTensor } from '../compare.js';

const session = {
  executionProvider: 'cpu',
  threads: 1,
  optimization: 'disabled',
  memoryArena: true,
  keepOutputsOnDevice: false,
} as const;

/** Limits that divide everything. */
const everything = { updateBytes: 0, workBytes: 0 };

async function register(partLimits?: typeof everything) {
  const backend = registerOnnxBackend({ session, planCapacity: 32, ...(partLimits ? { partLimits } : {}) });
  await tf.setBackend(backendName);
  return backend;
}

/** Two matrices with Adam, of which one has a moving average. */
function createTrainer() {
  const variable = (tensor: tf.Tensor) => tf.variable(tensor as tf.Tensor2D, false);
  const parameters = [1, 2].map((seed) => tf.variable(normalTensor<tf.Tensor2D>([6, 6], seed)));
  const moments = parameters.map((parameter) => [0, 1].map(() => variable(tf.zerosLike(parameter))));
  const average = variable(tf.zeros([6, 6]));
  const input = normalTensor<tf.Tensor2D>([4, 6], 3);
  const loss = () =>
    tf.sum(parameters.reduce<tf.Tensor>((x, parameter) => tf.relu(tf.matMul(x, parameter)), input)) as tf.Scalar;
  const step = (number: number): tf.Scalar =>
    tf.tidy(() => {
      const { value, grads } = tf.variableGrads(loss, parameters);
      const scalars = adamScalars({ learningRate: 0.01, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, step: number });
      for (const [index, parameter] of parameters.entries()) {
        const [m, v] = moments[index] as [tf.Variable, tf.Variable];
        const gradient = grads[parameter.name] as tf.Tensor;
        const updated = adamUpdate<tf.Tensor>(parameter, gradient, m, v, scalars);
        for (const [part, kept] of [parameter, m, v].entries()) kept.assign(updated[part] as tf.Tensor);
      }
      average.assign(emaUpdate<tf.Tensor>(average, parameters[0] as tf.Tensor, tf.scalar(0.9)) as tf.Tensor2D);
      return value;
    });
  return { step, kept: [...parameters, ...moments.flat(), average] };
}

async function train(partLimits?: typeof everything): Promise<tf.TypedArray[]> {
  const backend = await register(partLimits);
  const { step, kept } = createTrainer();
  const run = (number: number): tf.TypedArray => {
    const value = step(number);
    const numbers = value.dataSync();
    value.dispose();
    return numbers;
  };
  const losses = [1, 2].map(run);
  const { compiles } = backend.statistics;
  losses.push(run(3));
  expect(backend.statistics.compiles, 'graphs compiled by the third step').toBe(compiles);
  return [...losses, ...kept.map((variable) => variable.dataSync())];
}

describe('work with large results', () => {
  afterEach(() => tf.removeBackend(backendName));

  it('gives the same numbers in parts', async () => {
    expect(await train(everything)).toEqual(await train());
  });

  it('runs every parameter with its average after everything else', async () => {
    const backend = await register();
    const { step, kept } = createTrainer();
    backend.flush();
    const { work } = backend.capture(() => [step(1)]);
    const names = (limits: typeof everything) =>
      splitLargeUpdates(work, limits).map(({ records }) => records.map(({ spec }) => spec.name));
    const [first, ...updates] = names(everything);
    expect(updates).toEqual([['AdamUpdate', 'EmaUpdate'], ['AdamUpdate']]);
    expect(first).not.toContain('AdamUpdate');
    expect(names({ updateBytes: 0, workBytes: 2 ** 20 })).toHaveLength(1);
    tf.dispose(kept);
  });

  it('still holds numbers that were read before a part replaced them', async () => {
    await register(everything);
    const { step, kept } = createTrainer();
    step(1).dataSync();
    const before = kept[0]?.dataSync() as Float32Array;
    const copy = before.slice();
    step(2).dataSync();
    expect(before).toEqual(copy);
    expect(kept[0]?.dataSync()).not.toEqual(copy);
  });
});
