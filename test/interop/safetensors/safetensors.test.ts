import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { openSafetensors, type TensorToWrite, writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { expectRefusedOrRead } from '../damage.js';

/** All number formats of PyTorch 2.13 with their float32 values, written by safetensors 0.8. */
const golden = fileURLToPath(new URL('../../golden/safetensors/dtypes.safetensors', import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'safetensors-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('reading', () => {
  it('gives the float32 values that PyTorch gives, for every dtype', async () => {
    await using file = await openSafetensors(golden);
    expect(file.metadata).toEqual({ origin: 'PyTorch 2.13, safetensors 0.8' });
    const dtypes = [...file.entries.keys()].filter((name) => file.entries.has(`${name}.float32`));
    expect(dtypes).toHaveLength(17);
    for (const name of dtypes) {
      expect(file.entries.get(name)?.dtype).toBe(name);
      expect(await file.readFloat32(name), name).toEqual(await file.readFloat32(`${name}.float32`));
    }
  });

  it('reads rows alone, raw or as float32', async () => {
    await using file = await openSafetensors(golden);
    const all = (await file.readFloat32('F64')) as Float32Array;
    expect(await file.readSliceFloat32('F64', 1, 2)).toEqual(all.slice(5, 15));
    expect(await file.readSlice('F16', 3, 2)).toEqual(Uint16Array.of(111, 148));
    expect(await file.readSlice('10', 2, 0)).toHaveLength(0);
    await expect(file.readSlice('F64', 2, 2)).rejects.toThrow(RangeError);
    await expect(file.readFloat32('F65')).rejects.toThrow(/has no tensor F65; it has .*, …/);
  });
});

describe('writing', () => {
  it('makes the bytes that the format’s own library makes', async () => {
    await using file = await openSafetensors(golden);
    const tensors: TensorToWrite[] = [...file.entries.values()].reverse().map((entry) => ({
      ...entry,
      data: () => file.readBytes(entry.name),
    }));
    const path = join(folder, 'copy.safetensors');
    await writeSafetensors(path, tensors, file.metadata);
    expect(await readFile(path)).toEqual(await readFile(golden));
    expect(await readdir(folder)).toEqual(['copy.safetensors']);
  });

  it('rounds float32 to F16 and BF16 as PyTorch does', async () => {
    await using file = await openSafetensors(golden);
    const path = join(folder, 'rounded.safetensors');
    const data = await file.readFloat32('rounding.values');
    const formats = ['F16', 'BF16'] as const;
    await writeSafetensors(
      path,
      formats.map((dtype) => ({ name: dtype, dtype, shape: [data.length], data })),
    );
    await using rounded = await openSafetensors(path);
    for (const dtype of formats) {
      expect(await rounded.readFloat32(dtype)).toEqual(await file.readFloat32(`rounding.${dtype}`));
    }
  });

  it('keeps the old file when the data fail to come', async () => {
    const path = join(folder, 'kept.safetensors');
    const tensor = { name: 'a', dtype: 'F32', shape: [2], data: Float32Array.of(1, 2) } as const;
    await writeSafetensors(path, [tensor]);
    const before = await readFile(path);
    const failing = { ...tensor, data: () => Promise.reject(new Error('no data')) };
    await expect(writeSafetensors(path, [failing])).rejects.toThrow('no data');
    await expect(writeSafetensors(path, [{ ...tensor, shape: [3] }])).rejects.toThrow('2 elements of Float32Array');
    await expect(writeSafetensors(path, [{ ...tensor, dtype: 'I32' }])).rejects.toThrow('for I32 [2]');
    await expect(writeSafetensors(path, [tensor, tensor])).rejects.toThrow('a is taken');
    expect(await readFile(path)).toEqual(before);
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });
});

describe('a file that is not sound', () => {
  const at = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => {
    return JSON.stringify({ dtype, shape, data_offsets: [begin, end] });
  };
  const headers: [string, RegExp][] = [
    ['{', /is not valid JSON/],
    ['[]', /does not begin with \{/],
    [`{"a":${at(0, 8)}`, /is not valid JSON/],
    [`{"a":${at(0, 4)},"a":${at(4, 8)}}`, /names "a" twice/],
    [`{"a":${at(0, 4)},"\\u0061":${at(4, 8)}}`, /names "a" twice/],
    [`{"a":{"dtype":"F32","dtype":"U8","shape":[2],"data_offsets":[0,8]}}`, /names "dtype" twice/],
    [`{"a":${at(0, 8, [2], 'F12')}}`, /tensor "a" has the unknown dtype "F12"/],
    [`{"a":${at(0, 8, [2], 'constructor')}}`, /unknown dtype "constructor"/],
    [`{"a":${at(0, 8, [3])}}`, /tensor "a" has 8 bytes, but F32 of shape \[3\] takes 12 bytes/],
    [`{"a":${at(0, 8, [-2])}}`, /not described by dtype, shape and data_offsets/],
    [`{"a":${at(0, 8, [0.5, 4])}}`, /not described/],
    [`{"a":${at(0, 8, [2 ** 52, 2 ** 52, 0])}}`, /takes no whole number of bytes/],
    [`{"a":${at(0, 8, [3], 'F4')}}`, /takes no whole number of bytes/],
    [`{"a":{"dtype":"F32","shape":[2]}}`, /not described/],
    [`{"a":3}`, /not described/],
    [`{"a":${at(0, 4)},"b":${at(0, 4)},"c":${at(4, 8)}}`, /tensor "b" overlaps the tensor before it/],
    [`{"a":${at(4, 8)}}`, /tensor "a" leaves a hole before it/],
    [`{"a":${at(8, 0, [-2])}}`, /not described/],
    [`{"a":${at(0, 4)}}`, /tensors take 4 bytes, but 8 are there/],
    [`{"a":${at(0, 12)}}`, /tensors take 12 bytes, but 8 are there/],
    [`{"__metadata__":{"a":1},"a":${at(0, 8)}}`, /__metadata__ is not an object of strings/],
    [`{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /nests more than 3 levels deep/],
    [`{"a\xff":${at(0, 8)}}`, /is not UTF-8/],
    [`{"${'a'.repeat(1_000_000)}":0}`, /tensor "a{100}…" is not described/],
    [`{${Array.from({ length: 1_000_001 }, (_, n) => `"${n}":0`)}}`, /has more than 1000000 names/],
  ];

  it.each(headers)('%.60s is refused', async (header, reason) => {
    const path = join(folder, 'bad.safetensors');
    const length = Buffer.alloc(8);
    length.writeUInt32LE(header.length);
    await writeFile(path, Buffer.concat([length, Buffer.from(header, 'latin1'), Buffer.alloc(8)]));
    const error = await openSafetensors(path).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(reason);
    expect((error as UserError).message).toContain(path);
  });

  it.each([
    ['', /has 0 bytes/],
    ['1234567', /has 7 bytes/],
    ['\xff\xff\xff\xff\xff\xff\xff\xff{}', /header of 18446744073709552000 bytes, more than the allowed 100000000/],
    ['\x00\xe1\xf5\x05\0\0\0\0{}', /header of 100000000 bytes goes past its end/],
  ])('%j is refused', async (content, reason) => {
    const path = join(folder, 'short.safetensors');
    await writeFile(path, content, 'latin1');
    await expect(openSafetensors(path)).rejects.toThrow(reason);
  });

  it('and a missing one are refused', async () => {
    await expect(openSafetensors(join(folder, 'none'))).rejects.toThrow(UserError);
    await expect(openSafetensors(folder)).rejects.toThrow('which is not a file');
  });

  it('is never more than refused: 300 damaged copies', async () => {
    const refused = await expectRefusedOrRead(golden, join(folder, 'damaged'), 300, async (path) => {
      await using file = await openSafetensors(path);
      for (const name of file.entries.keys()) await file.readFloat32(name);
    });
    expect(refused).toBeGreaterThan(150);
  });
});
