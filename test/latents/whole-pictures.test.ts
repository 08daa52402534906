import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import { sha256Of } from '../../src/digest.js';
import { convertLatents } from '../../src/latents/convert/convert.js';
import { readManifest, writeManifest } from '../../src/latents/format/manifest.js';
import type { LatentEncoder } from '../../src/latents/model-roles.js';
import { decodeLatents } from '../../src/latents/reading/decode.js';
import { describeLatents, descriptionText } from '../../src/latents/reading/describe.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import type { EncodeStoreOptions } from '../../src/latents/writing/encode.js';
import { contentOf, encodeTestFolder, fakeDecoder, fakeEncoder, temporaryFolder, writePicture } from './fixture.js';

/** Width and height of the pictures; some smaller than a cell, some of many tiles. */
const sizes: Record<string, readonly [number, number]> = {
  'cats/long.png': [150, 9],
  'cats/tile.png': [32, 32],
  'dogs/large.png': [101, 77],
  'dogs/tall.png': [12, 130],
  'dot.png': [1, 1],
};
const paths = Object.keys(sizes);
const size = { tileSize: 32, tileOverlap: 0.25 };

let folder: string;
let pictures: string;
let latents: string;

const encode = (out: string, options: Partial<EncodeStoreOptions> = {}) => {
  return encodeTestFolder(pictures, out, { size, shardBytes: 2000, ...options });
};

beforeAll(async () => {
  folder = await temporaryFolder();
  [pictures, latents] = [join(folder, 'pictures'), join(folder, 'latents')];
  for (const path of paths) await writePicture(pictures, path, ...(sizes[path] as [number, number]));
  await encode(latents);
});

/** 0 1 2 3 2 1 0 1 …: `count` places on a way of `length`. */
function thereAndBack(length: number, count: number): number[] {
  const there = Array.from({ length }, (_, index) => index);
  const round = [...there, ...there.slice(1, -1).reverse()];
  return Array.from({ length: count }, (_, index) => round[index % round.length] as number);
}

/** Averages of 8×8 px of a picture that is continued by reflection, as one [h, w, 3]. */
async function averagesOf(path: string): Promise<Float64Array> {
  const { data, info } = await sharp(join(pictures, path)).raw().toBuffer({ resolveWithObject: true });
  const [rows, columns] = [Math.ceil(info.height / 8), Math.ceil(info.width / 8)];
  const [lines, places] = [thereAndBack(info.height, rows * 8), thereAndBack(info.width, columns * 8)];
  const averages = new Float64Array(rows * columns * 3);
  for (let y = 0; y < rows * 8; y++) {
    for (let x = 0; x < columns * 8; x++) {
      const from = ((lines[y] as number) * info.width + (places[x] as number)) * 3;
      const to = ((y >> 3) * columns + (x >> 3)) * 3;
      for (let channel = 0; channel < 3; channel++) {
        averages[to + channel] =
          (averages[to + channel] as number) + ((data[from + channel] as number) / 127.5 - 1) / 64;
      }
    }
  }
  return averages;
}

test('every picture keeps its own size: its latent is that of the whole, its padding is written down', async () => {
  const store = await openLatents(latents);
  expect(store.length).toBe(5);
  expect(store.manifest.latent.shape).toEqual([4, null, null]);
  expect(store.manifest.preprocessing).toMatchObject({ size: 'whole', ...size });
  for (let index = 0; index < store.length; index++) {
    const { path, mean, logvar, shape, record } = await store.get(index);
    const [width, height] = sizes[path] as [number, number];
    expect(shape).toEqual([Math.ceil(height / 8), Math.ceil(width / 8), 4]);
    expect(record.crop).toEqual({ left: 0, top: 0, width, height });
    expect(record.padding).toEqual({ right: (8 - (width % 8)) % 8, bottom: (8 - (height % 8)) % 8 });
    const wanted = await averagesOf(path);
    const errors = Array.from(wanted, (value, at) =>
      Math.abs(value - (mean[Math.floor(at / 3) * 4 + (at % 3)] as number)),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-6);
    expect(logvar.every((value) => value <= -3)).toBe(true);
  }
  await store.close();
  expect(await verifyLatents(latents)).toEqual([]);
  expect(descriptionText(await describeLatents(latents))).toContain('latents 4 channels of several sizes, float32');
});

test('shards stay below their bound, but for a picture that alone is larger', async () => {
  const { shards } = await readManifest(latents);
  const store = await openLatents(latents);
  const bytes = [0, 1, 2, 3, 4].map(async (index) => 8 * (await store.get(index)).mean.length);
  const images = await Promise.all(bytes);
  await store.close();
  expect(shards.map((shard) => shard.images)).toEqual([2, 1, 2]);
  expect(images[0]).toBeLessThan(2000);
  expect(images[2]).toBeGreaterThan(2000);
});

test('stopped after every picture and begun again, it ends with the same bytes', async () => {
  const out = join(folder, 'stopped');
  for (let run = 0; run < 8; run++) {
    const stop = new AbortController();
    const encoder = fakeEncoder({ onBatch: () => stop.abort() });
    const { complete } = await encode(out, { encoder, signal: stop.signal });
    if (complete) break;
  }
  expect(await contentOf(out)).toEqual(await contentOf(latents));
});

test('the mirrored latents are those of the mirrored picture', async () => {
  const out = join(folder, 'mirrored');
  await encode(out, { mirrored: true });
  const store = await openLatents(out);
  const { shape } = await store.get(1);
  const [plain, mirrored] = await store.useShard(store.place(1).shard, async (file) => {
    const { row } = store.place(1);
    return [await file.readFloat32(`mean.${row}`), await file.readFloat32(`mean_mirrored.${row}`)] as const; // [Z, h, w]
  });
  const width = shape[1];
  plain.forEach((value, at) => {
    const column = at % width;
    expect(mirrored[at - column + width - 1 - column]).toBeCloseTo(value, 5);
  });
  await store.close();
});

test('decode gives back pictures of the original sizes, whatever the tiles', async () => {
  const decoded: Buffer[][] = [];
  for (const tileSize of [32, 64]) {
    const out = join(folder, `pictures-${tileSize}`);
    const store = await openLatents(latents);
    const options = { out, format: 'png', from: 'mean', seed: 0, batch: 3, force: false, tileOverlap: 0.25 } as const;
    await decodeLatents({ store, decoder: fakeDecoder(), tileSize, ...options });
    await store.close();
    decoded.push(await Promise.all(paths.map((path) => sharp(join(out, path)).raw().toBuffer())));
    for (const path of paths) {
      const { width, height } = await sharp(join(out, path)).metadata();
      expect([width, height]).toEqual(sizes[path]);
    }
  }
  // The fixture's decoder paints cells in one colour, so that every tile has the same ones.
  expect(decoded[0]).toEqual(decoded[1]);
});

describe('pictures of up to --whole-pixels px are not cut', () => {
  /** Sides of what the encoder was asked for, and the store's preprocessing. */
  async function asked(name: string, wholePixels: number | undefined, ofModel: number | undefined) {
    const sides: [number, number][] = [];
    const plain = fakeEncoder();
    const encoder: LatentEncoder = {
      ...plain,
      wholePixels: ofModel,
      encodeBatch(images, batch, height, width) {
        sides.push([height, width]);
        return plain.encodeBatch(images, batch, height, width);
      },
    };
    const out = join(folder, name);
    await encode(out, { encoder, size: { ...size, wholePixels } });
    await using store = await openLatents(out);
    return { sides, preprocessing: store.manifest.preprocessing };
  }
  const padded = Object.values(sizes).map(([width, height]) => [8 * Math.ceil(height / 8), 8 * Math.ceil(width / 8)]);
  const areas = padded.map(([height = 0, width = 0]) => height * width);

  test('each is one tile up to there, and tiles beyond', async () => {
    const bound = Math.max(...areas) - 1;
    const { sides, preprocessing } = await asked('bounded', bound, undefined);
    const whole = padded.filter((_, index) => (areas[index] as number) <= bound);
    for (const side of whole) expect(sides).toContainEqual(side);
    expect(sides.filter(([height, width]) => height * width > bound)).toEqual([]);
    expect(sides.length).toBeGreaterThan(padded.length);
    expect(preprocessing).toMatchObject({ ...size, wholePixels: bound });
  });

  test('the model says where nobody else does, and 0 means tiles for all', async () => {
    const large = Math.max(...areas);
    const byModel = await asked('by-model', undefined, large);
    expect(byModel.sides).toEqual(padded);
    expect(byModel.preprocessing).toMatchObject({ wholePixels: large });
    const none = await asked('none', 0, large);
    expect(none.sides.every(([height, width]) => height <= 32 && width <= 32)).toBe(true);
    expect(none.preprocessing).not.toHaveProperty('wholePixels');
  });
});

describe('what fits no latents of many sizes is refused in a sentence', () => {
  test('batches, one array for all, one size', async () => {
    const store = await openLatents(latents);
    const options = { batch: 2, seed: 0, epoch: 0, shuffle: false, sample: 'mean', scaled: false } as const;
    await expect(store.batches(options).next()).rejects.toThrow(/pictures of their own sizes.*read them one by one/);
    await store.close();
    const convert = (format: 'npz' | 'npy' | 'webdataset', out: string) => {
      return convertLatents(latents, { format, out, values: 'mean', scaled: false, seed: 0 });
    };
    await expect(convert('npz', join(folder, 'all.npz'))).rejects.toThrow(/no common shape/);
    await convert('npy', join(folder, 'npy'));
    const npy = await readFile(join(folder, 'npy', 'features', '2.npy'), 'latin1');
    expect(npy).toContain("'shape': (1, 4, 10, 13)");
    await convert('webdataset', join(folder, 'webdataset'));
  });

  test('tiles that are no whole cells, models of one size, squares among whole pictures', async () => {
    const out = join(folder, 'refused');
    await expect(encode(out, { size: { ...size, tileSize: 36 } })).rejects.toThrow(
      /--tile-size: got 36 px, wanted a mul/,
    );
    const vector = { ...fakeEncoder(), shape: () => [1, 1, 4] as const };
    await expect(encode(out, { encoder: vector })).rejects.toThrow(/images of one size alone.*leave out --tile/);
    await expect(encode(latents, { size: 16 })).rejects.toThrow(/other preprocessing.*size "whole" there and 16 here/);
    await expect(encode(latents, { size: { ...size, tileSize: 64 } })).rejects.toThrow(/tileSize 32 there and 64 here/);
  });
});

test('a latent of another size than its picture is found', async () => {
  const forged = join(folder, 'forged');
  await encode(forged);
  const manifest = await readManifest(forged);
  const file = join(forged, 'latents-00000.json');
  const index = (await readFile(file, 'utf8')).replace(
    '"crop":{"left":0,"top":0,"width":150',
    '"crop":{"left":0,"top":0,"width":90',
  );
  await writeFile(file, index);
  const [first] = manifest.shards as [(typeof manifest.shards)[number]];
  Object.assign(first.index, { sizeBytes: Buffer.byteLength(index), sha256: sha256Of(index) });
  await writeManifest(forged, manifest);
  expect(await verifyLatents(forged)).toEqual([expect.stringMatching(/image 0 of 16×92 px has a latent of 4×2×19\.$/)]);
});
