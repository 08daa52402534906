import { randomBytes } from 'node:crypto';
import { link, mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { credentialsFrom, endpointOf } from '../../src/storage/s3/environment.js';
import { getObject, listPages, putObject, sizeOfObject } from '../../src/storage/s3/objects.js';
import { lockPrefix } from '../../src/storage/s3/prefix-lock.js';
import { openObject } from '../../src/storage/s3/ranged-object.js';
import { useFaultyStore } from './faulty-store.js';
import { clientAt, credentials } from './s3-server.js';
import { isSigned } from './signature.js';

const store = useFaultyStore();
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'objects-'));
});

async function readAll(key: string, step: number): Promise<Buffer> {
  const { source, sizeBytes } = await openObject(store.client, key);
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; ) at += (await source.read(bytes, at, Math.min(step, sizeBytes - at), at)).bytesRead;
  return bytes;
}

describe('objects', () => {
  test('keep their bytes under any name that S3 allows', async () => {
    for (const key of ['plain.png', 'a b/c+d&e=f.png', "it's (100%)!*.png", 'ü/日本/🐈.png', '%41.png', '12345']) {
      const bytes = randomBytes(100);
      await putObject(store.client, `names/${key}`, bytes);
      expect(await getObject(store.client, `names/${key}`), key).toEqual(bytes);
      expect(await sizeOfObject(store.client, `names/${key}`)).toBe(100);
      expect(await store.keysBelow(`names/${key}`)).toEqual([`names/${key}`]);
    }
    expect(await sizeOfObject(store.client, 'names/none')).toBeUndefined();
    await expect(getObject(store.client, 'names/none')).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('are uploaded in parts, and read in ranges of any size', async () => {
    const bytes = await store.uploaded('large', 9 * 2 ** 20 + 77);
    expect(store.proxy.requests.filter((line) => /^PUT .*partNumber=/.test(line))).toHaveLength(37);
    for (const step of [100_003, 2 ** 20, 6 * 2 ** 20]) expect((await readAll('large', step)).equals(bytes)).toBe(true);
    const before = store.proxy.requests.length;
    const { source } = await openObject(store.client, 'large');
    const row = Buffer.alloc(16_384);
    for (let index = 0; index < 50; index++) {
      const at = (index * 7_919_777) % (bytes.length - row.length);
      await source.read(row, 0, row.length, at);
      expect(row.equals(bytes.subarray(at, at + row.length))).toBe(true);
    }
    // All of it is in the cache by now.
    expect(store.proxy.requests.length - before).toBe(1);
  });

  test('that change while they are read are not mixed', async () => {
    await store.uploaded('changing', 300_000);
    const { source } = await openObject(store.client, 'changing');
    await store.uploaded('changing', 300_000);
    await expect(source.read(Buffer.alloc(10), 0, 10, 200_000)).rejects.toThrow(/was changed while it was read/);
  });
});

describe('a listing', () => {
  test('of many keys comes in pages', async () => {
    // As s3rver keeps objects; thousands of uploads would take a minute.
    const place = join(store.server.folder, 'data', 'many');
    await mkdir(place);
    await writeFile(join(folder, 'md5'), 'd41d8cd98f00b204e9800998ecf8427e');
    const names = Array.from({ length: 10_000 }, (_, index) => `${String(index).padStart(5, '0')}.png`);
    await Promise.all(
      names.map(async (name) => {
        await link(join(folder, 'md5'), join(place, `${name}._S3rver_object.md5`));
        await link(join(folder, 'md5'), join(place, `${name}._S3rver_object`));
      }),
    );
    let faults = 0;
    store.proxy.fail = (line) => (/continuation-token/.test(line) && faults++ % 2 === 0 ? { status: 503 } : undefined);
    const pages: number[] = [];
    const keys: string[] = [];
    for await (const { objects } of listPages(store.client, 'many/')) {
      pages.push(objects.length);
      keys.push(...objects.map(({ key }) => key));
    }
    expect(pages).toEqual(Array(10).fill(1000));
    expect(keys).toEqual(names.map((name) => `many/${name}`));
  });
});

describe('credentials', () => {
  test('sign as the documentation of S3 does', () => {
    const authorization =
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
      'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,' +
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41';
    const headers = {
      host: 'examplebucket.s3.amazonaws.com',
      authorization,
      range: 'bytes=0-9',
      'x-amz-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'x-amz-date': '20130524T000000Z',
    };
    const secret = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
    expect(isSigned({ method: 'GET', url: '/test.txt', headers }, secret)).toBe(true);
    expect(isSigned({ method: 'GET', url: '/other.txt', headers }, secret)).toBe(false);
  });

  test('of a session are signed with it', async () => {
    const session = { ...credentials, AWS_SESSION_TOKEN: 'a token' };
    await getObject(clientAt(store.proxy.url, { credentials: credentialsFrom(session) }), 'names/plain.png');
    expect(store.proxy.headers.at(-1)).toMatchObject({ 'x-amz-security-token': 'a token' });
    expect(store.proxy.headers.at(-1)?.authorization).toContain('x-amz-security-token');
  });

  test('come from the peer where the variables are not set, and are asked for again before they expire', async () => {
    let asked = 0;
    const chain = {
      fromNodeProviderChain: () => async () => ({ ...keys, expiration: new Date(Date.now() + 1000 * ++asked) }),
    };
    const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' };
    const source = credentialsFrom({ AWS_PROFILE: 'lab' }, async () => chain);
    await source();
    await source();
    expect(asked).toBe(2);
    const none = credentialsFrom({ AWS_PROFILE: 'lab' }, async () => undefined);
    await expect(none()).rejects.toThrow(/wanted AWS_ACCESS_KEY_ID.*the profile lab.*npm install @aws-sdk/);
  });

  test('and endpoints go to the right host', () => {
    expect(endpointOf('b', {}).bucketUrl).toBe('https://b.s3.us-east-1.amazonaws.com');
    expect(endpointOf('b.c', { AWS_REGION: 'eu-west-1' }).bucketUrl).toBe('https://s3.eu-west-1.amazonaws.com/b.c');
    expect(endpointOf('b', { AWS_ENDPOINT_URL: 'http://h:9000/' }).bucketUrl).toBe('http://h:9000/b');
    expect(endpointOf('b', { AWS_ENDPOINT_URL: 'http://a', AWS_ENDPOINT_URL_S3: 'http://c' }).bucketUrl).toBe(
      'http://c/b',
    );
    expect(() => endpointOf('b', { AWS_ENDPOINT_URL: 'h:9000' })).toThrow(/wanted a URL/);
  });
});

describe('a prefix', () => {
  test('has one writer at a time', async () => {
    const first = await lockPrefix(store.client, 'locked/', 's3://data/locked');
    await expect(lockPrefix(store.client, 'locked/', 's3://data/locked')).rejects.toThrow(
      /is being written by process \d+/,
    );
    await first.assertHeld();
    await first.release();
    const second = await lockPrefix(store.client, 'locked/', 's3://data/locked');
    await expect(first.assertHeld()).rejects.toThrow(/was taken over by process \d+/);
    await second.release();
    expect(await store.keysBelow('locked/')).toEqual([]);
  });

  test('that a killed process held is free; one of another host is not before it is given up', async () => {
    const elsewhere = {
      token: crypto.randomUUID(),
      host: 'elsewhere',
      boot: 'b',
      namespace: 'n',
      pid: 1,
      started: '1',
    };
    const key = `held/.lock/${elsewhere.token}.json`;
    await putObject(store.client, key, Buffer.from(JSON.stringify(elsewhere)));
    await expect(lockPrefix(store.client, 'held/', 's3://data/held')).rejects.toThrow(
      /process 1 on elsewhere \(its last sign of life is \d+ s old; after 120 s/,
    );
    expect(await store.keysBelow('held/')).toEqual([key]);
  });

  test('is taken by at most one of many that begin at once', async () => {
    for (let round = 0; round < 3; round++) {
      const takers = Array.from({ length: 6 }, () => lockPrefix(store.client, 'raced/', 's3://data/raced'));
      const outcomes = await Promise.allSettled(takers);
      const held = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(held.length).toBeLessThanOrEqual(1);
      for (const lock of held) await lock.release();
    }
  });
});
