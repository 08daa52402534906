import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { openTensorFile } from '../../../src/interop/open-tensor-file.js';
import { openSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { expectRefusedOrRead } from '../damage.js';
import { zipArchive } from '../zip.js';

/** The same tensors saved by PyTorch 2.13 in three ways, and as float32 by safetensors. */
const golden = (name: string) => fileURLToPath(new URL(`../../golden/torch/${name}`, import.meta.url));

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'torch-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('reading', () => {
  it.each(['state-dict.pth', 'checkpoint.ckpt', 'legacy.pth'])('%s gives the values that PyTorch has', async (name) => {
    await using expected = await openSafetensors(golden('expected.safetensors'));
    await using file = await openTensorFile(golden(name));
    expect([...file.entries.keys()].sort()).toEqual([...expected.entries.keys()].sort());
    for (const { name, shape } of expected.entries.values()) {
      expect(file.entries.get(name)?.shape, name).toEqual(shape);
      expect(await file.readFloat32(name), name).toEqual(await expected.readFloat32(name));
    }
    expect(file.entries.get('f8')).toMatchObject({ dtype: 'F8_E4M3', sizeBytes: 6 });
    expect(await file.readBytes('u16')).toEqual(Uint8Array.of(1, 0, 255, 255));
  });

  it('tells what stands beside the weights', async () => {
    await using file = await openTensorFile(golden('checkpoint.ckpt'));
    expect(file.metadata).toEqual({ epoch: '3', global_step: '100', note: 'grüße' });
  });
});

/** Pickles by hand, in the notation of the opcodes' bytes. */
const start = '\x80\x02';
const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
const storage = (key: string, elements: string) =>
  `(${text('storage')}ctorch\nFloatStorage\n${text(key)}${text('cpu')}${elements}tQ`;
const tensor = (shape: string, strides: string, offset = 'K\0', from = storage('0', 'K\x04')) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${from}${offset}(${shape}t(${strides}t\x89NtR`;
const dict = (value: string) => `${start}}${text('w')}${value}s.`;
const four = Float32Array.of(1, 2, 3, 4);
const archive = (pickle: string, options = {}) =>
  zipArchive({ 'a/data.pkl': Buffer.from(pickle, 'latin1'), 'a/data/0': new Uint8Array(four.buffer) }, options);

describe('an archive made by hand', () => {
  it.each([false, true])('is read (ZIP64: %s)', async (zip64) => {
    const path = join(folder, 'good.pth');
    await writeFile(path, archive(dict(tensor('K\x02K\x02', 'K\x02K\x01')), { zip64 }));
    await using file = await openTensorFile(path);
    expect(file.entries.get('w')?.shape).toEqual([2, 2]);
    expect(await file.readFloat32('w')).toEqual(four);
  });

  const long = (value: number) =>
    `\x8a\x09${Buffer.from(BigUint64Array.of(BigInt(value)).buffer).toString('latin1')}\0`;
  const numbers = Array.from({ length: 50_000 }, (_, n) => `M${String.fromCharCode(n & 255, n >> 8)}`).join('');
  const hostile: [string, string, RegExp][] = [
    ['a command', `${start}cos\nsystem\n${text('touch /tmp/owned')}\x85R.`, /asks for os\.system, which/],
    ['an import by stack', `${start}${text('builtins')}${text('eval')}\x93.`, /asks for builtins\.eval, which/],
    ['an inherited name', `${start}cconstructor\nname\n.`, /asks for constructor\.name, which/],
    ['an endless name', `${start}c${'x'.repeat(1_000_000)}\nname\n.`, /asks for x{100}, which/],
    ['a call of a dtype', `${start}ctorch\nfloat32\n)R.`, /calls torch\.float32/],
    ['a call of a list', `${start}])R.`, /calls what is no function/],
    ['an unknown opcode', `${start}i.`, /holds the opcode 105/],
    ['a list inside itself', `${start}]q\0h\0a.`, /holds no weights/],
    ['a million dicts', `${start}${'}'.repeat(1_000_001)}.`, /makes more than 1000000 objects/],
    ['copies of copies', `${start}(${numbers}lq\0${'0c__builtin__\nset\nh\0\x85R'.repeat(1000)}.`, /makes more than/],
    ['nothing', '', /is cut off/],
    ['no end', `${start}]`, /is cut off/],
    ['a pop too many', `${start}0.`, /takes a value where there is none/],
    ['a mark too few', `${start}t.`, /closes a group/],
    ['a pop through a mark', `${start}N(0.`, /takes a value where there is none/],
    ['a key alone', `${start}}(Nu.`, /a key without a value/],
    ['an unset memo', `${start}h\0.`, /recalls a value/],
    ['a text without end', `${start}X\xff\xff\xff\xff.`, /is cut off/],
    ['bytes without end', `${start}\x8e\xff\xff\xff\xff\xff\xff\xff\xff.`, /is cut off/],
    ['a list for a dict', `${start}]${text('w')}Ns.`, /sets items of what is no dict/],
    ['another persistent id', `${start}NQ.`, /refers to a storage/],
    ['a shape too large', dict(tensor('K\x05', 'K\x01')), /exceeds its storage/],
    ['a shape without bounds', dict(tensor(long(2 ** 62), 'K\0')), /in an unknown way/],
    ['a repeated element', dict(tensor('M\xff\xff', 'K\0')), /exceeds its storage/],
    ['an offset too large', dict(tensor('K\x02', 'K\x01', 'K\x03')), /exceeds its storage/],
    ['strides too large', dict(tensor('K\x02', 'K\x04')), /exceeds its storage/],
    ['a negative stride', dict(tensor('K\x02', 'J\xff\xff\xff\xff', 'K\x03')), /in an unknown way/],
    ['fewer strides', dict(tensor('K\x02K\x02', 'K\x01')), /in an unknown way/],
    ['a storage that is not there', dict(tensor('K\x02', 'K\x01', 'K\0', storage('1', 'K\x04'))), /data\/1 is missing/],
    ['a storage that is larger', dict(tensor('K\x02', 'K\x01', 'K\0', storage('0', 'K\x05'))), /says 20/],
    ['a storage elsewhere', dict(tensor('K\x02', 'K\x01', 'K\0', storage('../data/0', 'K\x04'))), /is missing/],
    ['no weights', `${start}}.`, /holds no weights by name/],
    ['weights without names', `${start}${tensor('K\x02', 'K\x01')}.`, /holds no weights by name/],
  ];
  it.each(hostile)('with %s is refused', async (_, pickle, reason) => {
    const path = join(folder, 'hostile.pth');
    await writeFile(path, archive(pickle));
    const error = await openTensorFile(path).then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as UserError).message).toMatch(reason);
    expect((error as UserError).message.length).toBeLessThan(400);
  });

  it('that torch.save never makes is refused', async () => {
    const path = join(folder, 'odd.pth');
    const pickle = Buffer.from(dict(tensor('K\x02', 'K\x01')), 'latin1');
    const odd: [Buffer, RegExp][] = [
      [archive(pickle.toString('latin1'), { compressionMethod: 8 }), /compressed or encrypted/],
      [zipArchive({ 'data.pkl': pickle }), /with 0 files data\.pkl/],
      [zipArchive({ 'a/data.pkl': pickle, 'b/data.pkl': pickle }), /with 2 files data\.pkl/],
      [zipArchive({ 'a/data.pkl': pickle, 'a/byteorder': Buffer.from('big') }), /big-endian/],
      [Buffer.from('PK'), /zip archive is damaged/],
    ];
    for (const [bytes, reason] of odd) {
      await writeFile(path, bytes);
      const opening = openTensorFile(path);
      await expect(opening).rejects.toThrow(UserError);
      await expect(opening).rejects.toThrow(reason);
    }
  });
});

it.each(['state-dict.pth', 'legacy.pth'])('is never more than refused: 300 damaged copies of %s', async (name) => {
  const refused = await expectRefusedOrRead(golden(name), join(folder, 'damaged'), 300, async (path) => {
    await using file = await openTensorFile(path);
    for (const tensor of file.entries.keys()) await file.readFloat32(tensor);
  });
  expect(refused).toBeGreaterThan(100);
});
