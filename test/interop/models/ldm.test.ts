import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import { modelConfigSchema, type SpatialModelConfig } from '../../../src/config/config.js';
import { toTorchLayout, toTorchShape } from '../../../src/interop/layouts.js';
import { readLdmAutoencoder } from '../../../src/interop/models/formats/ldm.js';
import { loadWeights } from '../../../src/interop/models/weight-initializer.js';
import { type TensorToWrite, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { useCpu } from '../../engine/compare.js';

let folder: string;
beforeAll(async () => {
  await useCpu();
  folder = await mkdtemp(join(tmpdir(), 'ldm-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Three levels: names as github.com/CompVis/latent-diffusion's model.py gives them, beside those of diffusers. */
const names: readonly (readonly [string, string])[] = [
  ['encoder.conv_in.weight', 'encoder.conv_in.weight'],
  ['encoder.down.1.block.0.norm1.bias', 'encoder.down_blocks.1.resnets.0.norm1.bias'],
  ['encoder.down.1.block.0.nin_shortcut.weight', 'encoder.down_blocks.1.resnets.0.conv_shortcut.weight'],
  ['encoder.down.0.downsample.conv.weight', 'encoder.down_blocks.0.downsamplers.0.conv.weight'],
  ['encoder.down.2.attn.1.proj_out.bias', 'encoder.down_blocks.2.attentions.1.to_out.0.bias'],
  ['encoder.mid.block_1.conv2.weight', 'encoder.mid_block.resnets.0.conv2.weight'],
  ['encoder.mid.attn_1.q.weight', 'encoder.mid_block.attentions.0.to_q.weight'],
  ['encoder.norm_out.weight', 'encoder.conv_norm_out.weight'],
  ['decoder.mid.attn_1.norm.weight', 'decoder.mid_block.attentions.0.group_norm.weight'],
  ['decoder.mid.block_2.norm2.weight', 'decoder.mid_block.resnets.1.norm2.weight'],
  ['decoder.up.2.upsample.conv.bias', 'decoder.up_blocks.0.upsamplers.0.conv.bias'],
  ['decoder.up.2.attn.2.k.weight', 'decoder.up_blocks.0.attentions.2.to_k.weight'],
  ['decoder.up.0.block.2.conv1.weight', 'decoder.up_blocks.2.resnets.2.conv1.weight'],
  ['decoder.norm_out.bias', 'decoder.conv_norm_out.bias'],
  ['post_quant_conv.bias', 'post_quant_conv.bias'],
];

/** The way back, so that any network can be written as LDM would. */
function ldmName(name: string, levels: number): string {
  return name
    .replace(/up_blocks\.(\d+)/, (_, index: string) => `up.${levels - 1 - Number(index)}`)
    .replace('down_blocks', 'down')
    .replace('mid_block.resnets.0', 'mid.block_1')
    .replace('mid_block.resnets.1', 'mid.block_2')
    .replace('mid_block.attentions.0', 'mid.attn_1')
    .replace('resnets', 'block')
    .replace(/(down|up)samplers\.0/, '$1sample')
    .replace('group_norm', 'norm')
    .replace(/to_(q|k|v)/, '$1')
    .replace('to_out.0', 'proj_out')
    .replace('attentions', 'attn')
    .replace('conv_shortcut', 'nin_shortcut')
    .replace('conv_norm_out', 'norm_out');
}

const config = modelConfigSchema.parse({
  latent: 'spatial',
  imageSize: 256,
  blockOutChannels: [32, 64, 64],
  layersPerBlock: 2,
  latentChannels: 3,
  attentionLevels: [2],
}) as SpatialModelConfig;

/** Writes a network of that config as LDM does; attention's projections are convolutions there. */
async function writeLdm(path: string, config: SpatialModelConfig, prefix = '', others: TensorToWrite[] = []) {
  const model = createAutoencoder(config, { seed: 2 });
  const tensors = [...model.parameters].map(([name, variable]): TensorToWrite => {
    const shape = toTorchShape(variable.shape);
    return {
      name: prefix + ldmName(name, config.blockOutChannels.length),
      dtype: 'F32',
      shape: shape.length === 2 ? [...shape, 1, 1] : shape,
      data: async () => toTorchLayout((await variable.data<'float32'>()) as Float32Array, variable.shape),
    };
  });
  await writeSafetensors(path, [...tensors, ...others]);
  return model;
}

const scalar = (name: string, value: number): TensorToWrite => ({
  name,
  dtype: 'F32',
  shape: [],
  data: Float32Array.of(value),
});

describe('an autoencoder in a checkpoint of LDM', () => {
  it('has the names that this test writes', () => {
    expect(names.map(([, ours]) => ldmName(ours, 3))).toEqual(names.map(([theirs]) => theirs));
    const { parameters } = createAutoencoder(config, { seed: 0 });
    expect(names.filter(([, ours]) => !parameters.has(ours))).toEqual([]);
  });

  it('is read with its config and weights', async () => {
    const path = join(folder, 'model.safetensors');
    const others = [scalar('scale_factor', 0.5), scalar('model.diffusion_model.a', 1), scalar('cond_stage_model.b', 1)];
    const model = await writeLdm(path, config, 'first_stage_model.', others);
    const imported = await readLdmAutoencoder(path);
    await using weights = imported.weights;
    expect(imported.config).toEqual({ ...config, scalingFactor: 0.5 });
    expect(imported.warnings).toEqual([`${path}: left out 2 tensors of other parts (cond_stage_model, model).`]);
    const loaded = await loadWeights(path, weights);
    const read = createAutoencoder(imported.config, { weights: loaded.initializer });
    loaded.assertAllUsed();
    for (const [name, variable] of model.parameters) {
      const [got, wanted] = [read.parameters.get(name)?.dataSync(), variable.dataSync()];
      expect(got?.length).toBe(wanted.length);
      expect(
        wanted.findIndex((value, index) => value !== got?.[index]),
        name,
      ).toBe(-1);
    }
  });

  it('may lack the quantising convolutions and attention, as FLUX does in part', async () => {
    const path = join(folder, 'ae.safetensors');
    const flux = { ...config, useQuantConv: false, usePostQuantConv: false, midBlockAttention: false };
    await writeLdm(path, { ...flux, attentionLevels: [] });
    const imported = await readLdmAutoencoder(path);
    await imported.weights.close();
    expect(imported.config).toEqual({ ...flux, attentionLevels: [] });
    expect(imported.warnings).toEqual([`${path} does not tell its scaling factor: measure it or give it.`]);
  });

  it('is refused when its parts do not fit, or there is none', async () => {
    const path = join(folder, 'odd.safetensors');
    const conv = (name: string, shape: number[]): TensorToWrite => ({
      name,
      dtype: 'U8',
      shape,
      data: new Uint8Array(shape.reduce((a, b) => a * b)),
    });
    await writeSafetensors(path, [conv('encoder.conv_in.weight', [32, 3, 3, 3])]);
    await expect(readLdmAutoencoder(path)).rejects.toThrow('has no convolution encoder.down_blocks.0.resnets.0.conv1');
    await writeSafetensors(path, [
      conv('encoder.conv_in.weight', [32, 3, 3, 3]),
      conv('encoder.down_blocks.0.resnets.0.conv1.weight', [32, 32, 3, 3]),
      conv('decoder.up_blocks.0.resnets.0.conv1.weight', [32, 32, 3, 3]),
      conv('decoder.conv_out.weight', [3, 32, 3, 3]),
      conv('encoder.conv_out.weight', [5, 32, 3, 3]),
      conv('decoder.conv_in.weight', [32, 4, 3, 3]),
    ]);
    await expect(readLdmAutoencoder(path)).rejects.toThrow('no autoencoder with a Gaussian posterior');
    await writeSafetensors(path, [conv('unet.weight', [2])]);
    await expect(readLdmAutoencoder(path)).rejects.toThrow('holds no autoencoder');
  });
});
