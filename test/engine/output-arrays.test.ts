/** Arrays of outputs are written to again, but never while somebody can see them. */
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeModel } from '../../src/engine/onnx/graph/model.js';
import { OutputArrays } from '../../src/engine/onnx/run/output-arrays.js';
import { openSession, uncopied } from '../../src/engine/onnx/run/runtime.js';
import type { Engine } from '../../src/engine/select.js';
import { useOnnxRuntime } from './compare.js';

describe('OutputArrays', () => {
  it('gives an array of the same kind and length once, and forgets what two runs had no use for', () => {
    const arrays = new OutputArrays();
    const [first, second] = [arrays.take('float32', 3), arrays.take('float32', 3)];
    expect(first).not.toBe(second);
    arrays.give('float32', first);
    expect(arrays.take('int32', 3)).not.toBe(first);
    expect(arrays.take('float32', 4)).not.toBe(first);
    expect(arrays.take('float32', 3)).toBe(first);
    expect(arrays.take('float32', 3)).not.toBe(first);
    arrays.give('float32', second);
    expect(arrays.age()).toBe(0);
    expect(arrays.age()).toBe(12);
    expect(arrays.take('float32', 3)).not.toBe(second);
  });
});

describe('the binding', () => {
  const value = (name: string) => ({ name, dtype: 'float32', shape: [2] }) as const;
  const negation = { operator: 'Neg', domain: '', inputs: ['x'], outputs: ['y'], attributes: {} };
  const model = encodeModel(
    uncopied({ nodes: [negation], constants: [], inputs: [value('x')], outputs: [value('y')] }),
  );
  const session = () =>
    openSession(model, {
      executionProvider: 'cpu',
      threads: 1,
      optimization: 'disabled',
      memoryArena: true,
      keepOutputsOnDevice: false,
    });
  const feed = (data: Float32Array) => ({ location: 'cpu', dims: [2], type: 'float32', data }) as const;

  it('writes outputs into the arrays given, and returns none', () => {
    const data = new Float32Array(2);
    session().runInto({ x: feed(Float32Array.of(1, -2)) }, { y: feed(data) });
    expect([...data]).toEqual([-1, 2]);
    // If this no longer throws, all outputs are copied once more, and steps with many parameters become slow.
    const unreturned = () => session().run({ x: feed(Float32Array.of(1, -2)) }, ['unreturned']);
    expect(unreturned).toThrow('Tensor type (16) is not supported.');
  });

  it('does not hide other errors', () => {
    const wrongSize = { ...feed(new Float32Array(3)), dims: [3] };
    expect(() => session().runInto({ x: wrongSize }, { y: feed(new Float32Array(2)) })).toThrow(/dimension/);
  });
});

describe('what was read', () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await useOnnxRuntime();
  });
  afterEach(() => engine.dispose());

  it('stays, however often the tensor behind it is computed anew', () => {
    const total = tf.variable(tf.fill([1000], 0));
    const add = () => tf.tidy(() => total.assign(tf.add(total, 1)));
    const seen: tf.TypedArray[] = [];
    for (let step = 0; step < 6; step++) {
      add();
      engine.flush();
      if (step % 2 === 0) seen.push(total.dataSync());
    }
    expect(seen.map((values) => new Set(values))).toEqual([1, 3, 5].map((value) => new Set([value])));
    total.dispose();
  });

  it('stays when the tensor is disposed of', () => {
    const first = tf.tidy(() => tf.add(tf.fill([500], 1), 1));
    const values = first.dataSync();
    first.dispose();
    for (let step = 0; step < 3; step++) tf.tidy(() => void tf.add(tf.fill([500], 7), step).dataSync());
    expect(new Set(values)).toEqual(new Set([2]));
  });
});
