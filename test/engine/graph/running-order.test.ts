/** ONNX Runtime runs nodes in the order that the engine means. It promises none, so this is what a new version must pass. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { expect, it, onTestFinished } from 'vitest';
import { backendName, registerOnnxBackend } from '../../../src/engine/onnx/register.js';
import { after, conv2d } from '../../../src/engine/ops.js';
import { evaluate, normalTensor, useOnnxRuntime } from '../compare.js';

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly args: { readonly op_name?: string };
}

/** The operators that computing the tensors ran, in their order. */
async function operatorsOf(compute: () => tf.Tensor | tf.Tensor[]): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-vae-order-'));
  const session = { executionProvider: 'cpu', threads: 1, optimization: 'disabled', memoryArena: true } as const;
  const profile = join(folder, 'profile');
  registerOnnxBackend({ session: { ...session, keepOutputsOnDevice: false, profile }, planCapacity: 4 });
  onTestFinished(async () => {
    tf.removeBackend(backendName);
    await rm(folder, { recursive: true });
  });
  await tf.setBackend(backendName);
  evaluate(compute);
  // Closing a session writes its profile.
  tf.backend().dispose();
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  const profiles = texts.map((text) => JSON.parse(text) as ProfileEvent[]);
  const events = profiles.flat().filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  return events.toSorted((a, b) => a.ts - b.ts).flatMap(({ args }) => args.op_name ?? []);
}

/** x passed on from layer to layer; what is summed of every layer is small, and nobody needs it before the end. */
function chain(): tf.Tensor[] {
  const sums: tf.Tensor[] = [];
  let x = normalTensor([4, 32], 0);
  for (let layer = 0; layer < 3; layer++) {
    x = tf.exp(x);
    sums.push(tf.sum(x, 0));
  }
  return [tf.stack(sums), tf.sqrt(x)];
}

it('computes what is small as soon as it can, so that what it is computed of can be let go of', async () => {
  const operators = (await operatorsOf(chain)).filter((name) => ['Exp', 'ReduceSum', 'Sqrt'].includes(name));
  expect(operators).toEqual(['Exp', 'ReduceSum', 'Exp', 'ReduceSum', 'Exp', 'ReduceSum', 'Sqrt']);
});

it("computes a filter's gradient before that of the image is passed on", async () => {
  const network = (...weights: tf.Tensor[]) =>
    weights.reduce(
      (image, filter) => tf.tanh(conv2d(image as tf.Tensor4D, filter as tf.Tensor4D, null, 1, 0)),
      normalTensor<tf.Tensor4D>([2, 8, 8, 8], 0),
    );
  const operators = await operatorsOf(() => {
    const filters = [1, 2, 3].map((seed) => normalTensor([1, 1, 8, 8], seed));
    return tf.grads((...weights) => tf.sum(network(...weights)))(filters);
  });
  // Of three layers: forward three times Tanh; backward a matrix product per filter, and a convolution between two of them.
  const backward = operators.slice(operators.lastIndexOf('Tanh')).filter((name) => /MatMul|^Conv$/.test(name));
  expect(backward).toEqual(['FusedMatMul', 'Conv', 'FusedMatMul', 'Conv', 'FusedMatMul']);
});

it.each([0, Number.NaN, Number.POSITIVE_INFINITY])(
  'computes again from what came after %d, and changes no bit',
  async (first) => {
    const engine = await useOnnxRuntime();
    onTestFinished(() => engine.dispose());
    const x = tf.tensor([1.5, -0, 0, Number.POSITIVE_INFINITY, Number.NaN, -3]);
    const [plain, late] = evaluate(() => [tf.neg(x), tf.neg(after(x, tf.tensor2d([[first, 1]])))]);
    expect([...(late as tf.TypedArray)].every((value, index) => Object.is(value, plain?.[index]))).toBe(true);
    x.dispose();
  },
);

it('computes from what came after something only when that is there', async () => {
  const operators = await operatorsOf(() => {
    const x = normalTensor([64], 0);
    const early = tf.neg(x);
    const trigger = tf.sqrt(tf.exp(early));
    return tf.mul(tf.neg(after(x, trigger)), trigger);
  });
  expect(operators.filter((name) => ['Neg', 'Exp', 'Sqrt'].includes(name))).toEqual(['Neg', 'Exp', 'Sqrt', 'Neg']);
});
