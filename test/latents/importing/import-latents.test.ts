import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ZipFile } from 'yazl';
import { UserError } from '../../../src/errors.js';
import { writeSafetensors } from '../../../src/interop/safetensors/safetensors.js';
import { npyFile } from '../../../src/latents/convert/npy.js';
import { openLatentCache } from '../../../src/latents/importing/caches.js';
import { importLatents } from '../../../src/latents/importing/import-latents.js';
import { describeLatents } from '../../../src/latents/reading/describe.js';
import { openLatents } from '../../../src/latents/reading/store.js';
import { verifyLatents } from '../../../src/latents/reading/verify.js';
import { expectRefusedOrRead } from '../../interop/damage.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'import-latents-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** 0, 1, 2, … times `step`, as many as `shape` holds. */
const counting = (shape: readonly number[], step = 1) =>
  Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, index) => index * step);

/** What the store gives as [h, w, Z], in the caches' order [Z, h, w]. */
function channelsFirst(values: Float32Array, channels: number): number[] {
  const area = values.length / channels;
  return Array.from(values, (_, index) => values[(index % area) * channels + Math.floor(index / area)] as number);
}

async function save(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, bytes);
}

async function npz(arrays: Readonly<Record<string, readonly [Float32Array, readonly number[]]>>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, [values, shape]] of Object.entries(arrays)) zip.addBuffer(npyFile(values, shape), `${name}.npy`);
  zip.end();
  return buffer(zip.outputStream as Readable);
}

const options = { factor: 8, dtype: 'float32', shardBytes: 1 << 20 } as const;

async function imported(name: string, more: object = {}) {
  const out = join(folder, `${name}-store`);
  const summary = await importLatents(join(folder, name), { ...options, out, ...more });
  expect(await verifyLatents(out)).toEqual([]);
  return { out, summary, store: await openLatents(out), description: await describeLatents(out) };
}

describe('a cache of another trainer', () => {
  it("may be OneTrainer's: files of texts beside it are none of it", async () => {
    await cp(fileURLToPath(new URL('../../golden/onetrainer/cache', import.meta.url)), join(folder, 'onetrainer'), {
      recursive: true,
    });
    const { store, summary } = await imported('onetrainer');
    await using opened = store;
    expect(summary).toMatchObject({ kind: 'OneTrainer', images: 2, skipped: 0 });
    const [first, second] = [await opened.get(0), await opened.get(1)];
    expect(first).toMatchObject({ path: 'image/0a1b2c/variation-0/0.pt', shape: [2, 3, 4] });
    expect(channelsFirst(first.mean, 4)).toEqual([...counting([24])]);
    expect(second.shape).toEqual([2, 2, 4]);
    expect(channelsFirst(second.mean, 4)).toEqual([...counting([16])]);
  });

  it("may be DiT's: scaled samples become raw, labels stay numbers", async () => {
    for (const index of [0, 1, 10]) {
      const values = counting([1, 4, 2, 2], 0.18215 * (index + 1));
      await save(join(folder, 'dit', 'imagenet256_features', `${index}.npy`), npyFile(values, [1, 4, 2, 2]));
      await save(
        join(folder, 'dit', 'imagenet256_labels', `${index}.npy`),
        npyFile(BigInt64Array.of(BigInt(index)), [1]),
      );
    }
    const { store, summary, description } = await imported('dit');
    expect(summary).toMatchObject({ kind: 'DiT', images: 3, scaling: { factor: 0.18215, shift: 0 } });
    expect(description.encoder.name).toBe('unknown (DiT)');
    const last = await store.get(2);
    expect(last.label).toBe(10);
    for (const [index, value] of channelsFirst(last.mean, 4).entries()) expect(value).toBeCloseTo(index * 11, 3);
    expect(last.logvar.every((value) => value === -30)).toBe(true);
  });

  it("may be LightningDiT's: mirrored latents come along", async () => {
    const shape = [2, 3, 2, 2];
    await mkdir(join(folder, 'lightning'));
    await writeSafetensors(join(folder, 'lightning', 'latents_rank00_shard000.safetensors'), [
      { name: 'latents', dtype: 'F32', shape, data: counting(shape) },
      { name: 'latents_flip', dtype: 'F32', shape, data: counting(shape, -1) },
      { name: 'labels', dtype: 'I64', shape: [2], data: BigInt64Array.of(1n, 0n) },
    ]);
    const { store, summary } = await imported('lightning', { factor: 16 });
    expect(summary).toMatchObject({ kind: 'LightningDiT', images: 2 });
    const first = await store.get(0);
    expect(channelsFirst(first.mean, 3)).toEqual([...counting([12])]);
    expect(first.label).toBe(1);
    expect(store.manifest.latent.mirrored).toBe(true);
  });

  it("may be MAR's: moments are mean and logvar, folders are classes", async () => {
    const moments = counting([4, 2, 2], -0.5);
    const bytes = await npz({ moments: [moments, [4, 2, 2]], moments_flip: [moments, [4, 2, 2]] });
    await save(join(folder, 'mar', 'cat', 'a.npz'), bytes);
    await save(join(folder, 'mar', 'dog', 'b.npz'), bytes);
    const { store, summary } = await imported('mar');
    expect(summary).toMatchObject({ kind: 'MAR', images: 2 });
    const second = await store.get(1);
    expect([second.label, channelsFirst(second.mean, 2), channelsFirst(second.logvar, 2)]).toEqual([
      1,
      [...moments.slice(0, 8)],
      [...moments.slice(8)],
    ]);
  });

  it("may be sd-scripts': shards hold one size each, so that every reader gives batches", async () => {
    const latents = (size: readonly number[]) => [counting(size), size] as const;
    await save(join(folder, 'kohya', 'a.npz'), await npz({ latents: latents([4, 2, 3]) }));
    await save(join(folder, 'kohya', 'b_0016x0032_sdxl.npz'), await npz({ latents_2x4: latents([4, 2, 4]) }));
    await save(join(folder, 'kohya', 'c.npz'), await npz({ latents: latents([4, 2, 3]) }));
    const { store, summary } = await imported('kohya');
    expect(summary).toMatchObject({ kind: 'sd-scripts', images: 3, shards: 2 });
    expect(store.manifest.latent.shape).toEqual([4, null, null]);
    expect(store.manifest.latent.buckets).toEqual([
      { width: 24, height: 16, shape: [4, 2, 3] },
      { width: 32, height: 16, shape: [4, 2, 4] },
    ]);
    expect(store.manifest.shards.map(({ shape, images }) => [shape, images])).toEqual([
      [[4, 2, 3], 2],
      [[4, 2, 4], 1],
    ]);
    const stored = await Promise.all([0, 1, 2].map((index) => store.get(index)));
    expect(stored.map(({ path, shape }) => [path, shape])).toEqual([
      ['a.npz', [2, 3, 4]],
      ['c.npz', [2, 3, 4]],
      ['b_0016x0032_sdxl.npz', [2, 4, 4]],
    ]);
  });

  it('is refused in one sentence where nothing known is there', async () => {
    await mkdir(join(folder, 'none'));
    await expect(imported('none')).rejects.toThrow(/is no cache of latents that is known here/);
    await expect(imported('absent')).rejects.toThrow(UserError);
    await save(join(folder, 'odd', 'a.npz'), await npz({ other: [counting([4]), [4]] }));
    await expect(imported('odd')).rejects.toThrow('a.npz holds other, wanted latents');
  });

  it.each([
    ["DiT's", 'dit', 'imagenet256_features/0.npy'],
    ["LightningDiT's", 'lightning', 'latents_rank00_shard000.safetensors'],
    ["OneTrainer's", 'onetrainer', 'image/0a1b2c/variation-0/1.pt'],
    ["sd-scripts'", 'kohya', 'a.npz'],
  ])('is never more than refused: 300 damaged files of %s', async (_, name, file) => {
    const cache = join(folder, `${name}-damaged`);
    await cp(join(folder, name), cache, { recursive: true });
    const refused = await expectRefusedOrRead(join(folder, name, file), join(cache, file), 300, async () => {
      const opened = await openLatentCache(cache);
      for await (const { mean, shape } of opened.read()) expect(mean).toHaveLength(shape.reduce((a, b) => a * b));
    });
    expect(refused).toBeGreaterThan(50);
  });

  it('is never more than refused: 300 damaged archives and arrays', async () => {
    const sound = join(folder, 'sound.npz');
    await save(sound, await npz({ moments: [counting([4, 2, 2], -0.1), [4, 2, 2]] }));
    let runs = 0;
    await mkdir(join(folder, 'damaged'));
    const refused = await expectRefusedOrRead(sound, join(folder, 'damaged', 'a.npz'), 300, async () => {
      await importLatents(join(folder, 'damaged'), { ...options, out: join(folder, `damaged-${runs++}`) });
    });
    expect(refused).toBeGreaterThan(50);
  });
});
