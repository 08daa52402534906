/** What a client does when the server, the network or the credentials fail. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import type { S3Client } from '../../src/storage/s3/client.js';
import { credentialsFrom } from '../../src/storage/s3/environment.js';
import { getObject, listPages, sizeOfObject } from '../../src/storage/s3/objects.js';
import {
  clientAt,
  credentials,
  type FaultyProxy,
  startProxy,
  startS3,
  type TestServer,
  uploadRandom,
} from './s3-server.js';

let server: TestServer;
let proxy: FaultyProxy;
let client: S3Client;

beforeAll(async () => {
  server = await startS3('data');
  proxy = await startProxy(server.url);
  client = clientAt(proxy.url);
});
afterEach(() => {
  proxy.fail = () => undefined;
});
afterAll(async () => {
  await proxy[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const uploaded = (key: string, sizeBytes: number) => uploadRandom(client, key, sizeBytes);

async function keysBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { objects } of listPages(client, prefix)) keys.push(...objects.map(({ key }) => key));
  return keys;
}

describe('faults', () => {
  test('that pass are tried again', async () => {
    const bytes = await uploaded('steady', 100_000);
    proxy.fail = (_, index) =>
      index % 3 === 0 ? undefined : { status: index % 3 === 1 ? 503 : 500, code: 'SlowDown' };
    expect((await getObject(client, 'steady')).equals(bytes)).toBe(true);
    proxy.fail = (_, index) => (index % 2 === 0 ? undefined : { cutAfterBytes: 5_000 });
    expect((await getObject(client, 'steady')).equals(bytes)).toBe(true);
    proxy.fail = (_, index) => (index % 2 === 0 ? undefined : 'lost answer');
    expect((await getObject(client, 'steady')).equals(bytes)).toBe(true);
    // As long as something comes, slowness is no fault.
    proxy.fail = () => ({ pauseMs: 60 });
    const before = proxy.requests.length;
    expect((await getObject(clientAt(proxy.url, { idleMs: 600 }), 'steady')).equals(bytes)).toBe(true);
    expect(proxy.requests.length - before).toBe(1);
  });

  test('in the middle of an upload leave a whole object or none', async () => {
    let faults = 0;
    proxy.fail = (line) => (/partNumber=2/.test(line) && faults++ < 2 ? { status: 500 } : undefined);
    const bytes = await uploaded('mended', 2 ** 19 + 17);
    expect((await getObject(client, 'mended')).equals(bytes)).toBe(true);
    proxy.fail = (line) => (/partNumber=2/.test(line) ? { status: 403, code: 'ExpiredToken' } : undefined);
    await expect(uploaded('broken', 2 ** 19 + 17)).rejects.toThrow(
      /s3:\/\/data have expired \(403 ExpiredToken.*AWS_SESSION_TOKEN to new ones/,
    );
    expect(proxy.requests.at(-1)).toMatch(/^DELETE .*uploadId=/);
    expect(await keysBelow('broken')).toEqual([]);
    // The store has finished the object, and nobody has heard of it.
    let lost = 0;
    proxy.fail = (line) => (/^POST .*\?uploadId=/.test(line) && lost++ === 0 ? 'lost answer' : undefined);
    const again = await uploaded('unheard', 2 ** 19 + 17);
    expect((await getObject(client, 'unheard')).equals(again)).toBe(true);
  });

  test('that stay end in one sentence', async () => {
    proxy.fail = () => ({ status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' });
    await expect(getObject(client, 'x')).rejects.toThrow(
      /refuses s3:\/\/data\/x \(503 SlowDown "Please reduce your request rate."\), after 7 tries in \d+ s: .* is kept/,
    );
    proxy.fail = () => ({ status: 403, code: 'ExpiredToken' });
    await expect(getObject(client, 'x')).rejects.toThrow(
      /credentials for s3:\/\/data have expired .*run the command again/,
    );
    proxy.fail = () => ({ status: 403, code: 'RequestTimeTooSkewed' });
    await expect(getObject(client, 'x')).rejects.toThrow(/set this machine's clock/);
    const wrong = clientAt(proxy.url, {
      credentials: credentialsFrom({ ...credentials, AWS_SECRET_ACCESS_KEY: 'no' }),
    });
    proxy.fail = () => undefined;
    await expect(getObject(wrong, 'x')).rejects.toThrow(/SignatureDoesNotMatch.*see AWS_ACCESS_KEY_ID/);
    await expect(getObject(clientAt('http://127.0.0.1:4'), 'x')).rejects.toThrow(
      /does not answer .*ECONNREFUSED.*7 tries/,
    );
    proxy.fail = () => 'silence';
    const impatient = clientAt(proxy.url, { idleMs: 20 });
    await expect(getObject(impatient, 'x')).rejects.toThrow(/nothing came for 0.02 s/);
  });

  test('of the place are named, also where an answer has no body', async () => {
    const other = clientAt(proxy.url, { bucket: 'nowhere' });
    for (const ask of [getObject, sizeOfObject]) {
      await expect(ask(other, 'x')).rejects.toThrow(/has no bucket nowhere: create it/);
      proxy.fail = () => ({ status: 403, code: 'ExpiredToken' });
      await expect(ask(client, 'x')).rejects.toThrow(/credentials for s3:\/\/data have expired/);
      proxy.fail = () => ({ status: 403, code: 'AccessDenied' });
      await expect(ask(client, 'x')).rejects.toThrow(/AccessDenied.*see which rights these credentials have/);
      proxy.fail = () => undefined;
    }
    expect(await sizeOfObject(client, 'x')).toBeUndefined();
  });

  test('of credentials end where newer ones are found', async () => {
    let asked = 0;
    const chain = {
      fromNodeProviderChain: () => async () => ({ accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', number: ++asked }),
    };
    const renewing = clientAt(proxy.url, { credentials: credentialsFrom({ AWS_PROFILE: 'lab' }, async () => chain) });
    await sizeOfObject(renewing, 'x');
    expect(asked).toBe(1);
    proxy.fail = () => (asked === 1 ? { status: 403, code: 'ExpiredToken' } : undefined);
    expect(await sizeOfObject(renewing, 'x')).toBeUndefined();
    expect(asked).toBe(2);
  });

  test('of the network are no damage of a store', async () => {
    Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: proxy.url });
    expect(await verifyLatents('s3://data/store')).toEqual([expect.stringMatching(/is no folder of latents/)]);
    await expect(verifyLatents('s3://nowhere/store')).rejects.toThrow(/has no bucket nowhere/);
    proxy.fail = () => ({ status: 403, code: 'ExpiredToken' });
    await expect(verifyLatents('s3://data/store')).rejects.toThrow(/have expired/);
  });

  test('do not come of too many requests at once', async () => {
    const bytes = await uploaded('popular', 1000);
    let most = 0;
    const open = new Set<object>();
    proxy.onRequest = (request) => {
      open.add(request);
      most = Math.max(most, open.size);
      request.once('close', () => open.delete(request));
    };
    const all = await Promise.all(Array.from({ length: 150 }, () => getObject(client, 'popular')));
    expect(all.every((answer) => answer.equals(bytes))).toBe(true);
    expect(most).toBeLessThanOrEqual(64);
  });
});
