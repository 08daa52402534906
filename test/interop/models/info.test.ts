import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Autoencoder, createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import {
  modelConfigSchema,
  resolveRunConfig,
  type SpatialModelConfig,
  trainOptionsSchema,
} from '../../../src/config/config.js';
import { writeDiffusersAutoencoder } from '../../../src/interop/models/formats/diffusers/diffusers.js';
import { describeModelFile } from '../../../src/interop/models/info.js';
import { openSafetensors, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { useCpu } from '../../engine/compare.js';
import { expectRefusedOrRead } from '../damage.js';

const golden = (name: string) => fileURLToPath(new URL(`../../golden/${name}`, import.meta.url));

const config = modelConfigSchema.parse({
  latent: 'spatial',
  blockOutChannels: [8, 8],
  latentChannels: 2,
  normNumGroups: 4,
  scalingFactor: 0.5,
}) as SpatialModelConfig;

let folder: string;
let model: Autoencoder;
let directory: string;
beforeAll(async () => {
  await useCpu();
  folder = await mkdtemp(join(tmpdir(), 'info-'));
  model = createAutoencoder(config, { seed: 0 });
  directory = join(folder, 'vae');
  await writeDiffusersAutoencoder(directory, config, parameters());
});
afterAll(() => rm(folder, { recursive: true }));

const parameters = () =>
  [...model.parameters].map(([name, variable]) => ({
    name,
    shape: variable.shape,
    data: variable.dataSync<'float32'>(),
  }));
const size = () => parameters().reduce((sum, { data }) => sum + data.length, 0);

it('tells architecture, parameters, factor, channels, scaling and sha256', async () => {
  const described = await describeModelFile(directory);
  expect(described).toEqual({
    path: directory,
    origin: 'diffusers AutoencoderKL',
    loadedBy: 'diffusers.AutoencoderKL.from_pretrained',
    licence: {},
    half: null,
    encodeCommand: `latent-vae encode photos/ --model ${directory} --out latents/`,
    config,
    factor: 2,
    latentChannels: 2,
    parameters: size(),
    scaling: { factor: 0.5, shift: 0 },
    weights: { tensors: model.parameters.size, sizeBytes: 4 * size(), dtypes: ['F32'] },
    files: [
      { path: join(directory, 'diffusion_pytorch_model.safetensors'), sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    ],
    problems: [],
  });
});

it('tells of a TAESD and of its two files', async () => {
  const described = await describeModelFile(golden('taesd/small_encoder.pth'));
  expect(described).toMatchObject({ origin: 'TAESD', factor: 2, latentChannels: 5, problems: [] });
  expect(described.files.map(({ path }) => path)).toEqual([
    golden('taesd/small_encoder.pth'),
    golden('taesd/small_decoder.pth'),
  ]);
});

it('tells of a run folder', async () => {
  const run = join(folder, 'run');
  await mkdir(run);
  const resolved = resolveRunConfig('photos', trainOptionsSchema.parse({ steps: 1 }));
  await writeFile(join(run, 'config.json'), JSON.stringify(resolved));
  await expect(describeModelFile(run)).rejects.toThrow(/model\.safetensors/);
  await writeSafetensors(join(run, 'model.safetensors'), []);
  const described = await describeModelFile(run);
  expect(described).toMatchObject({ origin: 'latent-vae run', factor: 8, latentChannels: 4, config: resolved.model });
  expect(described.problems).toEqual([expect.stringMatching(/^\d+ weights are missing: encoder\.conv_in\.weight, /)]);
});

it('names what is missing or odd', async () => {
  const odd = join(folder, 'odd');
  const broken = parameters().flatMap((parameter) => {
    if (parameter.name === 'encoder.conv_in.bias') return [{ ...parameter, data: new Float32Array(8).fill(NaN) }];
    if (parameter.name === 'quant_conv.bias') return [{ ...parameter, shape: [2], data: new Float32Array(2) }];
    return parameter.name.includes('norm1') ? [] : [parameter];
  });
  const extra = { name: 'extra', shape: [1], data: new Float32Array(1) };
  await writeDiffusersAutoencoder(odd, config, [...broken, extra]);
  expect((await describeModelFile(odd)).problems).toEqual([
    expect.stringMatching(/^20 weights are missing: encoder\.down_blocks\.0\.resnets\.0\.norm1\.weight, .*, …\.$/),
    '1 weight is without a place in the network: extra.',
    '1 weight is of another shape than the config says: quant_conv.bias.',
    '1 weight is not finite: encoder.conv_in.bias.',
  ]);
});

it('tells the licence that the weights carry', async () => {
  const licensed = join(folder, 'licensed');
  await cp(directory, licensed, { recursive: true });
  const weights = join(licensed, 'diffusion_pytorch_model.safetensors');
  await using file = await openSafetensors(join(directory, 'diffusion_pytorch_model.safetensors'));
  const tensors = [...file.entries.values()].map((entry) => ({ ...entry, data: () => file.readBytes(entry.name) }));
  await writeSafetensors(weights, tensors, { format: 'pt', 'modelspec.license': 'MIT', 'modelspec.author': 'A' });
  const wanted = { 'modelspec.license': 'MIT', 'modelspec.author': 'A' };
  expect((await describeModelFile(licensed)).licence).toEqual(wanted);
});

it('refuses what is no model in one sentence', async () => {
  await expect(describeModelFile(join(folder, 'none'))).rejects.toThrow(/Cannot open .*none/);
  await expect(describeModelFile(folder)).resolves.toMatchObject({ origin: 'diffusers AutoencoderKL' });
  await mkdir(join(folder, 'empty'));
  await expect(describeModelFile(join(folder, 'empty'))).rejects.toThrow('holds no config.json');
  await expect(describeModelFile(golden('torch/state-dict.pth'))).rejects.toThrow(
    /holds 15 tensors, such as f32, but no autoencoder/,
  );
});

it('is never more than refused: 300 damaged configs and 300 damaged weights', async () => {
  const damaged = join(folder, 'damaged');
  for (const name of ['config.json', 'diffusion_pytorch_model.safetensors']) {
    await cp(directory, damaged, { recursive: true });
    const refused = await expectRefusedOrRead(join(directory, name), join(damaged, name), 300, async () => {
      await describeModelFile(damaged);
    });
    expect(refused).toBeGreaterThan(50);
  }
});
