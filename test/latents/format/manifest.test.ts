/** What a manifest may say, and what a damaged or forged one is told. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../../../src/digest.js';
import { type Manifest, manifestPath, readManifest, writeManifest } from '../../../src/latents/format/manifest.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'manifest-'));
});
afterAll(() => rm(folder, { recursive: true }));

const sha256 = 'a'.repeat(64);
const file = (name: string) => ({ file: name, sizeBytes: 0, sha256 });
const shard = (stem: string, images = 1) => ({
  images,
  latents: file(`${stem}.safetensors`),
  index: file(`${stem}.json`),
});
const statistics = { values: 1, mean: [0, 0], std: [1, 1], posteriorStd: [1, 1], min: [0, 0], max: [0, 0] };
const latent = {
  layout: 'NCHW' as const,
  shape: [2, 1, 1] as [number, number, number],
  dtype: 'float16' as const,
  mirrored: false,
};
/** Of the least that a manifest may count: one image of 1×1. */
const manifest: Manifest = {
  format: 'latent-vae/latents',
  formatVersion: 1,
  libraryVersion: '1.0.0',
  complete: true,
  encoder: { sha256, name: 'one' },
  preprocessing: { size: 8 },
  latent,
  scaling: { source: 'measured', shift: 0, factor: 0.5 },
  statistics,
  classes: [],
  images: 1,
  shardBytes: 1,
  shards: [shard('latents-00000')],
  skipped: { images: 0, sha256 },
};
const perPicture = { ...latent, shape: [2, null, null] as [number, null, null] };
const bucket = (...shape: [number, number, number]) => ({ width: 1, height: 1, shape });
const withBuckets = (shape?: [number, number, number]): Partial<Manifest> => ({
  latent: { ...perPicture, buckets: [bucket(2, 1, 2), bucket(2, 2, 1)] },
  shards: [{ ...shard('latents-00000'), ...(shape && { shape }) }],
});

const read = async (content: object | string) => {
  await writeFile(manifestPath(folder), typeof content === 'string' ? content : JSON.stringify(content));
  return readManifest(folder);
};

describe('a manifest', () => {
  const parts = { ...shard('part-00001-of-00002/latents-00000'), texts: file('latents-00000.texts.jsonl') };
  test.each<[string, Partial<Manifest>]>([
    ['of the least there is', {}],
    ['of nothing yet', { images: 0, shards: [], statistics: null, scaling: null, complete: false }],
    ['of version 2, with codes', { formatVersion: 2, latent: { ...latent, codes: 1 } }],
    ['of version 3, with buckets', { formatVersion: 3, ...withBuckets([2, 2, 1]) }],
    ['of pictures of their own sizes', { latent: perPicture }],
    ['of a part', { part: { number: 1, count: 1, of: 'tars' } }],
    ['of constants for each channel', { scaling: { source: 'model', shift: [0, 1], factor: [1, 2] } }],
    [
      'of one channel and one bucket',
      {
        formatVersion: 3,
        latent: { ...perPicture, shape: [1, null, null], buckets: [bucket(1, 1, 2)] },
        shards: [{ ...shard('latents-00000'), shape: [1, 1, 2] }],
        scaling: { source: 'model', shift: [0], factor: [1] },
        statistics: null,
      },
    ],
    ['of two shards', { images: 3, shards: [shard('latents-00000'), shard('latents-00001', 2)] }],
    [
      'merged of parts, whose shards count anew',
      {
        images: 4,
        shards: [
          parts,
          shard('part-00001-of-00002/latents-00001'),
          shard('part-00002-of-00002/latents-00000'),
          shard('part-00002-of-00002/latents-00001'),
        ],
      },
    ],
  ])('%s is read as it was written', async (_, changes) => {
    const wanted = { ...manifest, ...changes };
    expect(await writeManifest(folder, wanted)).toEqual(wanted);
    expect(await readManifest(folder)).toEqual(wanted);
  });

  test('is text of a field a line, in one order whoever wrote it, with the hash of what it says', async () => {
    const reversed = Object.fromEntries(Object.entries(manifest).reverse()) as Manifest;
    await writeManifest(folder, reversed);
    const text = await readFile(manifestPath(folder), 'utf8');
    const sealed = { ...manifest, sha256: sha256Of(JSON.stringify(manifest)) };
    expect(text).toBe(`${JSON.stringify(sealed, null, 1)}\n`);
    await expect(read(text.replace('"one"', '"two"'))).rejects.toThrow('its own sha256 does not fit');
    await expect(read(text.slice(1))).rejects.toThrow('it is damaged, restore or make it again');
  });

  const shardWith = (changes: object) => ({ shards: [{ ...manifest.shards[0], ...changes }] });
  test.each<[string, object]>([
    ['images: got -1', { images: -1 }],
    ['images: got 0.5', { images: 0.5 }],
    ['skipped.images: got -1', { skipped: { images: -1, sha256 } }],
    ['shardBytes: got 0', { shardBytes: 0 }],
    ['shardBytes: got 1.5', { shardBytes: 1.5 }],
    ['formatVersion: got 4', { formatVersion: 4 }],
    ['formatVersion: got 0', { formatVersion: 0 }],
    ['shards[0].images: got 0', shardWith({ images: 0 })],
    [
      'shards[0].latents.sizeBytes: got -1',
      shardWith({ latents: { ...file('latents-00000.safetensors'), sizeBytes: -1 } }),
    ],
    ['wanted latents-00000.safetensors', shardWith({ latents: file('latents-0000.safetensors') })],
    ['wanted latents-00000.safetensors', shardWith({ latents: file('../latents-00000.safetensors') })],
    ['wanted latents-00000.safetensors', shardWith({ latents: file('part-1-of-2/latents-00000.safetensors') })],
    ['wanted latents-00000.json', shardWith({ index: file('latents-00000.json.old') })],
    ['wanted latents-00000.texts.jsonl', shardWith({ texts: file('latents-00000.json') })],
    ['latent.buckets: got', { latent: { ...perPicture, buckets: [] } }],
    ['latent.codes: got 0', { latent: { ...latent, codes: 0 } }],
    ['latent.shape', { latent: { ...latent, shape: [2, 1, null] } }],
    ['latent.shape', { latent: { ...latent, shape: [0, 1, 1] } }],
    ['scaling.factor', { scaling: { ...manifest.scaling, factor: 0 } }],
    ['scaling.factor', { scaling: { ...manifest.scaling, factor: [] } }],
    ['part.number: got 0', { part: { number: 0, count: 1, of: 'tars' } }],
    ['it has more, which nothing here knows', { more: 1 }],
    ['shards[0] has more, which nothing here knows', shardWith({ more: 1 })],
  ])('is refused: %s', async (sentence, changes) => {
    await expect(read({ ...manifest, ...changes, sha256 })).rejects.toThrow(sentence);
  });

  test.each<[string, Partial<Manifest>]>([
    ['says 2 images, but its shards hold 1', { images: 2 }],
    ['has the shape undefined, wanted that of a bucket', withBuckets()],
    ['has the shape 2×2×2, wanted that of a bucket', withBuckets([2, 2, 2])],
    ['has the shape 2×1×1, wanted that of a bucket', { shards: [{ ...shard('latents-00000'), shape: [2, 1, 1] }] }],
    ['wanted latents-00000.safetensors and .json', { shards: [shard('latents-00001')] }],
    [
      'wanted latents-00000.safetensors and .json',
      { shards: [{ ...shard('latents-00000'), index: file('latents-00001.json') }] },
    ],
    [
      'wanted latents-00000.safetensors and .json',
      { shards: [{ ...shard('latents-00000'), latents: file('latents-00001.safetensors') }] },
    ],
    [
      'wanted part-00001-of-00002/latents-00000.safetensors and .json',
      { shards: [shard('part-00001-of-00002/latents-00001')] },
    ],
    ['a scaling of 3 channels for 2', { scaling: { source: 'model', shift: 0, factor: [1, 2, 3] } }],
    ['statistics of 1 channels for 2', { statistics: { ...statistics, mean: [0] } }],
  ])('that does not fit itself is refused: %s', async (sentence, changes) => {
    await writeManifest(folder, { ...manifest, ...changes });
    await expect(readManifest(folder)).rejects.toThrow(sentence);
  });

  test('is looked for where it should be', async () => {
    const empty = join(folder, 'empty');
    await expect(readManifest(empty)).rejects.toThrow('(it does not exist)');
    await mkdir(empty);
    await expect(readManifest(empty)).rejects.toThrow('(it holds no manifest.json)');
    await mkdir(join(empty, '.renewed'));
    await writeManifest(join(empty, '.renewed'), manifest);
    await expect(readManifest(empty)).rejects.toThrow('was being renewed when that was interrupted');
  });
});
