import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DenoiserConfig, denoiserConfigOf, denoiserPresetNames } from '../../src/config/networks/denoiser.js';
import { createDenoiser } from '../../src/diffusion/backbones/denoiser.js';
import { selectEngine } from '../../src/engine/select.js';
import { fromTorchLayout, fromTorchShape, toTorchLayout } from '../../src/interop/layouts.js';
import { openSafetensors, type SafetensorsFile } from '../../src/interop/safetensors/safetensors.js';
import { gradientsOf } from '../../src/nn/gradients.js';

const path = fileURLToPath(new URL('../golden/diffusion/networks.safetensors', import.meta.url));
let golden: SafetensorsFile;

beforeAll(async () => {
  await selectEngine({ engine: 'onnxruntime', device: 'cpu', threads: 1 });
  golden = await openSafetensors(path);
});
afterAll(() => golden.close());

const classes = ['a', 'b'];
const configs: Record<string, DenoiserConfig> = {
  dit: { backbone: 'dit', latentShape: [4, 6, 3], classes, width: 16, depth: 2, heads: 2, patch: 2 },
  'dit-without-classes': {
    backbone: 'dit',
    latentShape: [2, 2, 3],
    classes: [],
    width: 8,
    depth: 1,
    heads: 1,
    patch: 1,
  },
  unet: { backbone: 'unet', latentShape: [4, 8, 3], classes, channels: [6, 8], blocks: 1, normGroups: 2 },
  mlp: { backbone: 'mlp', latentShape: [1, 1, 10], classes, width: 8, depth: 2 },
};

async function goldenDenoiser(name: string) {
  const read = new Map<string, Float32Array>();
  const prefix = `${name}/parameter/`;
  for (const key of golden.entries.keys()) {
    if (key.startsWith(prefix)) read.set(key.slice(prefix.length), await golden.readFloat32(key));
  }
  const given = new Set<string>();
  const weights = (parameter: string) => {
    const { shape } = golden.entries.get(prefix + parameter) ?? { shape: [] };
    given.add(parameter);
    return tf.tensor(fromTorchLayout(read.get(parameter)!, shape), fromTorchShape(shape));
  };
  const denoiser = createDenoiser(configs[name]!, { weights });
  expect([...given].sort()).toEqual([...read.keys()].sort());
  return denoiser;
}

function largestDifference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length);
  return Math.max(
    ...Array.from(got, (value, index) => Math.abs(value - wanted[index]!) / (1 + Math.abs(wanted[index]!))),
  );
}

describe.each(Object.keys(configs))('%s', (name) => {
  test('predicts what PyTorch predicts, and has its gradients', async () => {
    const denoiser = await goldenDenoiser(name);
    const shape = [3, ...configs[name]!.latentShape] as [number, number, number, number];
    const read = (key: string) => golden.readFloat32(`${name}/${key}`);
    const [x, target] = [tf.tensor4d(await read('x'), shape), tf.tensor4d(await read('target'), shape)];
    const t = tf.tensor1d(await read('t'));
    const y = tf.tensor1d(Int32Array.from(await golden.readSlice(`${name}/y`, 0, 3), Number), 'int32');
    const prediction = tf.tidy(() => denoiser.predict(x, t, y));
    expect(largestDifference(await prediction.data(), await read('prediction'))).toBeLessThan(1e-4);
    const { value, gradients } = gradientsOf(
      () => tf.mean(tf.squaredDifference(denoiser.predict(x, t, y), target)),
      denoiser.parameters,
    );
    expect((await value.data())[0]).toBeCloseTo((await read('loss'))[0]!, 4);
    for (const [parameter, gradient] of gradients) {
      const wanted = await read(`gradient/${parameter}`);
      const got = toTorchLayout((await gradient.data()) as Float32Array, gradient.shape);
      expect(largestDifference(got, wanted), parameter).toBeLessThan(1e-3);
    }
    expect(gradients.size).toBe(denoiser.parameters.size);
  });
});

test.each([
  ['a grid that halves once', [6, 10, 4]],
  ['an odd grid', [7, 5, 4]],
  ['a vector', [1, 1, 64]],
] as const)('every preset takes %s and starts by predicting zero', async (_, shape) => {
  for (const preset of denoiserPresetNames.filter((name) => name !== 'dit-small')) {
    const { predict } = createDenoiser(denoiserConfigOf(preset, [...shape], classes), { seed: 0 });
    const prediction = tf.tidy(() =>
      predict(tf.ones([2, ...shape]), tf.tensor1d([0, 1]), tf.tensor1d([0, 2], 'int32')),
    );
    expect(prediction.shape).toEqual([2, ...shape]);
    expect(Math.max(...(await prediction.data()).map(Math.abs)), preset).toBe(0);
  }
});
