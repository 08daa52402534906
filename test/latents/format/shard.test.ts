/** A shard as it is written, read and checked. */
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256OfFile } from '../../../src/digest.js';
import { openSafetensors, type TensorToWrite, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import type { LatentDescription, ShardRecord } from '../../../src/latents/format/manifest.js';
import { codesToText } from '../../../src/latents/format/shards/codes.js';
import {
  assertShardFiles,
  imageRecordSchema,
  type LatentTensor,
  latentBytesOf,
  momentsOfShard,
  noLabel,
  openShard,
  readLatentTensor,
  readShardIndex,
  type StoredImage,
} from '../../../src/latents/format/shards/shard.js';
import { readTexts } from '../../../src/latents/format/shards/texts.js';
import { type ShardPart, writeShard } from '../../../src/latents/format/shards/write-shard.js';
import { gatherMoments, storedMoments } from '../../../src/latents/format/statistics.js';

let store: string;
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'shard-'));
  return () => rm(store, { recursive: true });
});
const open: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const file of open.splice(0)) await file.close();
});

const sha256 = 'a'.repeat(64);
const image = (path: string, more: Partial<StoredImage> = {}): StoredImage => ({
  path,
  class: null,
  sha256,
  width: 0,
  height: 0,
  crop: { left: 0, top: 0, width: 0, height: 0 },
  ...more,
});
const rows = { layout: 'NCHW', shape: [2, 1, 2], dtype: 'float32', mirrored: false } as LatentDescription;
const perPicture = { ...rows, shape: [2, null, null] } as LatentDescription;

/** Values that tell tensor, image and place. */
const baseOf = { mean: 0, logvar: -1, mean_mirrored: 0.5, logvar_mirrored: -2 } as const;
const valuesOf = (tensor: LatentTensor, first: number, count: number, size: number) =>
  Float32Array.from(
    { length: count * size },
    (_, at) => baseOf[tensor] + first + Math.floor(at / size) + (at % size) / 8,
  );
const part = (first: number, images: StoredImage[], shape: [number, number, number]): ShardPart => ({
  images,
  shape,
  read: async (tensor) => new Uint8Array(valuesOf(tensor, first, images.length, shape[0] * shape[1] * shape[2]).buffer),
});
const opened = async (latent: LatentDescription, shard: ShardRecord) => {
  const file = await openShard(store, { latent }, shard);
  open.push(file);
  return file;
};
const indexOf = async ({ index }: ShardRecord) => JSON.parse(await readFile(join(store, index.file), 'utf8'));

describe('a shard', () => {
  test('of latents of one shape has them as rows, with codes, labels and the hashes of its files', async () => {
    const latent = { ...rows, mirrored: true, codes: 9 };
    const codes = (image: number) => [0, 1].map((tensor) => codesToText(Int32Array.of(image, 4 + tensor)));
    const images = ['a', 'b', 'c'].map((path, index) => image(path, { codes: codes(index) }));
    const parts = [part(0, images.slice(0, 1), [2, 1, 2]), part(1, images.slice(1), [2, 1, 2])];
    const { record, moments } = await writeShard(store, latent, { number: 7, parts, labels: [1, noLabel, 0] });
    const recordOf = async (file: string) => ({
      file,
      sizeBytes: (await stat(join(store, file))).size,
      sha256: await sha256OfFile(join(store, file)),
    });
    expect(record).toEqual({
      images: 3,
      latents: await recordOf('latents-00007.safetensors'),
      index: await recordOf('latents-00007.json'),
    });
    expect((await readdir(store)).sort()).toEqual(['latents-00007.json', 'latents-00007.safetensors']);
    const file = await opened(latent, record);
    expect(await file.readFloat32('logvar_mirrored')).toEqual(valuesOf('logvar_mirrored', 0, 3, 4));
    expect(file.entries.get('mean')?.shape).toEqual([3, 2, 1, 2]);
    expect([...(await file.readSlice('label', 0, 3))]).toEqual([1n, -1n, 0n]);
    expect([...(await file.readSlice('codes_mirrored', 1, 2))]).toEqual([1, 5, 2, 5]);
    expect(file.entries.get('codes')?.shape).toEqual([3, 1, 2]);
    expect(file.metadata).toEqual({ format: 'pt' });
    const tensors = ['mean', 'logvar', 'mean_mirrored', 'logvar_mirrored'] as const;
    const bytes = tensors.map((tensor) => Buffer.from(valuesOf(tensor, 1, 1, 4).buffer));
    expect(await latentBytesOf(file, latent, 1)).toEqual(Buffer.concat(bytes));
    expect(await readLatentTensor(file, latent, 'mean', 2)).toEqual({
      values: valuesOf('mean', 2, 1, 4),
      shape: [2, 1, 2],
    });
    expect(await momentsOfShard(file, latent)).toEqual(moments);
    expect([moments.values, moments.min, moments.max]).toEqual([6, [0, 0.25], [2.125, 2.375]]);
    expect(await readShardIndex(store, record)).toEqual({
      format: 'latent-vae/shard',
      formatVersion: 1,
      images: images.map(({ codes: _, ...known }) => known),
      moments: storedMoments(moments),
    });
  });

  test('of pictures of their own sizes has tensors for each, and none for a part without images', async () => {
    const parts = [part(0, [image('a')], [2, 1, 2]), part(1, [], [2, 5, 5]), part(1, [image('b')], [2, 3, 1])];
    const { record, moments } = await writeShard(store, perPicture, { number: 0, parts, labels: [0, 1] });
    const file = await opened(perPicture, record);
    expect([...file.entries.keys()].sort()).toEqual(['label', 'logvar.0', 'logvar.1', 'mean.0', 'mean.1']);
    const second = { values: valuesOf('mean', 1, 1, 6), shape: [2, 3, 1] };
    expect(await readLatentTensor(file, perPicture, 'mean', 1)).toEqual(second);
    const bytes = (['mean', 'logvar'] as const).map((tensor) => Buffer.from(valuesOf(tensor, 1, 1, 6).buffer));
    expect(await latentBytesOf(file, perPicture, 1)).toEqual(Buffer.concat(bytes));
    expect([moments.values, moments.min, moments.max]).toEqual([5, [0, 0.25], [1.25, 1.625]]);
    expect(record.images).toBe(2);
  });

  test('of a bucket has the shape of its latents in its record', async () => {
    const latent = { ...perPicture, buckets: [{ width: 1, height: 1, shape: [2, 1, 2] }] } as LatentDescription;
    const parts = [part(0, [], [2, 4, 4]), part(0, [image('a')], [2, 1, 2])];
    const { record } = await writeShard(store, latent, { number: 0, parts, labels: [0] });
    expect(record.shape).toEqual([2, 1, 2]);
    expect((await opened(latent, record)).entries.get('mean')?.shape).toEqual([1, 2, 1, 2]);
  });

  test('has an index of version 2 where an image has a key, in one order of fields', async () => {
    const reversed = Object.fromEntries(Object.entries(image('a', { key: 'k' })).reverse()) as StoredImage;
    const parts = [part(0, [image('b'), reversed], [2, 1, 2])];
    const { record } = await writeShard(store, rows, { number: 0, parts, labels: [0, 0] });
    const { formatVersion, images } = await indexOf(record);
    expect(formatVersion).toBe(2);
    expect(JSON.stringify(images)).toBe(JSON.stringify([image('b'), image('a', { key: 'k' })]));
    expect((await readShardIndex(store, record)).formatVersion).toBe(2);
  });

  test('has a file of texts where there are any, with a line for each image', async () => {
    const texts = [{ caption: 'a cat' }, undefined, { metadata: { stars: 3 } }];
    const images = texts.map((text, index) => image(`${index}`, text && { text }));
    const { record } = await writeShard(store, rows, {
      number: 0,
      parts: [part(0, images, [2, 1, 2])],
      labels: [0, 0, 0],
    });
    const path = join(store, 'latents-00000.texts.jsonl');
    const content = await readFile(path, 'utf8');
    expect(content).toBe('{"caption":"a cat"}\n{}\n{"metadata":{"stars":3}}\n');
    const file = 'latents-00000.texts.jsonl';
    expect(record.texts).toEqual({ file, sizeBytes: content.length, sha256: await sha256OfFile(path) });
    expect(await readTexts(store, record)).toEqual([{ caption: 'a cat' }, {}, { metadata: { stars: 3 } }]);
    await expect(readTexts(store, { ...record, images: 2 })).rejects.toThrow('has 3 lines, wanted one for each of 2');
    await writeFile(path, content.replace('{}', '{"title":1}'));
    await expect(readTexts(store, record)).rejects.toThrow(/texts\.jsonl line 2: /);
    const { texts: _, ...without } = record;
    expect(await readTexts(store, { ...without, images: 2 })).toEqual([{}, {}]);
    expect((await indexOf(record)).images[0]).toEqual(image('0'));
  });

  test('of many images is summed up whole', async () => {
    const images = Array.from({ length: 65 }, (_, index) => image(`${index}`));
    const { moments } = await writeShard(store, rows, {
      number: 0,
      parts: [part(0, images, [2, 1, 2])],
      labels: images.map(() => 0),
    });
    const gathered = gatherMoments(2);
    gathered.add(2, valuesOf('mean', 0, 65, 4), valuesOf('logvar', 0, 65, 4));
    expect(moments).toEqual(gathered.moments());
    const label = { name: 'label', dtype: 'I64', shape: [0], data: new BigInt64Array(0) } as const;
    for (const tensors of [[label], []]) {
      const nothing = join(store, 'nothing.safetensors');
      await writeSafetensors(nothing, tensors);
      const file = await openSafetensors(nothing);
      open.push(file);
      await expect(momentsOfShard(file, rows)).rejects.toThrow('nothing.safetensors holds no images');
    }
  });
});

describe('a shard is refused', () => {
  const record = (changes: Partial<ShardRecord> = {}): ShardRecord => ({
    images: 2,
    latents: { file: 'latents-00000.safetensors', sizeBytes: 64, sha256 },
    index: { file: 'latents-00000.json', sizeBytes: 9, sha256 },
    ...changes,
  });
  const label = { name: 'label', dtype: 'I64', shape: [2], data: new BigInt64Array(2) } as const;
  const tensor = (name: string, shape: number[]): TensorToWrite => ({
    name,
    dtype: 'F32',
    shape,
    data: new Float32Array(shape.reduce((product, size) => product * size, 1)),
  });
  const [mean, logvar] = ['mean', 'logvar'].map((name) => tensor(name, [2, 2, 1, 2])) as [TensorToWrite, TensorToWrite];
  const own = (changed: string, shape: number[]) => [
    label,
    ...['mean.0', 'logvar.0', 'mean.1', 'logvar.1'].map((name) => tensor(name, name === changed ? shape : [2, 1, 3])),
  ];

  test.each<[string, LatentDescription, readonly TensorToWrite[]]>([
    ['tensor logvar: got none, wanted F32 of 2×2×1×2', rows, [label, mean]],
    ['tensor mean: got F32 of 2×2×2×1, wanted F32 of 2×2×1×2', rows, [label, tensor('mean', [2, 2, 2, 1]), logvar]],
    ['tensor mean: got F32 of 2×2×1×2, wanted F16 of 2×2×1×2', { ...rows, dtype: 'float16' }, [label, mean, logvar]],
    [
      'tensor label: got I64 of 1, wanted I64 of 2',
      rows,
      [{ ...label, shape: [1], data: new BigInt64Array(1) }, mean, logvar],
    ],
    ['tensor codes: got none, wanted I32 of 2×1×2', { ...rows, codes: 3 }, [label, mean, logvar]],
    ['got a tensor more, which no store of latents has', rows, [label, mean, logvar, tensor('more', [1])]],
    [
      'tensor mean.1: got F32 of 3×1×3, wanted F32 of 2 channels of several sizes',
      perPicture,
      own('mean.1', [3, 1, 3]),
    ],
    ['tensor mean.1: got F32 of 2×3, wanted F32 of 2 channels of several sizes', perPicture, own('mean.1', [2, 3])],
    [
      'tensor mean.0: got F32 of 2×0×3, wanted F32 of 2 channels of several sizes',
      perPicture,
      own('mean.0', [2, 0, 3]),
    ],
    ['tensor logvar.1: got F32 of 2×3×1, wanted F32 of 2×1×3', perPicture, own('logvar.1', [2, 3, 1])],
    ['tensor mean.1: got none, wanted F32 of 2 channels of several sizes', perPicture, own('', []).slice(0, 3)],
  ])('%s', async (sentence, latent, tensors) => {
    await writeSafetensors(join(store, 'latents-00000.safetensors'), tensors);
    await expect(openShard(store, { latent }, record())).rejects.toThrow(sentence);
  });

  test('where a file is missing, of another size, or too small for what it is said to hold', async () => {
    const sizes: Record<string, number> = { 'latents-00000.safetensors': 64, 'latents-00000.json': 9 };
    const check = (changes: Partial<ShardRecord> = {}, latent = rows, known = sizes) =>
      assertShardFiles(store, latent, record(changes), async (file) => known[file]);
    await expect(check()).resolves.toBeUndefined();
    await expect(check({}, rows, { 'latents-00000.json': 9 })).rejects.toThrow('safetensors is missing');
    await expect(check({}, rows, { ...sizes, 'latents-00000.json': 8 })).rejects.toThrow('has 8 bytes, wanted 9');
    await expect(check({ images: 3 })).rejects.toThrow('is too small for 3 latents of 2×1×2');
    await expect(check({}, { ...rows, mirrored: true })).rejects.toThrow('is too small for 2 latents');
    // Of at least one position each: 2 · 4 · 2 bytes.
    await expect(check({ images: 4 }, perPicture)).resolves.toBeUndefined();
    await expect(check({ images: 5 }, perPicture)).rejects.toThrow('for 5 latents of 2 channels of several sizes');
  });

  test('where its index says something else', async () => {
    const content = {
      format: 'latent-vae/shard',
      formatVersion: 1,
      images: [image('a'), image('b')],
      moments: { values: 1, mean: [0], squaredDeviations: [0], posteriorVariances: [1], min: [0], max: [0] },
    };
    const read = async (changes: object) => {
      await writeFile(join(store, 'latents-00000.json'), JSON.stringify({ ...content, ...changes }));
      return readShardIndex(store, record());
    };
    expect(await read({})).toEqual(content);
    await expect(read({ images: [image('a')] })).rejects.toThrow('lists 1 images, but manifest.json says 2');
    await expect(read({ images: [] })).rejects.toThrow('images: got');
    await expect(read({ formatVersion: 3 })).rejects.toThrow('formatVersion: got 3');
    await expect(read({ images: [image('a', { width: -1 })] })).rejects.toThrow('images[0].width: got -1');
  });
});

test('an image is known by what stores of any version say of it', () => {
  const padding = { right: 0, bottom: 3 };
  const whole = { ...image('a/b.png'), padding, key: 'k', latentSha256: sha256 };
  expect(imageRecordSchema.parse(whole)).toEqual(whole);
});
