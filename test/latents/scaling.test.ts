/** A scale for each channel is applied by everybody who applies one. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { findPython } from '../../bench/python.js';
import { createAutoencoder } from '../../src/autoencoder/autoencoder.js';
import { latentScaling, type ModelConfig, modelConfigSchema, withScaling } from '../../src/config/config.js';
import { selectEngine } from '../../src/engine/select.js';
import { exportDiffusers, exportTokenizer } from '../../src/interop/models/export-model.js';
import { encoderToOnnx } from '../../src/interop/onnx/autoencoder.js';
import { onnxNetworkOf } from '../../src/interop/onnx/network.js';
import { convertLatents } from '../../src/latents/convert/convert.js';
import { readManifest } from '../../src/latents/format/manifest.js';
import { describeLatents, descriptionText } from '../../src/latents/reading/describe.js';
import { type LatentStore, openLatents } from '../../src/latents/reading/store.js';
import { drawPrior } from '../../src/web/latent/draw.js';
import { readTokenizerFacts } from '../../src/web/tokenizer/facts.js';
import { encodeTestFolder, fakeEncoder, temporaryFolder, writePictures } from './fixture.js';

const scaling = { shift: [0.5, -1, 0, 2], factor: [4, 0.25, 1, 2] };
const model = modelConfigSchema.parse({
  latent: 'spatial',
  imageSize: 16,
  blockOutChannels: [8, 8],
  normNumGroups: 4,
  midBlockAttention: false,
  latentChannels: 4,
  scalingFactor: 2,
  latentsMean: scaling.shift,
  latentsStd: [0.5, 8, 2, 1],
});

let folder: string;
let store: LatentStore;

beforeAll(async () => {
  folder = await temporaryFolder();
  await writePictures(join(folder, 'pictures'), 6);
  await encodeTestFolder(join(folder, 'pictures'), join(folder, 'latents'), { encoder: fakeEncoder({ scaling }) });
  store = await openLatents(join(folder, 'latents'));
  return () => store.close();
});

/** Of image `index`, [h, w, Z]. */
async function scaled(index: number): Promise<number[]> {
  const { mean } = await store.get(index);
  return [...mean].map((value, at) => (value - scaling.shift[at % 4]!) * scaling.factor[at % 4]!);
}

const channelsFirst = (latent: readonly number[]) =>
  Array.from({ length: 16 }, (_, at) => latent[(at % 4) * 4 + Math.floor(at / 4)]!);

test("diffusers' means and deviations become a shift and a factor for each channel, and back", () => {
  expect(latentScaling(model)).toEqual(scaling);
  expect(latentScaling(withScaling(model, scaling))).toEqual(scaling);
  expect(latentScaling(withScaling(model, { shift: 1, factor: 3 }))).toEqual({ shift: 1, factor: 3 });
});

test('lists of another length than the latent has channels are refused', () => {
  for (const change of [{ latentsMean: [1, 2] }, { latentsStd: null }]) {
    expect(modelConfigSchema.safeParse({ ...model, ...change }).success).toBe(false);
  }
});

test('the manifest holds them, and the readers apply them', async () => {
  expect((await readManifest(join(folder, 'latents'))).scaling).toEqual({ source: 'model', ...scaling });
  const options = { batch: 6, seed: 0, epoch: 0, shuffle: false, sample: 'mean', scaled: true } as const;
  const { value } = await store.batches(options).next();
  for (let index = 0; index < 6; index++) {
    expect([...value!.latents.subarray(index * 16, (index + 1) * 16)]).toEqual((await scaled(index)).map(Math.fround));
  }
});

test("README's reader applies them", async ({ skip }) => {
  const python = await findPython(['torch', 'safetensors']);
  if (python === null) skip('no Python with torch and safetensors: set LATENT_VAE_PYTHON');
  const page = await readFile(fileURLToPath(new URL('../../README.md', import.meta.url)), 'utf8');
  const [, reader] = /```python\n([\s\S]*?)```/.exec(page) ?? [];
  const program = `${reader}
torch.randn = torch.zeros
latents = Latents(${JSON.stringify(join(folder, 'latents'))})
print(json.dumps([latents[i][0].flatten().tolist() for i in range(len(latents))]))
`;
  const { stdout } = await promisify(execFile)(python as string, ['-c', program]);
  for (const [index, values] of (JSON.parse(stdout) as number[][]).entries()) {
    const wanted = channelsFirst(await scaled(index));
    values.forEach((value, at) => {
      expect(value).toBeCloseTo(wanted[at]!, 5);
    });
  }
});

test('converted latents are scaled by channel', async () => {
  const out = join(folder, 'npy');
  await convertLatents(join(folder, 'latents'), { format: 'npy', out, values: 'mean', scaled: true, seed: 0 });
  const file = await readFile(join(out, 'latents', '0.npy')).catch(() => readFile(join(out, 'features', '0.npy')));
  const values = new Float32Array(new Uint8Array(file.subarray(10 + file.readUInt16LE(8))).buffer);
  expect([...values]).toEqual(channelsFirst(await scaled(0)).map(Math.fround));
});

test('a person is told', async () => {
  const text = descriptionText(await describeLatents(join(folder, 'latents')));
  expect(text).toContain(
    'scaled latent = (latent - [0.5000, -1.000, 0.000, 2.000]) · [4.000, 0.2500, 1.000, 2.000] by channel, constants of the model',
  );
});

test('exports hold them', async () => {
  await selectEngine({ engine: 'cpu', device: 'cpu', threads: 0 });
  const autoencoder = createAutoencoder(model, { seed: 0 });
  const facts = readTokenizerFacts(encoderToOnnx(await onnxNetworkOf(autoencoder)), 'encoder.onnx');
  expect(facts.scaling).toEqual(scaling);
  const plain = { channels: 4, height: 2, width: 2 };
  const draws = drawPrior(plain, { scaling: null }, 1);
  const placed = drawPrior(plain, facts, 1);
  placed.forEach((value, at) => {
    const channel = Math.floor(at / 4);
    expect((value - scaling.shift[channel]!) * scaling.factor[channel]!).toBeCloseTo(draws[at]!, 5);
  });
  const json = async (path: string) => JSON.parse(await readFile(join(folder, path, 'config.json'), 'utf8'));
  await exportDiffusers(autoencoder, join(folder, 'diffusers'));
  expect(await json('diffusers')).toMatchObject({ scaling_factor: 2, latents_mean: scaling.shift });
  await exportDiffusers(autoencoder, join(folder, 'rescaled'), 'float32', { shift: 0.25, factor: 1.5 });
  expect(await json('rescaled')).toMatchObject({ scaling_factor: 1.5, shift_factor: 0.25, latents_mean: null });
  await exportTokenizer(autoencoder, join(folder, 'tokenizer'), { name: 'test', scaling });
  const { model: written } = (await json('tokenizer')) as { model: ModelConfig };
  expect(latentScaling(written)).toEqual(scaling);
});
