/** Names, places and halves under which the same weights come. */
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import { type CausalVideoConfig, modelConfigSchema, type SpatialModelConfig } from '../../../src/config/config.js';
import { exportDiffusers } from '../../../src/interop/models/export-model.js';
import { openImportedModel } from '../../../src/interop/models/open-model.js';
import { loadWeights } from '../../../src/interop/models/weight-initializer.js';
import { openTensorFile } from '../../../src/interop/open-tensor-file.js';
import { type TensorToWrite, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { useCpu } from '../../engine/compare.js';
import { toWanName } from './wan-names.js';

const golden = (path: string) => fileURLToPath(new URL(`../../golden/${path}`, import.meta.url));
const checkpoint = golden('families/vqgan/last.ckpt');
const directory = golden('families/kl-encoder-attention');
const weightsName = 'diffusion_pytorch_model';

let folder: string;
beforeAll(async () => {
  await useCpu();
  folder = await mkdtemp(join(tmpdir(), 'openings-'));
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

/** The tensors of a file, for a copy of it under other names. */
async function tensorsOf(path: string): Promise<TensorToWrite[]> {
  await using file = await openTensorFile(path);
  const tensors: TensorToWrite[] = [];
  for (const entry of file.entries.values()) tensors.push({ ...entry, data: await file.readBytes(entry.name) });
  return tensors;
}

const renamed = (tensors: readonly TensorToWrite[], rename: (name: string) => string) =>
  tensors.map((tensor) => ({ ...tensor, name: rename(tensor.name) }));

describe('the prefix of an autoencoder', () => {
  let tensors: TensorToWrite[];
  beforeAll(async () => {
    tensors = (await tensorsOf(checkpoint)).filter(({ name }) => !name.startsWith('loss.'));
  });
  const save = async (name: string, content: TensorToWrite[]) => {
    const path = join(folder, `${name}.safetensors`);
    await writeSafetensors(path, content);
    return path;
  };

  test.each(['module.', '_orig_mod.', 'autoencoder.', 'model.first_stage_model.', 'vae.', 'a.b.c.'])(
    'may be %s',
    async (prefix) => {
      const unet = {
        name: 'model.diffusion_model.conv_in.weight',
        dtype: 'F32' as const,
        shape: [1],
        data: new Float32Array(1),
      };
      const path = await save('prefixed', [...renamed(tensors, (name) => prefix + name), unet]);
      const { model, warnings } = await open(path);
      expect(model.config).toMatchObject({ posterior: 'quantized', codes: 16, latentChannels: 3, zChannels: 2 });
      expect(warnings).toEqual([
        expect.stringContaining('scaling factor'),
        expect.stringContaining('1 tensor of other parts'),
      ]);
    },
  );

  test('is that of the moving average where there are two, and both are named', async () => {
    const zeros = tensors.map((tensor) => ({ ...tensor, data: new Uint8Array((tensor.data as Uint8Array).length) }));
    const path = await save('two', [
      ...renamed(zeros, (name) => `model.${name}`),
      ...renamed(tensors, (name) => `ema_model.${name}`),
    ]);
    const { model, warnings } = await open(path);
    expect(warnings[0]).toMatch(
      /holds 2 autoencoders: took ema_model\.\*, the moving average, and left model\.\* alone\.$/,
    );
    expect((tf.max(model.parameters.get('encoder.conv_in.weight') as tf.Variable).dataSync()[0] as number) > 0).toBe(
      true,
    );
  });
});

describe('other names and containers', () => {
  const save = async (name: string, content: TensorToWrite[]) => {
    const path = join(folder, `${name}.safetensors`);
    await writeSafetensors(path, content);
    return path;
  };
  const sameWeights = async (path: string, wantedPath: string) => {
    const [{ model, warnings, origin }, { model: wanted }] = [await open(path), await open(wantedPath)];
    expect([...model.parameters.keys()].sort()).toEqual([...wanted.parameters.keys()].sort());
    for (const [name, variable] of wanted.parameters) {
      expect(model.parameters.get(name)?.dataSync(), name).toEqual(variable.dataSync());
    }
    return { model, wanted, warnings, origin };
  };

  it('of an encoder saved by itself are known, and what may be missing is said', async () => {
    const own = (await tensorsOf(checkpoint)).filter(({ name }) => name.startsWith('encoder.'));
    const path = await save(
      'bare',
      renamed(own, (name) => name.slice('encoder.'.length)),
    );
    const { model, warnings } = await open(path);
    expect(model.config).toMatchObject({ half: 'encoder', blockOutChannels: [32, 32] });
    expect(warnings[0]).toMatch(/layers of an encoder by itself: where its model has a quant_conv, that is missing/);
  });

  it('may be those that diffusers gave attention before, with dense layers where convolutions are', async () => {
    const formerly = { to_q: 'query', to_k: 'key', to_v: 'value', 'to_out.0': 'proj_attn' };
    const modern = (await tensorsOf(checkpoint)).filter(({ name }) => !name.startsWith('loss.'));
    const old = modern.map((tensor) => {
      const inside = tensor.name.replace(/\.mid\.attn_1\.(q|k|v|proj_out)\./, (_, part: string) => {
        const now = part === 'proj_out' ? 'to_out.0' : `to_${part}`;
        return `.mid_block.attentions.0.${formerly[now as keyof typeof formerly]}.`;
      });
      const isDense = /^(post_)?quant_conv\.weight$/.test(tensor.name);
      return { ...tensor, name: inside, shape: isDense ? tensor.shape.slice(0, 2) : tensor.shape };
    });
    await sameWeights(await save('old', old), checkpoint);
  });

  test.each(['kl-wan', 'kl-wan-residual', 'kl-qwen-image'])("may be those of Wan's own project: %s", async (family) => {
    const theirs = golden(`families/${family}`);
    const tensors = await tensorsOf(join(theirs, `${weightsName}.safetensors`));
    const path = await save(family, renamed(tensors, toWanName(family === 'kl-wan-residual')));
    const { model, wanted, origin } = await sameWeights(path, theirs);
    expect(origin).toBe('Wan');
    const network = ({ config }: typeof model) => {
      const { inChannels, imageSize: _, ...rest } = config as CausalVideoConfig;
      const told = { passedOn: null, maker: null, latentsMean: null, latentsStd: null, scalingFactor: null };
      return { inChannels, ...rest, ...told };
    };
    expect(network(model)).toEqual(network(wanted));
  });

  it("may be those of FLUX.2's own project, whose statistics are read", async () => {
    const vae = modelConfigSchema.parse({
      latent: 'spatial',
      blockOutChannels: [32, 32],
      latentChannels: 8,
      latentPatch: { size: 2, epsilon: 1e-4, momentum: 0.1 },
      latentsMean: [1, 2, 3, 4, 5, 6, 7, 8],
      latentsStd: [1, 1, 1, 1, 2, 2, 2, 2],
    }) as SpatialModelConfig;
    const model = createAutoencoder(vae, { seed: 0 });
    const wanted = join(folder, 'flux2-directory');
    await exportDiffusers(model, wanted);
    const tensors = await tensorsOf(join(wanted, `${weightsName}.safetensors`));
    const path = await save(
      'flux2-own',
      renamed(tensors, (name) => name.replace(/^quant_conv/, 'encoder.quant_conv').replace(/^post_/, 'decoder.post_')),
    );
    const { model: read, warnings } = await sameWeights(path, wanted);
    expect(read.config).toMatchObject({ latentChannels: 8, latentPatch: { size: 2 }, latentsMean: vae.latentsMean });
    expect(warnings).toEqual([]);
  });

  it('of levels that LDM would not normalise are refused, and what tells more is named', async () => {
    const tensors = await tensorsOf(join(golden('families/kl-flux2'), `${weightsName}.safetensors`));
    const path = await save(
      'flux2',
      renamed(tensors, (name) => name.replace(/^quant_conv/, 'encoder.quant_conv').replace(/^post_/, 'decoder.post_')),
    );
    // Its layers are narrower than LDM's 32 groups, which no file without config.json tells.
    await expect(open(path)).rejects.toThrow(
      /has a level of 8 channels, wanted multiples of the 32 .* norm_num_groups/,
    );
  });
});

describe('the weights of a diffusers directory', () => {
  const variant = async (name: string, change: (copy: string) => Promise<void>) => {
    const copy = join(folder, name);
    await cp(directory, copy, { recursive: true });
    await change(copy);
    return copy;
  };
  const to = (name: string) => (copy: string) => rename(join(copy, `${weightsName}.safetensors`), join(copy, name));

  test.each(['bf16.safetensors', 'non_ema.safetensors', 'fp16.bin'])('may be the only variant %s', async (ending) => {
    const { warnings } = await open(await variant(`only-${ending}`, to(`${weightsName}.${ending}`)));
    expect(warnings).toEqual([]);
  });

  it('are chosen in order where there are several variants', async () => {
    const copy = await variant('several', to(`${weightsName}.non_ema.safetensors`));
    await cp(join(directory, `${weightsName}.safetensors`), join(copy, `${weightsName}.fp16.safetensors`));
    expect((await open(copy)).warnings).toEqual([expect.stringMatching(/variants fp16, non_ema: took fp16\.$/)]);
  });

  test.each([
    `${weightsName}.bin.index.json`,
    `${weightsName}.bin.index.fp16.json`,
    `${weightsName}.bin.fp16.index.json`,
  ])('may be shards listed in %s', async (index) => {
    const copy = await variant(index, to('a.bin'));
    const names = (await tensorsOf(join(copy, 'a.bin'))).map(({ name }) => [name, 'a.bin']);
    await writeFile(join(copy, index), JSON.stringify({ weight_map: Object.fromEntries(names) }));
    expect((await open(copy)).warnings).toEqual([]);
  });

  it('are listed where none has a name that diffusers knows', async () => {
    const copy = await variant('other', to('ae.safetensors'));
    await expect(open(copy)).rejects.toThrow(
      /holds no weights of diffusers: it has ae\.safetensors, io\.safetensors; wanted/,
    );
  });

  it('may be of a class that is not known, which is said', async () => {
    const copy = await variant('consistency', async () => undefined);
    const config = JSON.parse(await readFile(join(copy, 'config.json'), 'utf8'));
    await writeFile(join(copy, 'config.json'), JSON.stringify({ ...config, _class_name: 'ConsistencyDecoderVAE' }));
    await expect(open(copy)).rejects.toThrow('its decoder is a diffusion model, which does not run here');
  });

  it('keep what the config says beyond the network', async () => {
    const copy = await variant('passed', async () => undefined);
    const config = JSON.parse(await readFile(join(copy, 'config.json'), 'utf8'));
    await writeFile(
      join(copy, 'config.json'),
      JSON.stringify({ ...config, force_upcast: false, sample_size: [16, 24] }),
    );
    const { model } = await open(copy);
    expect(model.config).toMatchObject({ imageSize: 24, passedOn: { forceUpcast: false, sampleSize: [16, 24] } });
  });
});

describe('one half alone', () => {
  const half = async (name: string, path: string, keep: RegExp, rename = (key: string) => key) => {
    const tensors = (await tensorsOf(path)).filter((tensor) => keep.test(tensor.name));
    const file = join(folder, `${name}.safetensors`);
    await writeSafetensors(file, renamed(tensors, rename));
    return file;
  };
  const images = () => tf.zeros([1, 8, 8, 3]) as tf.Tensor4D;

  it('of an encoder encodes and says so', async () => {
    const { model } = await open(await half('encoder', checkpoint, /^(encoder|quant_conv|quantize)\./));
    expect(model.config).toMatchObject({ half: 'encoder', latentChannels: 3, posterior: 'quantized' });
    const { mean } = model.encode(images());
    expect(mean.shape).toEqual([1, 4, 4, 3]);
    expect(() => model.decode(mean)).toThrow('This model is an encoder alone: it can encode and not decode.');
  });

  it('of a decoder decodes and says so', async () => {
    const { model } = await open(
      await half('decoder', checkpoint, /^(decoder|post_quant_conv)\./, (key) => `vae.${key}`),
    );
    expect(model.config).toMatchObject({ half: 'decoder', latentChannels: 3, blockOutChannels: [32, 32] });
    expect(model.decode(tf.zeros([1, 4, 4, 3])).shape).toEqual([1, 8, 8, 3]);
    expect(() => model.encode(images())).toThrow('This model is a decoder alone: it can decode and not encode.');
  });

  it('may stand in a directory of diffusers', async () => {
    const copy = join(folder, 'half-directory');
    await mkdir(copy);
    await cp(join(directory, 'config.json'), join(copy, 'config.json'));
    const file = await half('half', join(directory, `${weightsName}.safetensors`), /^(encoder|quant_conv)\./);
    await rename(file, join(copy, `${weightsName}.safetensors`));
    expect((await open(copy)).model.config).toMatchObject({ half: 'encoder' });
  });
});

describe('a TAESD in one file', () => {
  const files = [golden('taesd/small_encoder.pth'), golden('taesd/small_decoder.pth')] as const;
  test.each([
    ['ComfyUI', 'taesd_encoder.', 'taesd_decoder.'],
    ['TAESD', 'encoder.', 'decoder.'],
    ['a checkpoint', 'vae.taesd_encoder.', 'vae.taesd_decoder.'],
  ])('may have the names of %s', async (_, encoder, decoder) => {
    const [first, second] = [await tensorsOf(files[0]), await tensorsOf(files[1])];
    const path = join(folder, 'taesd.safetensors');
    await writeSafetensors(path, [
      ...renamed(first, (name) => encoder + name),
      ...renamed(second, (name) => decoder + name),
    ]);
    const [{ model, origin }, { model: wanted }] = [await open(path), await open(files[0])];
    expect(origin).toBe('TAESD');
    expect(model.config).toEqual(wanted.config);
    for (const [name, variable] of wanted.parameters) {
      expect(model.parameters.get(name)?.dataSync(), name).toEqual(variable.dataSync());
    }
  });
});
