/** Stores of models whose latents are codes: the numbers of the codes stand beside the vectors. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Autoencoder, createAutoencoder } from '../../src/autoencoder/autoencoder.js';
import { encodeOptionsSchema } from '../../src/config/config.js';
import { findImages } from '../../src/data/images.js';
import { openImportedModel } from '../../src/interop/models/open-model.js';
import { loadWeights } from '../../src/interop/models/weight-initializer.js';
import { openSafetensors } from '../../src/interop/safetensors/safetensors.js';
import { latentEncoder } from '../../src/latents/codec.js';
import { convertLatents } from '../../src/latents/convert/convert.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import { encodeFolder } from '../../src/latents/writing/encode.js';
import { openGolden, useDefaultEngine } from '../golden.js';

const path = fileURLToPath(new URL('../golden/families/vq', import.meta.url));
const fingerprint = { name: 'vq', sha256: '0'.repeat(64) };
const cpu = { engine: 'onnxruntime', device: 'cpu', threads: 1 } as const;

let folder: string;
let store: string;
let images: string;
let model: Autoencoder;
let codebook: Float32Array; // [Z, K]
beforeAll(async () => {
  await useDefaultEngine();
  folder = await mkdtemp(join(tmpdir(), 'codes-'));
  images = join(folder, 'images');
  await mkdir(images);
  for (let index = 0; index < 5; index++) {
    const noise = { type: 'gaussian', mean: 40 * index, sigma: 50 } as const;
    const create = { width: 40, height: 32, channels: 3, background: 'black', noise } as const;
    await sharp({ create })
      .png()
      .toFile(join(images, `${index}.png`));
  }
  const { config, weights } = await openImportedModel(path);
  await using opened = weights;
  const loaded = await loadWeights(path, opened);
  model = createAutoencoder(config, { weights: loaded.initializer });
  codebook = (await model.codebook?.data<'float32'>()) as Float32Array;
  store = join(folder, 'store');
  await encode(false);
});
afterAll(() => rm(folder, { recursive: true }));

async function encode(prune: boolean) {
  const { part: _, ...options } = encodeOptionsSchema.parse({ size: 32, batch: 2, mirrored: true, dtype: 'float16' });
  const encoder = latentEncoder(model, fingerprint, cpu);
  await encodeFolder({ ...options, size: 32, files: await findImages(images), out: store, encoder, prune });
}

const [channels, codes] = [3, 16];
const vector = (code: number) => Array.from({ length: channels }, (_, z) => codebook[z * codes + code] as number);

it.each(['onnxruntime', 'cpu'] as const)('finds the codes that PyTorch found, with %s', async (engine) => {
  const golden = await openGolden('families/vq/io.safetensors');
  const images = golden.images('x');
  const [batch, height, width] = images.shape;
  const encoder = latentEncoder(model, fingerprint, { ...cpu, engine });
  const { codes: found } = await encoder.encodeBatch((await images.data()) as Float32Array, batch, height, width);
  expect([...(found ?? [])]).toEqual([...golden.values('codes')]);
});

it('stores the number of the vector at every position, also of mirrored images and in half precision', async () => {
  await using opened = await openLatents(store);
  expect(opened.manifest.latent).toMatchObject({ codes, mirrored: true });
  expect(opened.manifest.formatVersion).toBe(2);
  const seen = new Set<number>();
  for (let index = 0; index < opened.length; index++) {
    const { mean, codes: numbers = new Int32Array(), shape } = await opened.get(index);
    expect(numbers).toHaveLength(shape[0] * shape[1]);
    numbers.forEach((code, position) => {
      seen.add(code);
      vector(code).forEach((value, channel) => {
        expect(mean[position * channels + channel]).toBeCloseTo(value, 1);
      });
    });
  }
  expect(seen.size).toBeGreaterThan(2);
  await using shard = await openSafetensors(join(store, 'latents-00000.safetensors'));
  expect(shard.entries.get('codes_mirrored')).toMatchObject({ dtype: 'I32', shape: [5, 16, 16] });
  expect(await shard.readBytes('codes_mirrored')).not.toEqual(await shard.readBytes('codes'));
  expect(await verifyLatents(store)).toEqual([]);
});

it('gives the codes to other programs as int32', async () => {
  const out = join(folder, 'npy');
  await convertLatents(store, { format: 'npy', values: 'codes', scaled: false, seed: 0, out });
  const file = await readFile(join(out, 'features', '3.npy'));
  expect(file.subarray(0, 128).toString('latin1')).toContain(
    "'descr': '<i4', 'fortran_order': False, 'shape': (1, 1, 16, 16)",
  );
  await using opened = await openLatents(store);
  const { codes: numbers } = await opened.get(3);
  expect(new Int32Array(new Uint8Array(file.subarray(128)).buffer)).toEqual(numbers);
});

it('keeps the codes of images that stay while others go', async () => {
  const codesOf = async (index: number) => {
    await using opened = await openLatents(store);
    return (await opened.get(index)).codes;
  };
  const wanted = await codesOf(3);
  await rm(join(images, '1.png'));
  await encode(true);
  expect(await codesOf(2)).toEqual(wanted);
  expect(await verifyLatents(store)).toEqual([]);
});
