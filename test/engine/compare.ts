/** Runs the same tfjs code on two engines. */
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { selectEngine } from '../../src/engine/select.js';
import { normals } from '../../src/random.js';

const options = { device: 'cpu', threads: 1 } as const;

export const useOnnxRuntime = () => selectEngine({ engine: 'onnxruntime', ...options });
export const useCpu = () => selectEngine({ engine: 'cpu', ...options });

/** A tensor of normal numbers that depend on `seed` alone. */
export function normalTensor<T extends tf.Tensor = tf.Tensor>(shape: readonly number[], seed: number): T {
  const size = shape.reduce((product, length) => product * length, 1);
  return tf.tensor(normals(size, 'engine-test', seed), [...shape]) as T;
}

export type Computation = () => tf.Tensor | tf.Tensor[];

/** Whatever `compute` returns, read. It is run inside a tidy, on the backend in use. */
export function evaluate(compute: Computation): tf.TypedArray[] {
  const results = tf.tidy(() => [compute()].flat());
  const values = results.map((result) => result.dataSync());
  tf.dispose(results);
  return values;
}

export type NamedResults = ReadonlyMap<string, tf.TypedArray[]>;

/** What each computation gives on the cpu engine. Afterwards our own engine is in use. */
export async function resultsOnCpu(computations: Readonly<Record<string, Computation>>): Promise<NamedResults> {
  await useCpu();
  const results = new Map(Object.entries(computations).map(([name, compute]) => [name, evaluate(compute)] as const));
  await useOnnxRuntime();
  return results;
}

export function expectClose(
  got: readonly tf.TypedArray[],
  wanted: readonly tf.TypedArray[],
  tolerance: number,
  subject = '',
): void {
  expect(got.length).toBe(wanted.length);
  got.forEach((values, index) => {
    const reference = wanted[index] as tf.TypedArray;
    expect(values.length, `${subject}: length of result ${index}`).toBe(reference.length);
    let worst = 0;
    values.forEach((value, position) => {
      const expected = reference[position] as number;
      const isSame =
        Object.is(value, expected) || (Number.isNaN(value) && Number.isNaN(expected)) || value === expected;
      if (!isSame) worst = Math.max(worst, Math.abs(value - expected) / (1 + Math.abs(expected)));
      if (Number.isNaN(value) !== Number.isNaN(expected)) worst = Number.POSITIVE_INFINITY;
    });
    expect(worst, `${subject}: largest relative difference of result ${index}`).toBeLessThanOrEqual(tolerance);
  });
}
