import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { openImages } from '../../src/data/images.js';
import { bucketsOf } from '../../src/data/pictures/framing/buckets.js';
import { convertLatents } from '../../src/latents/convert/convert.js';
import { readManifest, writeManifest } from '../../src/latents/format/manifest.js';
import { mergeParts } from '../../src/latents/parts/merge.js';
import { openPartFolder } from '../../src/latents/parts/part.js';
import { restrictToPart } from '../../src/latents/parts/part-of-job.js';
import { decodeLatents } from '../../src/latents/reading/decode.js';
import { describeLatents, descriptionText } from '../../src/latents/reading/describe.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import { contentOf, encodeTestFolder, fakeDecoder, fakeEncoder, temporaryFolder, writePicture } from './fixture.js';

type Options = NonNullable<Parameters<typeof encodeTestFolder>[2]>;

const made = { area: 64 * 64, multiple: 16 };
const size = { ...made, buckets: bucketsOf(made) };
/** Sizes of pictures that are their own buckets, so that not a pixel changes. */
const exact = [
  [64, 64],
  [80, 48],
  [48, 80],
  [128, 32],
] as const;
/** Of a 64×64 picture with mean and logvar. */
const imageBytes = 8 * 8 * 4 * 2 * 4;

let folder: string;
let pictures: string;
let latents: string;

const encode = (out: string, options: Options = {}) =>
  encodeTestFolder(pictures, out, { size, shardBytes: 5 * imageBytes, ...options });

beforeAll(async () => {
  folder = await temporaryFolder();
  [pictures, latents] = [join(folder, 'pictures'), join(folder, 'latents')];
  for (let index = 0; index < 22; index++) {
    const [width, height] = exact[(index * 7) % 4] as (typeof exact)[number];
    await writePicture(pictures, `${index % 2 ? 'cats' : 'dogs'}/${String(index).padStart(2, '0')}.png`, width, height);
  }
  await writePicture(pictures, 'odd.png', 333, 200);
  await encode(latents);
});

test('every shard holds one shape, the manifest lists the buckets, and every latent is that of its picture', async () => {
  const manifest = await readManifest(latents);
  expect(manifest).toMatchObject({ formatVersion: 3, images: 23, latent: { shape: [4, null, null] } });
  expect(manifest.latent.buckets).toContainEqual({ width: 80, height: 48, shape: [4, 6, 10] });
  expect(manifest.preprocessing).toMatchObject({ size: 'buckets', area: 4096, multiple: 16, crop: 'center' });
  expect(manifest.shards.map(({ shape, images }) => `${shape?.join('×')}: ${images}`)).toEqual([
    '4×10×6: 5',
    '4×8×8: 5',
    '4×8×8: 1',
    '4×6×10: 5',
    '4×6×10: 1',
    '4×4×16: 5',
    '4×4×16: 1',
  ]);
  await using store = await openLatents(latents);
  for (let index = 0; index < store.length; index++) {
    const { path, mean, shape, record, label } = await store.get(index);
    expect(store.manifest.classes[label]).toBe(path === 'odd.png' ? undefined : path.split('/')[0]);
    if (path === 'odd.png') {
      expect(record).toMatchObject({ width: 333, height: 200, crop: { left: 0, top: 0, width: 333, height: 200 } });
      continue;
    }
    const { data, info } = await sharp(join(pictures, path)).raw().toBuffer({ resolveWithObject: true });
    expect(shape).toEqual([info.height / 8, info.width / 8, 4]);
    const values = Float32Array.from(data, (byte) => byte / 127.5 - 1);
    expect(mean).toEqual((await fakeEncoder().encodeBatch(values, 1, info.height, info.width)).mean);
  }
  expect(await verifyLatents(latents)).toEqual([]);
  expect(descriptionText(await describeLatents(latents))).toMatch(
    /buckets: 48×80 px \(4×10×6\): 5, 64×64 px \(4×8×8\): 6/,
  );
});

test('batches have one shape each, and an epoch visits every image once', async () => {
  await using store = await openLatents(latents);
  expect(() => store.shape).toThrow(/holds latents of 4 shapes \(buckets\), wanted one: encode without --buckets/);
  const options = { batch: 4, seed: 1, sample: 'mean', scaled: false } as const;
  const orders: number[][] = [];
  for (const [epoch, shuffle] of [[0, true] as const, [1, true] as const, [0, false] as const]) {
    const seen: number[] = [];
    for await (const { latents: values, shape, indices } of store.batches({ ...options, epoch, shuffle })) {
      expect(values.length).toBe(shape.reduce((product, length) => product * length));
      for (const [position, index] of indices.entries()) {
        const { mean, shape: own } = await store.get(index);
        expect([...own]).toEqual(shape.slice(1));
        expect(values.subarray(position * mean.length, (position + 1) * mean.length)).toEqual(mean);
      }
      seen.push(...indices);
    }
    expect([...seen].sort((a, b) => a - b)).toEqual(Array.from({ length: 23 }, (_, index) => index));
    orders.push(seen);
  }
  expect(orders[0]).not.toEqual(orders[1]);
  expect(orders[2]).toEqual([...(orders[2] as number[])].sort((a, b) => a - b));
});

test('stopped after every batch and begun again, it ends with the same bytes', async () => {
  const out = join(folder, 'stopped');
  for (let run = 0; run < 12; run++) {
    const stop = new AbortController();
    const encoder = fakeEncoder({ onBatch: () => stop.abort() });
    if ((await encode(out, { encoder, signal: stop.signal })).complete) break;
  }
  expect(await contentOf(out)).toEqual(await contentOf(latents));
});

test('grown, and then renewed, it has the bytes of a fresh encode', async () => {
  const [changing, out, fresh] = [join(folder, 'changing'), join(folder, 'grown'), join(folder, 'fresh')];
  await cp(pictures, changing, { recursive: true });
  const options = { size, shardBytes: 5 * imageBytes, mirrored: true };
  await encodeTestFolder(changing, out, options);
  await writePicture(changing, 'cats/new.png', 80, 48);
  await rm(join(changing, 'dogs/02.png'));
  // Into another bucket.
  await writePicture(changing, 'cats/01.png', 32, 128);
  await encodeTestFolder(changing, fresh, options);
  expect(await encodeTestFolder(changing, out, options)).toMatchObject({ images: 24 });
  expect(await verifyLatents(out)).toEqual([]);
  await encodeTestFolder(changing, out, { ...options, update: true, prune: true });
  expect(await contentOf(out)).toEqual(await contentOf(fresh));
});

test('parts of it can be merged', async () => {
  const store = join(folder, 'merged');
  for (const number of [1, 2]) {
    const part = { number, count: 2 };
    const chosen = restrictToPart(await openImages(pictures), part);
    await encode(await openPartFolder(store, part), chosen);
  }
  expect(await mergeParts(store)).toMatchObject({ images: 23 });
  expect(await verifyLatents(store)).toEqual([]);
  await using merged = await openLatents(store);
  await using whole = await openLatents(latents);
  expect(merged.manifest).toMatchObject({ formatVersion: 3, statistics: whole.manifest.statistics });
});

test('decoded pictures have the sizes of their buckets', async () => {
  await using store = await openLatents(latents);
  const out = join(folder, 'decoded');
  const options = { format: 'png', from: 'mean', seed: 0, batch: 4, force: false } as const;
  const tiling = { tileSize: 512, tileOverlap: 0.25 };
  const summary = await decodeLatents({ ...options, ...tiling, store, decoder: fakeDecoder(), out });
  expect(summary).toMatchObject({ images: 23, written: 23 });
  for await (const { path, width, height } of store.records()) {
    if (path === 'odd.png') continue;
    const picture = sharp(join(out, path));
    expect(await picture.metadata()).toMatchObject({ width, height });
    const [cell, original] = [
      await picture.raw().toBuffer(),
      await sharp(join(pictures, path))
        .resize(width / 8, height / 8, { kernel: 'linear' })
        .raw()
        .toBuffer(),
    ];
    expect(Math.abs((cell[0] as number) - (original[0] as number))).toBeLessThan(20);
  }
});

test('other formats follow: a tar per shard, a file per image, an array per shape', async () => {
  const rows = { values: 'mean', scaled: false, seed: 0 } as const;
  const [tars, npy, npz] = [join(folder, 'tars'), join(folder, 'npy'), join(folder, 'latents.npz')];
  await convertLatents(latents, { ...rows, format: 'webdataset', out: tars });
  expect(Object.keys(await contentOf(tars)).filter((name) => name.endsWith('.tar'))).toHaveLength(7);
  await convertLatents(latents, { ...rows, format: 'npy', out: npy });
  expect((await readFile(join(npy, 'features', '0.npy'))).toString('latin1')).toContain("'shape': (1, 4, 10, 6)");
  await convertLatents(latents, { ...rows, format: 'npz', out: npz });
  const archive = await readFile(npz, 'latin1');
  for (const [name, shape] of [
    ['latents_10x6.npy', '(5, 4, 10, 6)'],
    ['latents_8x8.npy', '(6, 4, 8, 8)'],
    ['latents_6x10.npy', '(6, 4, 6, 10)'],
    ['latents_4x16.npy', '(6, 4, 4, 16)'],
  ] as const) {
    expect(archive).toContain(name);
    expect(archive).toContain(`'shape': ${shape}`);
  }
});

test('a shard of a shape that is no bucket is refused, and cells must fit', async () => {
  const forged = join(folder, 'forged');
  await cp(latents, forged, { recursive: true });
  const manifest = await readManifest(forged);
  const [first, ...others] = manifest.shards;
  await writeManifest(forged, {
    ...manifest,
    shards: [{ ...(first as typeof first & {}), shape: [4, 6, 10] }, ...others],
  });
  expect(await verifyLatents(forged)).not.toEqual([]);
  await writeManifest(forged, {
    ...manifest,
    shards: [{ ...(first as typeof first & {}), shape: [4, 5, 12] }, ...others],
  });
  await expect(openLatents(forged)).rejects.toThrow(/has the shape 4×5×12, wanted that of a bucket/);
  const narrow = { area: 64 * 64, multiple: 4 };
  const refused = encode(join(folder, 'narrow'), { size: { ...narrow, buckets: bucketsOf(narrow) } });
  await expect(refused).rejects.toThrow(/--multiple: got 4 px, wanted a multiple of 8 px/);
});
