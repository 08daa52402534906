/** Damaged models of every kind that opens are refused in one sentence, or read; they crash nothing. */
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createAutoencoder } from '../../../src/autoencoder/autoencoder.js';
import { modelConfigSchema } from '../../../src/config/config.js';
import { exportDiffusers } from '../../../src/interop/models/export-model.js';
import { describeModelFile } from '../../../src/interop/models/info.js';
import { openImportedModel } from '../../../src/interop/models/open-model.js';
import { openTensorFile } from '../../../src/interop/open-tensor-file.js';
import { type TensorToWrite, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { useCpu } from '../../engine/compare.js';
import { expectRefusedOrRead } from '../damage.js';
import { toWanName } from './wan-names.js';

const golden = (path: string) => fileURLToPath(new URL(`../../golden/${path}`, import.meta.url));
const weights = 'diffusion_pytorch_model.safetensors';

let folder: string;
beforeAll(async () => {
  await useCpu();
  folder = await mkdtemp(join(tmpdir(), 'damaged-models-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** As many damaged copies of each of these files of a model, one file at a time, as make 300 together. */
async function expectSurvived(model: string, files: readonly string[], opened: string): Promise<number> {
  let refused = 0;
  for (const file of files) {
    const path = join(model, file);
    const sound = join(folder, 'sound');
    await cp(path, sound);
    let reads = 0;
    refused += await expectRefusedOrRead(sound, path, 300 / files.length, async () => {
      if (reads++ % 10 === 0) await describeModelFile(opened);
      const { weights: all } = await openImportedModel(opened);
      await using owned = all;
      for (const [name, shape] of owned.shapes) await owned.parameter(name, shape);
    });
    await cp(sound, path);
  }
  expect((await describeModelFile(opened)).path).toBe(opened);
  return refused;
}

it.each([
  'dc-convolutions',
  'dc-shuffles',
  'kl-asymmetric',
  'kl-encoder-attention',
  'kl-flux2',
  'kl-qwen-image',
  'kl-wan-residual',
  'vq',
])('300 directories of %s', async (name) => {
  const model = join(folder, name);
  await cp(golden(`families/${name}`), model, { recursive: true });
  expect(await expectSurvived(model, [weights, 'config.json'], model)).toBeGreaterThan(100);
});

it.each(['vqgan', 'gumbel'])('300 checkpoints of %s', async (name) => {
  const model = join(folder, name);
  await cp(golden(`families/${name}`), model, { recursive: true });
  expect(await expectSurvived(model, ['last.ckpt'], join(model, 'last.ckpt'))).toBeGreaterThan(100);
});

it("300 files of Wan's own", async () => {
  const path = await renamedFile('wan', golden(`families/kl-wan/${weights}`), toWanName(false));
  expect(await expectSurvived(join(folder, 'wan'), ['own.safetensors'], path)).toBeGreaterThan(100);
});

it("300 files of FLUX.2's own project", async () => {
  const model = createAutoencoder(
    modelConfigSchema.parse({
      latent: 'spatial',
      blockOutChannels: [32, 32],
      layersPerBlock: 1,
      latentChannels: 8,
      latentPatch: { size: 2, epsilon: 1e-4, momentum: 0.1 },
      latentsMean: Array(8).fill(1),
      latentsStd: Array(8).fill(2),
    }),
    { seed: 0 },
  );
  const directory = join(folder, 'flux2-directory');
  await exportDiffusers(model, directory);
  const path = await renamedFile('flux2-own', join(directory, weights), (name) =>
    name.replace(/^quant_conv/, 'encoder.quant_conv').replace(/^post_/, 'decoder.post_'),
  );
  expect(await expectSurvived(join(folder, 'flux2-own'), ['own.safetensors'], path)).toBeGreaterThan(100);
});

it.each(['encoder', 'decoder'])('300 files of an %s saved by itself', async (half) => {
  const path = await renamedFile(half, golden('families/vqgan/last.ckpt'), (name) =>
    name.startsWith(`${half}.`) ? name.slice(half.length + 1) : undefined,
  );
  expect(await expectSurvived(join(folder, half), ['own.safetensors'], path)).toBeGreaterThan(100);
});

it('300 tiny autoencoders, in two files', async () => {
  const model = join(folder, 'tiny');
  await mkdir(model);
  const halves = ['taesd_encoder.safetensors', 'taesd_decoder.safetensors'];
  for (const [index, half] of halves.entries()) {
    await writeSafetensors(join(model, half), tinyHalf(index === 0));
  }
  expect(await expectSurvived(model, halves, join(model, halves[0] as string))).toBeGreaterThan(100);
});

it('300 directories of shards with an index', async () => {
  const model = join(folder, 'shards');
  await mkdir(model);
  const source = golden('families/kl-flux2');
  await cp(join(source, 'config.json'), join(model, 'config.json'));
  const names = [1, 2].map((number) => weights.replace('.safetensors', `-0000${number}-of-00002.safetensors`));
  const shards: TensorToWrite[][] = [[], []];
  await using file = await openTensorFile(join(source, weights));
  const weightMap: Record<string, string> = {};
  for (const [index, entry] of [...file.entries.values()].entries()) {
    (shards[index % 2] as TensorToWrite[]).push({ ...entry, data: await file.readBytes(entry.name) });
    weightMap[entry.name] = names[index % 2] as string;
  }
  for (const [index, name] of names.entries())
    await writeSafetensors(join(model, name), shards[index] as TensorToWrite[]);
  const index = `${weights}.index.json`;
  await writeFile(join(model, index), JSON.stringify({ metadata: {}, weight_map: weightMap }));
  expect(JSON.parse(await readFile(join(model, index), 'utf8')).weight_map).toEqual(weightMap);
  expect(await expectSurvived(model, [index, names[1] as string], model)).toBeGreaterThan(100);
});

/** The tensors of `source` by other names, those without one left out, as `own.safetensors` of a folder: its path. */
async function renamedFile(name: string, source: string, rename: (name: string) => string | undefined) {
  await mkdir(join(folder, name));
  await using file = await openTensorFile(source);
  const tensors: TensorToWrite[] = [];
  for (const entry of file.entries.values()) {
    const renamed = rename(entry.name);
    if (renamed !== undefined) tensors.push({ ...entry, name: renamed, data: await file.readBytes(entry.name) });
  }
  const path = join(folder, name, 'own.safetensors');
  await writeSafetensors(path, tensors);
  return path;
}

/** A half of a TAESD of four channels and one block a level, by the names of its own project. */
function tinyHalf(isEncoder: boolean): TensorToWrite[] {
  const tensors: TensorToWrite[] = [];
  const add = (name: string, shape: number[]) => {
    const size = shape.reduce((product, side) => product * side, 1);
    tensors.push({ name, dtype: 'F32', shape, data: new Float32Array(size).fill(0.1) });
  };
  const conv = (name: string, inputs: number, outputs: number, hasBias = true) => {
    add(`${name}.weight`, [outputs, inputs, 3, 3]);
    if (hasBias) add(`${name}.bias`, [outputs]);
  };
  const block = (layer: number) => {
    for (const index of [0, 2, 4]) conv(`${layer}.conv.${index}`, 4, 4);
  };
  if (isEncoder) {
    conv('0', 3, 4);
    block(1);
    conv('2', 4, 4, false);
    block(3);
    conv('4', 4, 2);
    return tensors;
  }
  conv('1', 2, 4);
  block(3);
  conv('5', 4, 4, false);
  block(6);
  conv('7', 4, 3);
  return tensors;
}
