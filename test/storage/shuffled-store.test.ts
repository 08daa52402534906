/** A store in an object store, read in a random order: how many requests that takes, and that it is the same as from a folder. */
import { cp, mkdir, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Of } from '../../src/digest.js';
import { latentBatches } from '../../src/latents/reading/epochs/batches.js';
import { openLatents } from '../../src/latents/reading/store.js';
import { openWriter } from '../../src/latents/writing/store/writer.js';
import { credentials, type FaultyProxy, startProxy, startS3, type TestServer } from './s3-server.js';

const images = 400;
const options = { batch: 64, seed: 3, epoch: 0, shuffle: true, sample: 'posterior', scaled: false } as const;

let server: TestServer;
let proxy: FaultyProxy;
let folder: string;

beforeAll(async () => {
  server = await startS3('data');
  proxy = await startProxy(server.url);
  Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: proxy.url });
  folder = await mkdtemp(join(tmpdir(), 'shuffled-'));
  process.env.LATENT_VAE_WORK_DIR = join(folder, 'work');
  for (const store of [join(folder, 'store'), 's3://data/store']) await writeStore(store);
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

/** 400 latents of 32 KiB in three shards. */
async function writeStore(store: string): Promise<void> {
  if (!store.startsWith('s3:')) await mkdir(store);
  const shape = [4, 32, 32] as const;
  const writer = await openWriter(store, {
    encoder: { sha256: sha256Of('encoder'), name: 'made up' },
    preprocessing: {},
    latent: { layout: 'NCHW', shape: [...shape], dtype: 'float32', mirrored: false },
    ...{ scaling: null, classes: ['a', 'b'], shardBytes: 5 * 2 ** 20, retrySkipped: false },
  });
  const crop = { left: 0, top: 0, width: 256, height: 256 };
  for (let first = 0; first < images; first += 100) {
    const rows = Array.from({ length: 100 }, (_, row) => {
      const path = `${(first + row) % 2 ? 'a' : 'b'}/${first + row}.png`;
      return { path, class: path.slice(0, 1), sha256: sha256Of(path), width: 256, height: 256, crop };
    });
    const mean = Float32Array.from({ length: 4096 * 100 }, (_, at) => first + at / 4096);
    await writer.append({ images: rows, skipped: [], shape, posteriors: [{ mean, logvar: mean.map(Math.sin) }] });
  }
  await writer.finish();
  await writer.close();
}

async function requestsOf(work: () => Promise<unknown>): Promise<string[]> {
  const before = proxy.requests.length;
  await work();
  return proxy.requests.slice(before);
}

async function epochOf(store: Parameters<typeof latentBatches>[0], epoch = 0) {
  const batches: string[] = [];
  for await (const { latents, labels, indices } of latentBatches(store, { ...options, epoch })) {
    batches.push(sha256Of(Buffer.concat([latents, labels, indices].map(({ buffer }) => Buffer.from(buffer)))));
  }
  return batches;
}

test('an epoch is that of a folder, in few requests, and the next one in none', async () => {
  await using local = await openLatents(join(folder, 'store'));
  await using remote = await openLatents('s3://data/store');
  const expected = await epochOf(local);
  const requests = await requestsOf(async () => expect(await epochOf(remote)).toEqual(expected));
  // Of each shard its header, its labels, and pieces of 16 images of two tensors; a row is not a request.
  expect(requests.length).toBeLessThanOrEqual(3 * 2 + 2 * (images / 16 + 3));
  expect(await requestsOf(() => epochOf(remote, 1))).toEqual([]);
});

test('a store that the cache does not hold is read window by window', async () => {
  await cp(join(server.folder, 'data/store'), join(server.folder, 'data/large'), { recursive: true });
  await using remote = await openLatents('s3://data/large');
  expect(remote.gathering?.pieceRows(0)).toBe(16);
  expect(remote.gathering?.windowImages).toBeUndefined();
  const gathering = { pieceRows: () => 16, windowImages: 64 };
  const batches = latentBatches({ ...remote, shape: remote.shape, gathering }, options);
  const first = await requestsOf(() => batches.next());
  // The first window, and what is read ahead.
  expect(first.length).toBeLessThanOrEqual(70);
  let read = options.batch;
  const rest = await requestsOf(async () => {
    for await (const { indices } of batches) read += indices.length;
  });
  expect(read).toBe(images);
  expect(first.length + rest.length).toBeLessThanOrEqual(3 * 2 + 2 * (images / 16 + 3));
});
