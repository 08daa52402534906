/** A function and the ONNX model made of it must agree. */
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { traceToOnnx } from '../../../src/engine/onnx/export.js';
import { openOnnxSession } from '../../../src/engine/onnx/run/onnx-session.js';
import { conv2d, groupNormSilu, upsampleNearest2x } from '../../../src/engine/ops.js';
import { UserError } from '../../../src/errors.js';
import { evaluate, expectClose, normalTensor, useCpu, useOnnxRuntime } from '../compare.js';

const names = { inputNames: ['image'], outputNames: ['y', 'scores'] };
let weights: tf.Variable[];

/** A little network with all that an autoencoder has: convolution, group norm, attention, enlargement. */
function network(image: tf.Tensor): tf.Tensor[] {
  const [filter, bias, scale, offset] = weights as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D] & tf.Variable[];
  const hidden = groupNormSilu(conv2d(image as tf.Tensor4D, filter, bias, 2, 1), scale, offset, 4);
  const [batch, height, width, channels] = hidden.shape;
  const tokens = tf.reshape(hidden, [batch * height * width, channels]);
  const sequence = tf.reshape(tf.mul(tokens, scale), [batch, height * width, channels]);
  const scores = tf.softmax(tf.matMul(sequence, sequence, false, true));
  const mixed = tf.reshape(tf.matMul(scores, sequence), hidden.shape);
  return [upsampleNearest2x(tf.add(hidden, mixed) as tf.Tensor4D), scores];
}

beforeAll(async () => {
  await useOnnxRuntime();
  weights = [normalTensor([3, 3, 3, 8], 1), ...[2, 3, 4].map((seed) => normalTensor([8], seed))].map((tensor) =>
    tf.variable(tensor),
  );
});
afterAll(() => tf.dispose(weights));

it.each([
  { dynamicBatch: false, batch: 2 },
  { dynamicBatch: true, batch: 5 },
])('the exported model agrees with the function (%o)', ({ dynamicBatch, batch }) => {
  const image = normalTensor([batch, 8, 6, 3], 9);
  const expected = evaluate(() => network(image));
  const buffers = tf.memory().numDataBuffers;
  const bytes = traceToOnnx(network, [image], { ...names, dynamicBatch });
  expect(tf.memory().numDataBuffers).toBe(buffers);
  const session = openOnnxSession(bytes, { threads: 1 });
  const { y, scores } = session.run({ image: { shape: image.shape, data: image.dataSync() as Float32Array } });
  session.dispose();
  expect(y?.shape).toEqual([batch, 8, 6, 8]);
  expectClose([y!.data, scores!.data], expected, 1e-5);
});

it('refuses what depends on the batch size', () => {
  const average = (x: tf.Tensor) => tf.tile(tf.reshape(tf.mean(x), [1, 1]), [x.shape[0]!, 2]);
  const options = { inputNames: ['x'], outputNames: ['y'], dynamicBatch: true };
  expect(() => traceToOnnx(average, [tf.zeros([2, 3])], options)).toThrow(UserError);
});

it('names a missing input', () => {
  const options = { inputNames: ['x'], outputNames: ['y'] };
  const session = openOnnxSession(traceToOnnx((x) => tf.neg(x), [tf.zeros([2])], options));
  expect(() => session.run({})).toThrow('Input x is missing');
  session.dispose();
});

it('refuses to export from another engine', async () => {
  await useCpu();
  expect(() => traceToOnnx((x) => x, [tf.zeros([1])], names)).toThrow(UserError);
  await useOnnxRuntime();
});
