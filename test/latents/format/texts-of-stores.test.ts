/** Small things that a store says or is described by: shapes, paths, names, differences, precision. */
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { assertSameOrigin, differencesOf, type StoreOrigin } from '../../../src/latents/format/identity.js';
import { int8Sentence } from '../../../src/latents/format/int8.js';
import { commonShape, joinedArrays, shapeText, sizeOf } from '../../../src/latents/format/layout.js';
import {
  filesOfShard,
  isMerged,
  latentOfShard,
  type Manifest,
  shardNumberOf,
  shardStem,
} from '../../../src/latents/format/manifest.js';
import { isRelativePath, pathRefusal } from '../../../src/latents/format/relative-path.js';
import { readSkipped, skippedLines } from '../../../src/latents/format/skipped.js';

describe('shapes', () => {
  test('are common where height and width are known', () => {
    expect(commonShape([4, 2, 3])).toEqual([4, 2, 3]);
    expect(commonShape([4, null, null])).toBeUndefined();
    expect(shapeText([4, 2, 3])).toBe('4×2×3');
    expect(shapeText([4, null, null])).toBe('4 channels of several sizes');
    expect([sizeOf([4, 2, 3]), sizeOf([])]).toEqual([24, 1]);
  });

  test('arrays are joined in their order; one alone is not copied', () => {
    const [a, b] = [Float32Array.of(1, 2), Float32Array.of(3)];
    expect([...joinedArrays([a, b, a])]).toEqual([1, 2, 3, 1, 2]);
    expect(joinedArrays([a])).toBe(a);
    expect(joinedArrays([]).length).toBe(0);
  });
});

describe('shards', () => {
  const file = (name: string) => ({ file: name, sizeBytes: 1, sha256: 'a'.repeat(64) });
  const shard = { images: 2, latents: file('latents-00000.safetensors'), index: file('latents-00000.json') };

  test('have five digits and more', () => {
    expect([shardStem(0), shardStem(123_456)]).toEqual(['latents-00000', 'latents-123456']);
    expect(shardNumberOf('latents-00012.json')).toBe(12);
    expect(shardNumberOf('latents-123456.safetensors')).toBe(123_456);
    expect(shardNumberOf('latents-0001.json')).toBeNaN();
    expect(shardNumberOf('manifest.json')).toBeNaN();
  });

  test('have texts where there are any, and lie in folders where they were merged', () => {
    const texts = file('latents-00000.texts.jsonl');
    expect(filesOfShard(shard)).toEqual([shard.latents, shard.index]);
    expect(filesOfShard({ ...shard, texts })).toEqual([shard.latents, shard.index, texts]);
    const merged = { ...shard, latents: file('part-00001-of-00002/latents-00000.safetensors') };
    expect(isMerged({ shards: [shard] } as Partial<Manifest> as Manifest)).toBe(false);
    expect(isMerged({ shards: [shard, merged] } as Partial<Manifest> as Manifest)).toBe(true);
  });

  test('of a bucket have its shape', () => {
    const buckets = [{ width: 16, height: 8, shape: [4, 1, 2] as [number, number, number] }];
    const latent = { layout: 'NCHW', shape: [4, null, null], dtype: 'float32', mirrored: false } as const;
    const plain = { ...latent, shape: [...latent.shape] as [number, null, null] };
    expect(latentOfShard({ ...plain, buckets }, { shape: [4, 1, 2] })).toEqual({ ...latent, shape: [4, 1, 2] });
    expect(latentOfShard(plain, {})).toEqual(plain);
  });
});

describe('paths', () => {
  test.each([
    ['a/b.png', undefined],
    ['..a/b', undefined],
    ['x'.repeat(4096), undefined],
    ['x'.repeat(4097), 'its path has more than 4096 characters'],
    ['a\\b', 'its name has a backslash, which parts folders on Windows: rename it'],
    ['a\0b', 'its name has a zero byte: rename it'],
    ['a/../b', 'its path leads out of the folder'],
    ['C:/a', 'its path begins with a drive of Windows: rename it'],
    ['/a', 'its path is absolute or has empty parts'],
    ['a//b', 'its path is absolute or has empty parts'],
    ['a/./b', 'its path is absolute or has empty parts'],
    ['', 'its path is absolute or has empty parts'],
  ])('%s', (path, refusal) => {
    expect(pathRefusal(path)).toBe(refusal);
    expect(isRelativePath(path)).toBe(refusal === undefined);
  });
});

test('skipped images are listed by path', () => {
  const images = ['b', 'c', 'a'].map((path) => ({ path, reason: `of ${path}`, more: 1 }));
  expect(skippedLines(images)).toBe(
    '{"path":"a","reason":"of a"}\n{"path":"b","reason":"of b"}\n{"path":"c","reason":"of c"}\n',
  );
});

test('the list of skipped images is read line by line, and a damaged line is told by its number', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'skipped-'));
  const file = join(folder, 'skipped.jsonl');
  try {
    const images = ['a', 'b'].map((path) => ({ path, reason: 'too small' }));
    await writeFile(file, skippedLines(images));
    expect(await readSkipped(folder)).toEqual(images);
    await writeFile(file, '');
    expect(await readSkipped(folder)).toEqual([]);
    await writeFile(file, `${skippedLines(images)}{"path":1}\n`);
    await expect(readSkipped(folder)).rejects.toThrow(/skipped\.jsonl line 3/);
    await rm(file);
    await expect(readSkipped(folder)).rejects.toThrow(/Cannot read .*skipped\.jsonl: /);
  } finally {
    await rm(folder, { recursive: true });
  }
});

describe('the origin of a store', () => {
  const ranges: [number, number, number, number][] = [[-1, 1, -2, 2]];
  const int8 = { ranges, calibrationImages: 3, checkedImages: 5, latentSnrDb: 30.04, psnrDb: 25, psnrChangeDb: -0.126 };
  const origin: StoreOrigin = {
    encoder: { sha256: 'a'.repeat(64), name: 'one' },
    preprocessing: { size: 8, crop: 'center' },
    latent: { layout: 'NCHW', shape: [4, 1, 1], dtype: 'float32', mirrored: false },
  };
  const check = (changed: Partial<StoreOrigin>, begun: Partial<StoreOrigin> = {}) =>
    assertSameOrigin('store', { ...origin, ...begun }, { ...origin, ...changed });

  test('is the same whatever 8 bits cost, and another where anything that decides a latent is', () => {
    const inInt8 = (changes = {}) => ({ encoder: { ...origin.encoder, int8: { ...int8, ...changes } } });
    expect(() => check({ encoder: { ...origin.encoder, name: 'renamed' } })).not.toThrow();
    expect(() => check(inInt8({ psnrDb: 26, calibrationImages: 9 }), inInt8())).not.toThrow();
    expect(() => check(inInt8())).toThrow('precision "float32" there and "int8" here');
    expect(() => check(inInt8({ ranges: [[-1, 1, -2, 3]] }), inInt8())).toThrow(/other arithmetic.*: calibration "/);
    expect(() => check({ encoder: { sha256: 'b'.repeat(64), name: 'two' } })).toThrow(
      'of the encoder one (sha256 aaaaaaaaaaaa…), this one is two (sha256 bbbbbbbbbbbb…)',
    );
    expect(() => check({ preprocessing: { size: 16 } })).toThrow(
      'size 8 there and 16 here, crop "center" there and nothing here',
    );
    const [there, here] = ['{"size":8,"crop":"center"}', '{"size":16}'].map((json) =>
      createHash('sha256').update(json).digest('hex').slice(0, 12),
    );
    expect(() => check({ preprocessing: { size: 16 } })).toThrow(`(sha256 ${there}… there, ${here}… here)`);
    expect(() => check({ latent: { ...origin.latent, mirrored: true } })).toThrow('other latents');
  });

  test('differs in the fields of either side, each once', () => {
    expect(differencesOf({ a: 1, b: [2], c: 3 }, { c: 3, b: [3], d: null })).toEqual([
      { key: 'a', values: ['1', 'nothing'] },
      { key: 'b', values: ['[2]', '[3]'] },
      { key: 'd', values: ['nothing', 'null'] },
    ]);
  });

  test('tells what 8 bits cost, with its sign', () => {
    const sentence = (psnrChangeDb: number) => int8Sentence({ ...int8, psnrChangeDb });
    expect(sentence(-0.126)).toBe(
      'int8: latents have a signal-to-noise ratio of 30.0 dB against float32; decoded pictures have 24.87 dB of PSNR, ' +
        'which is -0.13 dB (calibrated on 3 pictures, measured on 5 others).',
    );
    expect(sentence(0.126)).toContain('25.13 dB of PSNR, which is +0.13 dB');
    expect(sentence(0)).toContain('25.00 dB of PSNR, which is +0.00 dB');
  });
});
