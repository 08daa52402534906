import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it } from 'vitest';
import { fromTorchLayout, fromTorchShape, toTorchLayout, toTorchShape } from '../../src/interop/layouts.js';

const axesToTorch: Record<number, number[]> = { 1: [0], 2: [1, 0], 3: [0, 1, 2], 4: [3, 2, 0, 1] };
const shapes = [[5], [3, 4], [2, 3, 4], [3, 2, 4, 5], [1, 1, 4, 5], [0, 4]].map((shape) => ({ shape }));

it.each(shapes)('$shape moves as a transposition', ({ shape }) => {
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => index);
  const torch = tf.transpose(tf.tensor(values, shape), axesToTorch[shape.length]);
  expect(toTorchShape(shape)).toEqual(torch.shape);
  const moved = toTorchLayout(values, shape);
  expect(moved).toEqual(torch.dataSync());
  expect(fromTorchShape(torch.shape)).toEqual(shape);
  expect(fromTorchLayout(moved, torch.shape)).toEqual(values);
});
