/** Reference tensors from test/golden, in tfjs' layouts, and how closely ours must agree. */
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { expect } from 'vitest';
import { selectEngine } from '../src/engine/select.js';
import { openSafetensors } from '../src/interop/safetensors/safetensors.js';
import type { Initializer } from '../src/nn/parameters.js';

/** Hands out tensors by name. Files are in PyTorch's layouts: images NCHW, filters OIHW. */
export interface Golden {
  readonly names: readonly string[];
  scalar(name: string): number;
  values(name: string): Float32Array;
  /** Images [B, C, H, W] as [B, H, W, C]. */
  images(name: string): tf.Tensor4D;
  /** A filter [out, in, kh, kw] as [kh, kw, in, out]; anything of fewer axes as it is. */
  weight(name: string): tf.Tensor;
  /** Every weight of the file by name, for networks that start from given weights. */
  readonly weights: Initializer;
}

export async function openGolden(path: string): Promise<Golden> {
  await using file = await openSafetensors(fileURLToPath(new URL(`./golden/${path}`, import.meta.url)));
  const tensors = new Map<string, { shape: number[]; values: Float32Array }>();
  for (const { name, shape } of file.entries.values()) {
    tensors.set(name, { shape: [...shape], values: await file.readFloat32(name) });
  }
  const find = (name: string) => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`${path} has no ${name}`);
    return tensor;
  };
  const transposed = (name: string, order: number[]) => {
    const { shape, values } = find(name);
    return tf.tidy(() => tf.transpose(tf.tensor(values, shape), order));
  };
  const weight = (name: string) => {
    const { shape, values } = find(name);
    return shape.length === 4 ? transposed(name, [2, 3, 1, 0]) : tf.tensor(values, shape);
  };
  return {
    names: [...tensors.keys()],
    scalar: (name) => find(name).values[0] as number,
    values: (name) => find(name).values,
    images: (name) => transposed(name, [0, 2, 3, 1]) as tf.Tensor4D,
    weight,
    weights: (name) => weight(name),
  };
}

/** The largest difference as a share of the largest wanted magnitude is at most `tolerance`. */
export function expectClose(actual: tf.Tensor, wanted: tf.Tensor, tolerance: number): void {
  expect(actual.shape).toEqual(wanted.shape);
  const [difference, size] = tf.tidy(() => [tf.max(tf.abs(tf.sub(actual, wanted))), tf.max(tf.abs(wanted))] as const);
  expect((difference.dataSync()[0] as number) / (size.dataSync()[0] as number)).toBeLessThanOrEqual(tolerance);
}

/** `actual` equals `wanted` within `tolerance` times `wanted`. */
export function expectNumber(actual: tf.Scalar, wanted: number, tolerance: number): void {
  expect(Math.abs((actual.dataSync()[0] as number) - wanted)).toBeLessThanOrEqual(tolerance * Math.abs(wanted));
}

/** Computes the tests of a file with the default engine. */
export async function useDefaultEngine(): Promise<void> {
  await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 0 });
}
