import { describe, expect, test } from 'vitest';
import type { SafetensorsFile } from '../../../src/interop/safetensors/safetensors.js';
import type { LatentDescription } from '../../../src/latents/format/manifest.js';
import {
  bytesOfCodes,
  checkCodes,
  codeLookup,
  codesToText,
  codeTensorsOf,
  readCodeTexts,
} from '../../../src/latents/format/shards/codes.js';

const latent: LatentDescription = { layout: 'NCHW', shape: [2, 1, 3], dtype: 'float32', mirrored: false, codes: 4 };

test('tensors of codes are those of the latents that there are', () => {
  expect(codeTensorsOf(latent)).toEqual(['codes']);
  expect(codeTensorsOf({ ...latent, mirrored: true })).toEqual(['codes', 'codes_mirrored']);
  const { codes: _, ...plain } = { ...latent, mirrored: true };
  expect(codeTensorsOf(plain)).toEqual([]);
});

test('a lookup tells the first of equal entries, takes -0 for 0 and knows what is no entry', () => {
  // Entries (1, 2), (0, 3), (1, 2), (-0, 4).
  const { codes, of } = codeLookup(Float32Array.of(1, 2, 0, 3, 1, 2, -0, 4), 2);
  expect(codes).toBe(4);
  expect([...of(Float32Array.of(-0, 3, 1, 2, 0, 4, 2, 1, 3, 0))]).toEqual([1, 0, 3, -1, -1]);
  const tiny = codeLookup(Float32Array.of(1e-9, 0), 1);
  expect([...tiny.of(Float32Array.of(0, 1e-9, 2e-9))]).toEqual([1, 0, -1]);
  expect([...codeLookup(Float32Array.of(5, 6, 7), 1).of(Float32Array.of(7, 5, 6))]).toEqual([2, 0, 1]);
});

test('codes come back from their text, also those of a part of an array', () => {
  const codes = Int32Array.of(9, 70_000, 3, -1).subarray(1, 3);
  const bytes = Uint8Array.from(bytesOfCodes(codesToText(codes)));
  expect([...new Int32Array(bytes.buffer)]).toEqual([70_000, 3]);
});

/** A file of two images, and the same mirrored: codes of [1, 3] and means of [2, 1, 3]. */
const fileOf = (codes: readonly number[][], means: readonly number[][]) =>
  ({
    path: 'shard',
    readSlice: async (name: string, first: number, count: number) => {
      expect(count).toBe(1);
      return Int32Array.from(codes[(name === 'codes' ? 0 : 2) + first] as number[]);
    },
    readSliceFloat32: async (name: string, first: number, count: number) => {
      expect(count).toBe(1);
      return Float32Array.from(means[(name === 'mean' ? 0 : 2) + first] as number[]);
    },
  }) as unknown as SafetensorsFile;

test('the codes of an image are read as text', async () => {
  const file = fileOf(
    [
      [1, 2, 3],
      [3, 0, 1],
    ],
    [],
  );
  expect(await readCodeTexts(file, latent, 1)).toEqual([codesToText(Int32Array.of(3, 0, 1))]);
});

describe('codes are checked', () => {
  const codes = [
    [0, 3, 0],
    [3, 3, 1],
  ];
  // Code 0 is (5, 6), code 3 is (7, 8), code 1 is (5, 9).
  const means = [
    [5, 7, 5, 6, 8, 6],
    [7, 7, 5, 8, 8, 9],
  ];
  const check = (changed: number[][], vectors = means, images = 2, meanings = new Map<number, string>()) =>
    checkCodes(fileOf(changed, vectors), latent, images, meanings).then(() => meanings);

  test('each stands for one vector', async () => {
    expect(await check(codes)).toEqual(
      new Map([
        [0, '5,6'],
        [3, '7,8'],
        [1, '5,9'],
      ]),
    );
    const other = [
      [5, 7, 5, 6, 8, 6],
      [7, 7.5, 5, 8, 8, 9],
    ];
    await expect(check(codes, other)).rejects.toThrow('codes of image 1 has 3 at position 1,');
    expect((await check(codes, other, 1)).size).toBe(2);
    await expect(check(codes, means, 2, new Map([[1, '5,6']]))).rejects.toThrow('image 1 has 1 at position 2,');
  });

  test('of mirrored images are those of mirrored latents', async () => {
    const both = { ...latent, mirrored: true };
    const turned = {
      codes: codes.map((row) => [...row].reverse()),
      means: means.map((mean) => [...mean.slice(0, 3).reverse(), ...mean.slice(3).reverse()]),
    };
    const file = fileOf([...codes, ...turned.codes], [...means, ...turned.means]);
    await expect(checkCodes(file, both, 2, new Map())).resolves.toBeUndefined();
    const wrong = fileOf([...codes, ...codes], [...means, ...turned.means]);
    await expect(checkCodes(wrong, both, 2, new Map())).rejects.toThrow(
      'codes_mirrored of image 1 has 3 at position 0,',
    );
  });

  test('each is one of the codebook', async () => {
    await expect(check([[0, 4, 0]], means, 1)).rejects.toThrow('has 4 at position 1,');
    await expect(check([[-1, 3, 0]], means, 1)).rejects.toThrow('has -1 at position 0,');
  });
});
