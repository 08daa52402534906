import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { UserError } from '../../../src/errors.js';
import { fetchWeightFile, weightFileState } from '../../../src/losses/perceptual/fetch-weights.js';
import { loadPerceptualLoss } from '../../../src/losses/perceptual/load.js';
import { defaultWeightFolder, lpipsWeightFiles, type WeightFile } from '../../../src/losses/perceptual/weight-files.js';

const body = Buffer.alloc(300_000, 'weights ');
const published = (changes: Partial<WeightFile> = {}): WeightFile => ({
  ...lpipsWeightFiles.vgg.trunk,
  fileName: 'network.pth',
  url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/network.pth`,
  sha256Prefix: createHash('sha256').update(body).digest('hex').slice(0, 8),
  ...changes,
});

let server: Server;
let folder: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/network.pth') return response.end(body);
    if (request.url === '/no-length.pth') {
      response.write(body.subarray(0, 1000));
      return response.end(body.subarray(1000));
    }
    if (request.url === '/broken.pth') {
      response.writeHead(200, { 'content-length': body.length });
      response.write(body.subarray(0, 1000));
      return setTimeout(() => response.destroy(), 20);
    }
    response.statusCode = 404;
    return response.end('no such thing');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'weights-'));
  return () => rm(folder, { recursive: true });
});

describe('fetching', () => {
  test('stores the published bytes and tells its progress', async () => {
    const progress: number[] = [];
    const file = published();
    expect(await weightFileState(file, folder)).toBe('missing');
    const path = await fetchWeightFile(file, join(folder, 'new'), {
      onProgress: (done, total) => progress.push(done / total),
    });
    expect(await readFile(path)).toEqual(body);
    expect(progress.at(-1)).toBe(1);
    expect(await weightFileState(file, join(folder, 'new'))).toBe('present');
  });

  test.each([
    {
      what: 'other contents',
      change: () => ({ sha256Prefix: '00000000' }),
      says: /got 300000 bytes of sha256 [0-9a-f]{64}/,
    },
    {
      what: 'a missing file',
      change: () => ({ url: published().url.replace('network', 'other') }),
      says: /answered 404/,
    },
    {
      what: 'a broken line',
      change: () => ({ url: published().url.replace('network', 'broken') }),
      says: /Cannot fetch/,
    },
    { what: 'no network', change: () => ({ url: 'http://127.0.0.1:1/network.pth' }), says: /bad port|ECONNREFUSED/ },
  ])('$what leaves nothing behind and says what to copy where', async ({ change, says }) => {
    const file = published(change());
    const failure = fetchWeightFile(file, folder);
    await expect(failure).rejects.toBeInstanceOf(UserError);
    await expect(failure).rejects.toThrow(says);
    await expect(failure).rejects.toThrow(`copy it to ${join(folder, 'network.pth')}`);
    expect(await readdir(folder)).toEqual([]);
  });

  test('of a server that does not tell how much there is, progress goes by the published size', async () => {
    const totals = new Set<number>();
    const url = published().url.replace('network', 'no-length');
    await fetchWeightFile(published({ url, sizeMegabytes: 0.25 }), folder, {
      onProgress: (_, total) => totals.add(total),
    });
    expect([...totals]).toEqual([250_000]);
  });

  test('an aborted download leaves nothing behind', async () => {
    const abort = new AbortController();
    const failure = fetchWeightFile(published(), folder, {
      signal: abort.signal,
      onProgress: () => abort.abort(),
    });
    await expect(failure).rejects.toThrow(/abort/);
    expect(await readdir(folder)).toEqual([]);
  });

  test('a file of other contents under the right name is called damaged', async () => {
    await writeFile(join(folder, 'network.pth'), 'something else');
    expect(await weightFileState(published(), folder)).toBe('damaged');
  });
});

test('the cache folder follows XDG_CACHE_HOME', () => {
  expect(defaultWeightFolder({ XDG_CACHE_HOME: '/var/caches' })).toBe(join('/var/caches/latent-vae/weights'));
  expect(defaultWeightFolder({})).toMatch(/\.cache.latent-vae.weights$/);
});

test('a loss whose files are missing names the first one and how to get it', async () => {
  const loading = loadPerceptualLoss('lpips-vgg', folder);
  await expect(loading).rejects.toThrow(
    /lpips-vgg needs .*vgg16-397923af.pth, which is not there: run latent-vae weights/,
  );
});

const shared = fileURLToPath(new URL('../../../../shared/weights', import.meta.url));
if (!existsSync(shared)) process.stderr.write(`The heads' checksums are not tried: ${shared} is not there.\n`);

test.skipIf(!existsSync(shared))('the published heads have the listed checksums', async () => {
  for (const { heads } of Object.values(lpipsWeightFiles)) expect(await weightFileState(heads, shared)).toBe('present');
});
