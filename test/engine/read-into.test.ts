import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { engineOptionsSchema } from '../../src/config/config.js';
import { readInto } from '../../src/engine/read-into.js';
import { selectEngine } from '../../src/engine/select.js';

beforeAll(() => selectEngine(engineOptionsSchema.parse({ engine: 'onnxruntime', device: 'cpu', threads: 1 })));

/** A convolution's output does not lie in memory as tfjs has it. */
const compute = (value: number) =>
  tf.tidy(() =>
    tf.conv2d(
      tf.fill([1, 4, 5, 3], value) as tf.Tensor4D,
      tf.reshape(tf.range(0, 24), [1, 1, 3, 8]) as tf.Tensor4D,
      1,
      'same',
    ),
  );

test('numbers are those of data(), and stay when the engine writes over its own', async () => {
  const first = compute(1);
  const numbers = new Float32Array(first.size);
  await readInto(first, numbers);
  const expected = Float32Array.from({ length: first.size }, (_, at) => 24 + 3 * (at % 8));
  expect(numbers).toEqual(expected);
  first.dispose();
  for (let value = 2; value < 6; value++) {
    const other = compute(value);
    const more = new Float32Array(other.size);
    await readInto(other, more);
    expect(more).toEqual(expected.map((number) => number * value));
    // What data() gives is the program's own.
    const own = await other.data();
    other.dispose();
    expect(own).toEqual(more);
  }
  expect(numbers).toEqual(expected);
});
