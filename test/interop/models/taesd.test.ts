import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTinyAutoencoder, type TinyAutoencoder } from '../../../src/autoencoder/tiny-autoencoder.js';
import { UserError } from '../../../src/errors.js';
import { writeFileAtomic } from '../../../src/files.js';
import { readTinyAutoencoder } from '../../../src/interop/models/formats/taesd.js';
import { loadWeights } from '../../../src/interop/models/weight-initializer.js';
import { openTensorFile } from '../../../src/interop/open-tensor-file.js';
import { type TensorToWrite, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { useCpu } from '../../engine/compare.js';
import { expectClose, expectNumber, openGolden } from '../../golden.js';

/** A network of TAEF2's kind with 8 channels and random weights, saved by PyTorch 2.13 as TAESD's files are. */
const half = (name: 'encoder' | 'decoder') =>
  fileURLToPath(new URL(`../../golden/taesd/small_${name}.pth`, import.meta.url));

let folder: string;
beforeAll(async () => {
  await useCpu();
  folder = await mkdtemp(join(tmpdir(), 'taesd-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function open(path: string): Promise<{ model: TinyAutoencoder; warnings: readonly string[] }> {
  const { config, weights, warnings } = await readTinyAutoencoder(path);
  await using open = weights;
  const loaded = await loadWeights(path, open);
  const model = createTinyAutoencoder(config, { weights: loaded.initializer });
  loaded.assertAllUsed();
  return { model, warnings };
}

describe('the two files of a TAESD', () => {
  it('give the values and gradients that PyTorch computed', async () => {
    const golden = await openGolden('taesd/io.safetensors');
    const { model } = await open(half('decoder'));
    expect(model.config).toEqual({
      latent: 'tiny',
      inChannels: 3,
      imageSize: 256,
      channels: 8,
      latentChannels: 5,
      encoderBlocks: [1, 2],
      decoderBlocks: [2, 1],
      midBlockNorm: true,
    });
    expect(model.lastLayer.shape).toEqual([3, 3, 8, 3]);
    const x = tf.variable(golden.images('x')); // [2, 16, 16, 3]
    const target = golden.images('x');
    const names = golden.names.filter((name) => name.startsWith('grad.')).map((name) => name.slice(5));
    expect(names).toHaveLength(4);
    const variables = names.map((name) => model.parameters.get(name) as tf.Variable);
    const { value, grads } = tf.variableGrads(() => {
      const { mean, logvar } = model.encode(x as tf.Tensor as tf.Tensor4D);
      expect(logvar.dataSync().every((element) => element === -30)).toBe(true);
      const reconstruction = model.decode(tf.mul(mean, 4));
      expectClose(mean, golden.images('latent'), 1e-4);
      expectClose(reconstruction, golden.images('reconstruction'), 1e-4);
      return tf.losses.meanSquaredError(target, reconstruction) as tf.Scalar;
    }, [x, ...variables]);
    expectNumber(value, golden.scalar('loss'), 1e-4);
    expectClose(grads[x.name] as tf.Tensor, golden.images('grad_x'), 1e-3);
    for (const [index, name] of names.entries()) {
      expectClose(grads[(variables[index] as tf.Variable).name] as tf.Tensor, golden.weight(`grad.${name}`), 1e-3);
    }
  });

  it('belong together', async () => {
    const alone = join(folder, 'alone_encoder.pth');
    await copyFile(half('encoder'), alone);
    const { model, warnings } = await open(alone);
    expect(warnings).toEqual([
      expect.stringMatching(/is the encoder of a TAESD alone; its decoder would lie beside it as/),
    ]);
    expect(model.config).toMatchObject({ half: 'encoder', latentChannels: 5, encoderBlocks: [1, 2] });
    await copyFile(half('encoder'), join(folder, 'alone_decoder.pth'));
    await expect(open(alone)).rejects.toThrow('is not the decoder that belongs to');
    await expect(open(fileURLToPath(new URL('../../golden/torch/state-dict.pth', import.meta.url)))).rejects.toThrow(
      'holds no TAESD',
    );
  });
});

describe('a diffusers AutoencoderTiny', () => {
  const config = { _class_name: 'AutoencoderTiny', _diffusers_version: '0.30.0', latent_channels: 5, act_fn: 'relu' };

  const write = async (settings: object, change = (tensors: TensorToWrite[]) => tensors) => {
    const tensors: TensorToWrite[] = [];
    for (const name of ['encoder', 'decoder'] as const) {
      await using file = await openTensorFile(half(name));
      for (const entry of file.entries.values()) {
        const [layer, ...rest] = entry.name.split('.');
        const number = Number(layer) - (name === 'decoder' ? 1 : 0);
        const data = await file.readBytes(entry.name);
        tensors.push({ ...entry, name: [name, 'layers', number, ...rest].join('.'), data });
      }
    }
    await writeFileAtomic(join(folder, 'config.json'), JSON.stringify(settings));
    await writeSafetensors(join(folder, 'diffusion_pytorch_model.safetensors'), change(tensors));
  };

  it('is the same network, in its directory or in one file', async () => {
    await write({ ...config, tiles: 3 });
    const { model: wanted } = await open(half('encoder'));
    const { model, warnings } = await open(folder);
    expect(model.config).toEqual(wanted.config);
    expect(warnings).toEqual([`${join(folder, 'config.json')}: the key tiles is unknown here and has no effect.`]);
    const { model: single } = await open(join(folder, 'diffusion_pytorch_model.safetensors'));
    for (const [name, variable] of wanted.parameters) {
      expect(model.parameters.get(name)?.dataSync(), name).toEqual(variable.dataSync());
      expect(single.parameters.get(name)?.dataSync(), name).toEqual(variable.dataSync());
    }
  });

  it('of another kind is refused', async () => {
    await write({ ...config, act_fn: 'silu' });
    await expect(open(folder)).rejects.toThrow(/act_fn: got "silu"/);
    await write({ ...config, _class_name: 'AutoencoderDC' });
    await expect(open(folder)).rejects.toThrow(/_class_name: got "AutoencoderDC"/);
    await write(config, (tensors) => tensors.filter(({ name }) => !name.startsWith('encoder.layers.2.')));
    await expect(open(folder)).rejects.toThrow('unknown kind');
    await write(config, (tensors) =>
      tensors.map((tensor) => ({
        ...tensor,
        name: tensor.name.replace('layers.4.conv.0', 'layers.999999999999.conv.0'),
      })),
    );
    await expect(open(folder)).rejects.toThrow(UserError);
  });
});
