import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Autoencoder, createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import { sampleLatent } from '../../../src/autoencoder/posterior.js';
import { modelConfigSchema, objectives, type SpatialModelConfig } from '../../../src/config/config.js';
import { UserError } from '../../../src/errors.js';
import { fromDiffusersConfig, toDiffusersConfig } from '../../../src/interop/models/formats/diffusers/config.js';
import {
  readDiffusersAutoencoder,
  writeDiffusersAutoencoder,
} from '../../../src/interop/models/formats/diffusers/diffusers.js';
import { openImportedModel } from '../../../src/interop/models/open-model.js';
import { loadWeights } from '../../../src/interop/models/weight-initializer.js';
import { openSafetensors, type TensorToWrite, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { createObjective, objectiveValue } from '../../../src/losses/objective.js';
import { expectClose, expectNumber, openGolden, useDefaultEngine } from '../../golden.js';

/** A directory that diffusers wrote; too large to keep here. */
const tiny = '../shared/golden/autoencoder-kl-tiny';
const hasTiny = existsSync(tiny);
if (!hasTiny) process.stdout.write(`Skipped what needs ${tiny}, which is not here.\n`);

const config = modelConfigSchema.parse({
  latent: 'spatial',
  blockOutChannels: [8, 16],
  latentChannels: 2,
  normNumGroups: 4,
  attentionLevels: [1],
  imageSize: 16,
  scalingFactor: 0.5,
  shiftFactor: 0.25,
  latentsMean: [0.5, -1],
  latentsStd: [2, 3],
}) as SpatialModelConfig;

let folder: string;
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'diffusers-'));
});
afterAll(() => rm(folder, { recursive: true }));

const parametersOf = (model: Autoencoder) =>
  [...model.parameters].map(([name, variable]) => ({
    name,
    shape: variable.shape,
    data: () => variable.data<'float32'>() as Promise<Float32Array>,
  }));

async function open(directory: string): Promise<{ model: Autoencoder; warnings: readonly string[] }> {
  const { config, weights, warnings } = await readDiffusersAutoencoder(directory);
  await using open = weights;
  const loaded = await loadWeights(directory, open);
  const model = createAutoencoder(config, { weights: loaded.initializer });
  loaded.assertAllUsed();
  return { model, warnings };
}

describe.skipIf(!hasTiny)('a directory that diffusers wrote', () => {
  it('gives the values and gradients that PyTorch computed', async () => {
    const golden = await openGolden('autoencoder-kl-tiny/io.safetensors');
    const { model, warnings } = await open(tiny);
    expect(warnings).toEqual([]);
    // PyTorch's loss is the mean squared error + 1e-3 · KL per image; ours divides the sum by the image's elements.
    const objective = createObjective({ ...objectives.mse, klWeight: 1e-3 * 32 * 32 * 3 });
    const loss = (x: tf.Tensor4D) => {
      const posterior = model.encode(x);
      const { mean, logvar } = posterior;
      const z = sampleLatent(posterior, golden.images('eps'));
      const reconstruction = model.decode(z);
      for (const [name, value] of Object.entries({ mean, logvar, z, reconstruction })) {
        expectClose(value, golden.images(name), 1e-4);
      }
      const input = { images: x, reconstructions: reconstruction, posterior, lastLayer: model.lastLayer, step: 1 };
      return objectiveValue(objective, input).total;
    };

    const x = tf.variable(golden.images('x')); // [2, 32, 32, 3]
    const names = golden.names.filter((name) => name.startsWith('grad.')).map((name) => name.slice(5));
    expect(names).toHaveLength(3);
    const variables = names.map((name) => model.parameters.get(name) as tf.Variable);
    const { value, grads } = tf.variableGrads(() => loss(x), [x, ...variables]);
    expectNumber(value, golden.scalar('loss'), 1e-4);
    expectClose(grads[x.name] as tf.Tensor, golden.images('grad_x'), 1e-3);
    for (const [index, name] of names.entries()) {
      const wanted = golden.weight(`grad.${name}`);
      const oriented = wanted.rank === 2 ? tf.transpose(wanted) : wanted;
      expectClose(grads[(variables[index] as tf.Variable).name] as tf.Tensor, oriented, 1e-3);
    }
  });

  it('is written again byte by byte', async () => {
    const { model } = await open(tiny);
    const copy = join(folder, 'copy');
    await writeDiffusersAutoencoder(copy, model.config as SpatialModelConfig, parametersOf(model));
    const weights = 'diffusion_pytorch_model.safetensors';
    expect((await readFile(join(copy, weights))).equals(await readFile(join(tiny, weights)))).toBe(true);
    const json = async (directory: string) => JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
    expect({ ...(await json(copy)), _diffusers_version: '0.40.0.dev0' }).toEqual(await json(tiny));
  });
});

describe('a directory that we wrote', () => {
  let model: Autoencoder;
  let original: string;
  beforeAll(async () => {
    model = createAutoencoder(config, { seed: 1 });
    original = join(folder, 'original');
    await writeDiffusersAutoencoder(original, config, parametersOf(model));
  });

  const expectSame = async (directory: string, tolerance = 0) => {
    const { model: read, warnings } = await open(directory);
    expect(warnings).toEqual([]);
    expect(read.config).toEqual(config);
    expect([...read.parameters.keys()]).toEqual([...model.parameters.keys()]);
    for (const [name, variable] of model.parameters) {
      const values = (read.parameters.get(name) as tf.Variable).dataSync();
      const wanted = variable.dataSync();
      const isClose = (value: number, index: number) =>
        Math.abs(value - (values[index] as number)) <= tolerance * Math.abs(value) + (tolerance && 2 ** -25);
      const isSame = values.length === wanted.length && wanted.every(isClose);
      expect(isSame, name).toBe(true);
    }
  };

  /** A copy of the directory whose weights `change` wrote anew. */
  const variant = async (name: string, change: (tensors: TensorToWrite[], directory: string) => Promise<void>) => {
    const directory = join(folder, name);
    await cp(original, directory, { recursive: true });
    await using file = await openSafetensors(join(original, 'diffusion_pytorch_model.safetensors'));
    const tensors = [...file.entries.values()].map((entry) => ({ ...entry, data: () => file.readBytes(entry.name) }));
    await rm(join(directory, 'diffusion_pytorch_model.safetensors'));
    await change(tensors, directory);
    return directory;
  };

  it('is read with the same config and weights', () => expectSame(original));

  it('may be half as large', async () => {
    const half = join(folder, 'half');
    await writeDiffusersAutoencoder(half, config, parametersOf(model), 'F16');
    expect(existsSync(join(half, 'diffusion_pytorch_model.fp16.safetensors'))).toBe(true);
    await expectSame(half, 2 ** -11);
  });

  it('may come in shards', async () => {
    const shards = await variant('shards', async (tensors, directory) => {
      const files = ['a.safetensors', 'b.safetensors'] as const;
      const shardOf = (index: number) => files[index % 2 === 0 ? 0 : 1];
      for (const file of files) {
        await writeSafetensors(
          join(directory, file),
          tensors.filter((_, index) => shardOf(index) === file),
        );
      }
      const map = Object.fromEntries(tensors.map(({ name }, index) => [name, shardOf(index)]));
      const index = JSON.stringify({ metadata: { total_size: 1 }, weight_map: map });
      await writeFile(join(directory, 'diffusion_pytorch_model.safetensors.index.json'), index);
    });
    await expectSame(shards);
    const index = join(shards, 'diffusion_pytorch_model.safetensors.index.json');
    const json = await readFile(index, 'utf8');
    await writeFile(index, json.replaceAll('b.safetensors', '../original/diffusion_pytorch_model.safetensors'));
    await expect(open(shards)).rejects.toThrow('wanted a file beside it');
    await writeFile(index, json.replace('{"decoder', '{"other.weight":"a.safetensors","decoder'));
    await expect(open(shards)).rejects.toThrow('lists other.weight, which no shard holds');
  });

  it('may name attention as diffusers did before, in 1×1 convolutions', async () => {
    const names = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };
    const former = await variant('former', async (tensors, directory) => {
      const renamed = tensors.map((tensor) => {
        const name = Object.entries(names).reduce(
          (old, [now, then]) => old.replace(`.${now}.`, `.${then}.`),
          tensor.name,
        );
        const isProjection = name !== tensor.name && name.endsWith('weight');
        return { ...tensor, name, shape: isProjection ? [...tensor.shape, 1, 1] : tensor.shape };
      });
      expect(renamed.filter(({ name }) => name.includes('proj_attn'))).not.toHaveLength(0);
      await writeSafetensors(join(directory, 'diffusion_pytorch_model.safetensors'), renamed);
    });
    await expectSame(former);
  });

  it('may stand in a pipeline', async () => {
    await cp(original, join(folder, 'pipeline', 'vae'), { recursive: true });
    const { origin, weights } = await openImportedModel(join(folder, 'pipeline'));
    await weights.close();
    expect(origin).toBe('diffusers AutoencoderKL');
  });

  it('must be whole', async () => {
    const save = (directory: string, tensors: TensorToWrite[]) =>
      writeSafetensors(join(directory, 'diffusion_pytorch_model.safetensors'), tensors);
    const less = await variant('less', (tensors, directory) =>
      save(
        directory,
        tensors.filter(({ name }) => name !== 'quant_conv.bias'),
      ),
    );
    await expect(open(less)).rejects.toThrow('has no weight quant_conv.bias');
    const more = await variant('more', (tensors, directory) =>
      save(directory, [...tensors, { ...(tensors[0] as TensorToWrite), name: 'extra.weight' }]),
    );
    await expect(open(more)).rejects.toThrow('has 1 weights that its config has no place for, such as extra.weight');
    const other = await variant('other', (tensors, directory) => {
      const flat = (shape: readonly number[]) => [shape.reduce((a, b) => a * b, 1)];
      return save(
        directory,
        tensors.map((tensor) =>
          tensor.name === 'encoder.conv_in.weight' ? { ...tensor, shape: flat(tensor.shape) } : tensor,
        ),
      );
    });
    await expect(open(other)).rejects.toThrow(/encoder\.conv_in\.weight in .*: got shape 216, wanted 3×3×3×8/);
    const none = await variant('none', async () => undefined);
    await expect(open(none)).rejects.toThrow('holds no weights');
    await rename(join(none, 'config.json'), join(none, 'c.json'));
    await expect(open(none)).rejects.toThrow(UserError);
  });
});

describe('config.json', () => {
  const theirs = () => toDiffusersConfig(config);
  const read = (json: object) => fromDiffusersConfig(json, 'config.json');

  it('goes both ways', () => {
    expect(read(theirs())).toEqual({ config, warnings: [] });
    expect(theirs()).toMatchObject({
      down_block_types: ['DownEncoderBlock2D', 'AttnDownEncoderBlock2D'],
      up_block_types: ['AttnUpDecoderBlock2D', 'UpDecoderBlock2D'],
      latents_mean: [0.5, -1],
      shift_factor: 0.25,
    });
  });

  it('of FLUX and of Stable Diffusion 1 is read', () => {
    const levels = {
      down_block_types: Array(4).fill('DownEncoderBlock2D'),
      up_block_types: Array(4).fill('UpDecoderBlock2D'),
      block_out_channels: [128, 256, 512, 512],
      layers_per_block: 2,
      _class_name: 'AutoencoderKL',
    };
    const flux = { ...levels, latent_channels: 16, scaling_factor: 0.3611, shift_factor: 0.1159, sample_size: 1024 };
    expect(read({ ...flux, use_quant_conv: false, use_post_quant_conv: false }).config).toMatchObject({
      latentChannels: 16,
      scalingFactor: 0.3611,
      shiftFactor: 0.1159,
      useQuantConv: false,
      usePostQuantConv: false,
      imageSize: 1024,
    });
    const first = read({ ...levels, _diffusers_version: '0.2.2', sample_size: [256, 512] }).config;
    expect(first).toMatchObject({ scalingFactor: 0.18215, latentChannels: 4, imageSize: 512, useQuantConv: true });
  });

  it('names what it does not know', () => {
    expect(read({ ...theirs(), tile_size: 3, toString: 1, _name_or_path: 'x' }).warnings).toEqual([
      'config.json: the key tile_size is unknown here and has no effect.',
      'config.json: the key toString is unknown here and has no effect.',
    ]);
  });

  it.each([
    [{ _class_name: 'AutoencoderDC' }, /_class_name: got /],
    [{ act_fn: 'relu' }, /act_fn: got "relu"/],
    [{ out_channels: 1 }, /3 in_channels and 1 out_channels/],
    [{ block_out_channels: [8] }, /2 down and 2 up blocks for 1/],
    [{ latents_std: [0, 1] }, /latents_std/],
    [{ sample_size: 'large' }, /sample_size: got "large"/],
  ])('%j is refused', (change, reason) => {
    expect(() => read({ ...theirs(), ...change })).toThrow(UserError);
    expect(() => read({ ...theirs(), ...change })).toThrow(reason);
  });
});
