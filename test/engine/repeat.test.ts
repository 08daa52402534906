/** A function that is called again and again is computed without being called, to the same bits. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { conv2d, groupNormSilu } from '../../src/engine/ops.js';
import { createRepeat, type Repeat } from '../../src/engine/repeat.js';
import type { Engine } from '../../src/engine/select.js';
import { normalTensor, useCpu, useOnnxRuntime } from './compare.js';

let engine: Engine;
beforeEach(async () => {
  engine = await useOnnxRuntime();
});
afterEach(() => engine.dispose());

const called: Repeat = (_call, compute) => tf.tidy(compute);

/** Gradient descent on two convolutions, with a rate that differs from step to step. */
function createTraining(repeat: Repeat) {
  const shapes = [[3, 3, 3, 16], [16], [16], [16], [3, 3, 16, 3]];
  const variables = shapes.map((shape, index) => tf.variable(tf.mul(normalTensor(shape, index), 0.3)));
  const [filter, bias, scale, offset, filter2] = variables as unknown as [
    tf.Tensor4D,
    tf.Tensor1D,
    tf.Tensor1D,
    tf.Tensor1D,
    tf.Tensor4D,
  ];
  const training = {
    calls: 0,
    variables,
    step(images: tf.Tensor4D, rate: number, key = ''): number {
      const step = tf.scalar(rate);
      const { loss } = repeat({ key, inputs: [images, step], variables }, () => {
        training.calls++;
        const { value, grads } = tf.variableGrads(() => {
          const hidden = groupNormSilu(conv2d(images, filter, bias, 1, 1), scale, offset, 4);
          return tf.mean(tf.square(tf.sub(conv2d(hidden, filter2, null, 1, 1), images))) as tf.Scalar;
        }, variables);
        for (const variable of variables) {
          variable.assign(tf.sub(variable, tf.mul(grads[variable.name] as tf.Tensor, step)));
        }
        return { loss: value };
      });
      const [number] = loss.dataSync();
      tf.dispose([loss, step]);
      return number as number;
    },
  };
  return training;
}

const imagesOf = (step: number, size = 8) => normalTensor<tf.Tensor4D>([2, size, size, 3], 100 + step);

it('gives the same bits as calling, and stops calling once two calls asked for the same', () => {
  const [repeated, plain] = [createTraining(createRepeat()), createTraining(called)];
  for (let step = 1; step <= 8; step++) {
    const images = imagesOf(step);
    expect(repeated.step(images, 0.1 / step)).toBe(plain.step(images, 0.1 / step));
  }
  repeated.variables.forEach((variable, index) => {
    expect(variable.dataSync()).toEqual(plain.variables[index]?.dataSync());
  });
  // The first call finds filters in another order than all others.
  expect([repeated.calls, plain.calls]).toEqual([3, 8]);
});

it('keeps memory and compiled graphs as they are', () => {
  const training = createTraining(createRepeat());
  const images = imagesOf(0);
  for (let step = 1; step <= 4; step++) training.step(images, 0.1);
  const { numDataBuffers, numTensors } = tf.memory();
  const { compiles } = engine.statistics();
  for (let step = 1; step <= 50; step++) training.step(images, 0.1);
  expect(tf.memory()).toMatchObject({ numDataBuffers, numTensors });
  expect(engine.statistics().compiles).toBe(compiles);
});

it('calls again for another key, another shape, and after both', () => {
  const [repeated, plain] = [createTraining(createRepeat()), createTraining(called)];
  const both = (...call: Parameters<typeof plain.step>) => expect(repeated.step(...call)).toBe(plain.step(...call));
  for (let step = 1; step <= 4; step++) both(imagesOf(step), 0.1);
  expect(repeated.calls).toBe(3);
  both(imagesOf(5), 0.1, 'another');
  expect(repeated.calls).toBe(4);
  for (let step = 6; step <= 9; step++) both(imagesOf(step), 0.1, 'another');
  expect(repeated.calls).toBe(5);
  both(imagesOf(10, 12), 0.1, 'another');
  both(imagesOf(11), 0.1, 'another');
  expect(repeated.calls).toBe(7);
});

it('sees what was assigned to a variable in between', () => {
  const [repeated, plain] = [createTraining(createRepeat()), createTraining(called)];
  for (let step = 1; step <= 6; step++) {
    for (const { variables } of [repeated, plain]) variables[1]?.assign(tf.fill([16], step / 10));
    expect(repeated.step(imagesOf(step), 0.1)).toBe(plain.step(imagesOf(step), 0.1));
  }
  expect(repeated.calls).toBe(3);
});

it('returns what was there before, and assigns one variable to another', () => {
  const repeat = createRepeat();
  let calls = 0;
  const [a, b] = [tf.variable(tf.tensor([1, 2])), tf.variable(tf.tensor([0, 0]))];
  for (let count = 1; count <= 6; count++) {
    const { before, sum } = repeat({ key: '', inputs: [], variables: [a, b] }, () => {
      calls++;
      const [before, sum] = [a.clone(), tf.add(a, b)];
      b.assign(a);
      a.assign(sum);
      return { before, sum: tf.reshape(sum, [2, 1]) };
    });
    const fibonacci = [1, 1, 2, 3, 5, 8, 13] as const;
    expect([before, b].map((tensor) => tensor.dataSync()[0])).toEqual([fibonacci[count - 1], fibonacci[count - 1]]);
    expect([sum, a].map((tensor) => tensor.dataSync()[0])).toEqual([fibonacci[count], fibonacci[count]]);
    expect(sum.shape).toEqual([2, 1]);
  }
  expect(calls).toBeLessThan(4);
});

it('goes on calling a function that makes different numbers of its own', () => {
  const repeat = createRepeat();
  const x = tf.tensor1d([1, 2]);
  for (let count = 1; count <= 6; count++) {
    const { y } = repeat({ key: '', inputs: [x], variables: [] }, () => ({ y: tf.mul(x, count) }));
    expect([...y.dataSync()]).toEqual([count, 2 * count]);
  }
});

it('goes on calling a function that assigns to a variable it was not told of', () => {
  const repeat = createRepeat();
  const x = tf.tensor1d([1, 2]);
  const total = tf.variable(tf.zeros([2]));
  for (let count = 1; count <= 6; count++) {
    repeat({ key: '', inputs: [x], variables: [] }, () => {
      total.assign(tf.add(total, x));
      return { y: tf.mul(x, 3) };
    }).y.dispose();
  }
  expect([...total.dataSync()]).toEqual([6, 12]);
});

it('goes on calling a function that reads numbers', () => {
  const repeat = createRepeat();
  for (let count = 1; count <= 6; count++) {
    const x = tf.tensor1d([count, 2]);
    const { y } = repeat({ key: '', inputs: [x], variables: [] }, () => ({
      y: tf.mul(x, tf.add(x, 1).dataSync()[0] as number),
    }));
    expect([...y.dataSync()]).toEqual([count * (count + 1), 2 * (count + 1)]);
  }
});

it('is an ordinary call on engines that compile nothing', async () => {
  await useCpu();
  const training = createTraining(createRepeat());
  for (let step = 1; step <= 5; step++) training.step(imagesOf(step), 0.1);
  expect(training.calls).toBe(5);
});
