import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Autoencoder, createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import { sampleLatent } from '../../../src/autoencoder/posterior.js';
import { exportDiffusers, exportTokenizer } from '../../../src/interop/models/export-model.js';
import { openImportedModel } from '../../../src/interop/models/open-model.js';
import { loadWeights } from '../../../src/interop/models/weight-initializer.js';
import { openSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { sessionArithmetic, tensorArithmetic } from '../../../src/latents/model-arithmetic.js';
import { expectClose, expectNumber, type Golden, openGolden, useDefaultEngine } from '../../golden.js';
import { pixelUnshuffleOf } from './patches.js';

/** What test/golden/families/make.py wrote: directories of diffusers, and what PyTorch computes with them. */
const directoryOf = (name: string) => fileURLToPath(new URL(`../../golden/families/${name}`, import.meta.url));

const families = [
  { name: 'kl-encoder-attention', origin: 'diffusers AutoencoderKL', factor: 2 },
  { name: 'kl-flux2', origin: 'diffusers AutoencoderKLFlux2', factor: 4, patch: 2 },
  { name: 'kl-asymmetric', origin: 'diffusers AsymmetricAutoencoderKL', factor: 2 },
  { name: 'vq', origin: 'diffusers VQModel', factor: 2 },
  { name: 'dc-convolutions', origin: 'diffusers AutoencoderDC', factor: 4 },
  { name: 'dc-shuffles', origin: 'diffusers AutoencoderDC', factor: 4 },
  { name: 'kl-wan', origin: 'diffusers AutoencoderKLWan', factor: 2 },
  { name: 'kl-wan-residual', origin: 'diffusers AutoencoderKLWan', factor: 8 },
  { name: 'kl-qwen-image', origin: 'diffusers AutoencoderKLQwenImage', factor: 4 },
  { name: 'vqgan/last.ckpt', origin: 'LDM', factor: 2 },
  { name: 'gumbel/last.ckpt', origin: 'LDM', factor: 2 },
];

let folder: string;
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'families-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function open(path: string) {
  const { config, origin, weights, warnings } = await openImportedModel(path);
  await using opened = weights;
  const loaded = await loadWeights(path, opened);
  const model = createAutoencoder(config, { weights: loaded.initializer });
  loaded.assertAllUsed();
  return { model, origin, warnings };
}

/** The loss that make.py takes the gradients of. */
function lossOf(model: Autoencoder, x: tf.Tensor4D, golden: Golden, patch: number): tf.Scalar {
  const posterior = model.encode(x);
  const { mean, logvar } = posterior;
  expectClose(mean, pixelUnshuffleOf(golden.images('mean'), patch), 2e-6);
  const mse = (z: tf.Tensor4D) => {
    const reconstruction = model.decode(z);
    expectClose(reconstruction, golden.images('reconstruction'), 5e-6);
    return tf.mean(tf.squaredDifference(reconstruction, x)) as tf.Scalar;
  };
  if (posterior.quantization !== undefined) return mse(mean);
  const square = (value: tf.Tensor) => tf.mul(tf.mean(tf.square(value)), 0.1);
  if (posterior.isDeterministic) return tf.add(mse(mean), square(mean));
  expectClose(logvar, pixelUnshuffleOf(golden.images('logvar'), patch), 5e-6);
  const z = sampleLatent(posterior, pixelUnshuffleOf(golden.images('eps'), patch));
  return tf.add(mse(z), tf.add(square(mean), square(logvar)));
}

describe.each(families)('$name', ({ name, origin, patch = 1 }) => {
  const path = directoryOf(name);
  const openIo = () => openGolden(`families/${name.split('/')[0]}/io.safetensors`);

  it('gives the values and gradients that PyTorch computed', async () => {
    const golden = await openIo();
    const { model, origin: found } = await open(path);
    expect(found).toBe(origin);
    const x = tf.variable(golden.images('x'));
    const names = golden.names.filter((key) => key.startsWith('grad.')).map((key) => key.slice(5));
    const variables = names.map((key) => model.parameters.get(key) as tf.Variable);
    const { value, grads } = tf.variableGrads(
      () => lossOf(model, x as tf.Tensor as tf.Tensor4D, golden, patch),
      [x, ...variables],
    );
    expectNumber(value, golden.scalar('loss'), 5e-6);
    expectClose(grads[x.name] as tf.Tensor, golden.images('grad_x'), 5e-5);
    for (const [index, key] of names.entries()) {
      const wanted = golden.weight(`grad.${key}`);
      const oriented = wanted.rank === 2 ? tf.transpose(wanted) : wanted;
      const variable = variables[index] as tf.Variable;
      expectClose(tf.reshape(grads[variable.name] as tf.Tensor, oriented.shape), oriented, 5e-5);
    }
  });

  it('computes the same in a session of its own', async () => {
    const golden = await openIo();
    const { model } = await open(path);
    const images = golden.images('x');
    const pixels = (await images.data()) as Float32Array;
    const [session, tensors] = [sessionArithmetic(model, 1), tensorArithmetic(model)];
    const shape = images.shape;
    const [own, wanted] = [await session.encode(pixels, shape), await tensors.encode(pixels, shape)];
    const same = (a: Float32Array, b: Float32Array) => expectClose(tf.tensor1d(a), tf.tensor1d(b), 5e-6);
    same(own.mean, wanted.mean);
    const latentShape = model.encode(images).mean.shape;
    same(await session.decode(wanted.mean, latentShape), await tensors.decode(wanted.mean, latentShape));
  });

  it('is exported as it was read', async () => {
    const { model } = await open(path);
    const out = join(folder, name.replaceAll('/', '-'));
    await exportTokenizer(model, `${out}-tokenizer`, { name: 'own' }, 'float32');
    const { model: own } = await open(`${out}-tokenizer`);
    expect(own.config).toEqual(model.config);
    for (const [key, variable] of model.parameters) {
      expect(own.parameters.get(key)?.dataSync(), key).toEqual(variable.dataSync());
    }
    if (name.startsWith('gumbel')) {
      await expect(exportDiffusers(model, out)).rejects.toThrow(/no class for codes that a projection chooses/);
      return;
    }
    await exportDiffusers(model, out);
    const { model: again, warnings } = await open(out);
    expect({ ...again.config, scalingFactor: null }).toEqual({ ...model.config, scalingFactor: null });
    expect(warnings.filter((warning) => !/unmasked|for videos/.test(warning))).toEqual([]);
    if (origin === 'LDM') return;
    const json = async (directory: string) => JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
    const [theirs, ours] = [await json(path), await json(out)];
    expect(ours).toEqual({ ...theirs, _diffusers_version: ours._diffusers_version });
    const weights = 'diffusion_pytorch_model.safetensors';
    await using before = await openSafetensors(join(path, weights));
    await using after = await openSafetensors(join(out, weights));
    expect([...after.entries.keys()].sort()).toEqual([...before.entries.keys()].sort());
    for (const key of before.entries.keys()) {
      expect(after.entries.get(key)?.shape, key).toEqual(before.entries.get(key)?.shape);
      expect(await after.readBytes(key), key).toEqual(await before.readBytes(key));
    }
  });
});
