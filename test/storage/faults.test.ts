/** What a client does when the server, the network or the credentials fail. */
import { describe, expect, test } from 'vitest';
import { verifyLatents } from '../../src/latents/reading/verify.js';
import { credentialsFrom } from '../../src/storage/s3/environment.js';
import { getObject, sizeOfObject } from '../../src/storage/s3/objects.js';
import { useFaultyStore } from './faulty-store.js';
import { clientAt, credentials } from './s3-server.js';

const store = useFaultyStore();

describe('faults', () => {
  test('that pass are tried again', async () => {
    const bytes = await store.uploaded('steady', 100_000);
    store.proxy.fail = (_, index) =>
      index % 3 === 0 ? undefined : { status: index % 3 === 1 ? 503 : 500, code: 'SlowDown' };
    expect((await getObject(store.client, 'steady')).equals(bytes)).toBe(true);
    store.proxy.fail = (_, index) => (index % 2 === 0 ? undefined : { cutAfterBytes: 5_000 });
    expect((await getObject(store.client, 'steady')).equals(bytes)).toBe(true);
    store.proxy.fail = (_, index) => (index % 2 === 0 ? undefined : 'lost answer');
    expect((await getObject(store.client, 'steady')).equals(bytes)).toBe(true);
    // As long as something comes, slowness is no fault.
    store.proxy.fail = () => ({ pauseMs: 60 });
    const before = store.proxy.requests.length;
    expect((await getObject(clientAt(store.proxy.url, { idleMs: 600 }), 'steady')).equals(bytes)).toBe(true);
    expect(store.proxy.requests.length - before).toBe(1);
  });

  test('in the middle of an upload leave a whole object or none', async () => {
    let faults = 0;
    store.proxy.fail = (line) => (/partNumber=2/.test(line) && faults++ < 2 ? { status: 500 } : undefined);
    const bytes = await store.uploaded('mended', 2 ** 19 + 17);
    expect((await getObject(store.client, 'mended')).equals(bytes)).toBe(true);
    store.proxy.fail = (line) => (/partNumber=2/.test(line) ? { status: 403, code: 'ExpiredToken' } : undefined);
    await expect(store.uploaded('broken', 2 ** 19 + 17)).rejects.toThrow(
      /s3:\/\/data have expired \(403 ExpiredToken.*AWS_SESSION_TOKEN to new ones/,
    );
    expect(store.proxy.requests.at(-1)).toMatch(/^DELETE .*uploadId=/);
    expect(await store.keysBelow('broken')).toEqual([]);
    // The store has finished the object, and nobody has heard of it.
    let lost = 0;
    store.proxy.fail = (line) => (/^POST .*\?uploadId=/.test(line) && lost++ === 0 ? 'lost answer' : undefined);
    const again = await store.uploaded('unheard', 2 ** 19 + 17);
    expect((await getObject(store.client, 'unheard')).equals(again)).toBe(true);
  });

  test('that stay end in one sentence', async () => {
    store.proxy.fail = () => ({ status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' });
    await expect(getObject(store.client, 'x')).rejects.toThrow(
      /refuses s3:\/\/data\/x \(503 SlowDown "Please reduce your request rate."\), after 7 tries in \d+ s: .* is kept/,
    );
    store.proxy.fail = () => ({ status: 403, code: 'ExpiredToken' });
    await expect(getObject(store.client, 'x')).rejects.toThrow(
      /credentials for s3:\/\/data have expired .*run the command again/,
    );
    store.proxy.fail = () => ({ status: 403, code: 'RequestTimeTooSkewed' });
    await expect(getObject(store.client, 'x')).rejects.toThrow(/set this machine's clock/);
    const wrong = clientAt(store.proxy.url, {
      credentials: credentialsFrom({ ...credentials, AWS_SECRET_ACCESS_KEY: 'no' }),
    });
    store.proxy.fail = () => undefined;
    await expect(getObject(wrong, 'x')).rejects.toThrow(/SignatureDoesNotMatch.*see AWS_ACCESS_KEY_ID/);
    await expect(getObject(clientAt('http://127.0.0.1:4'), 'x')).rejects.toThrow(
      /does not answer .*ECONNREFUSED.*7 tries/,
    );
    store.proxy.fail = () => 'silence';
    const impatient = clientAt(store.proxy.url, { idleMs: 20 });
    await expect(getObject(impatient, 'x')).rejects.toThrow(/nothing came for 0.02 s/);
  });

  test('of the place are named, also where an answer has no body', async () => {
    const other = clientAt(store.proxy.url, { bucket: 'nowhere' });
    for (const ask of [getObject, sizeOfObject]) {
      await expect(ask(other, 'x')).rejects.toThrow(/has no bucket nowhere: create it/);
      store.proxy.fail = () => ({ status: 403, code: 'ExpiredToken' });
      await expect(ask(store.client, 'x')).rejects.toThrow(/credentials for s3:\/\/data have expired/);
      store.proxy.fail = () => ({ status: 403, code: 'AccessDenied' });
      await expect(ask(store.client, 'x')).rejects.toThrow(/AccessDenied.*see which rights these credentials have/);
      store.proxy.fail = () => undefined;
    }
    expect(await sizeOfObject(store.client, 'x')).toBeUndefined();
  });

  test('of credentials end where newer ones are found', async () => {
    let asked = 0;
    const chain = {
      fromNodeProviderChain: () => async () => ({ accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER', number: ++asked }),
    };
    const renewing = clientAt(store.proxy.url, {
      credentials: credentialsFrom({ AWS_PROFILE: 'lab' }, async () => chain),
    });
    await sizeOfObject(renewing, 'x');
    expect(asked).toBe(1);
    store.proxy.fail = () => (asked === 1 ? { status: 403, code: 'ExpiredToken' } : undefined);
    expect(await sizeOfObject(renewing, 'x')).toBeUndefined();
    expect(asked).toBe(2);
  });

  test('of the network are no damage of a store', async () => {
    Object.assign(process.env, credentials, { AWS_ENDPOINT_URL: store.proxy.url });
    expect(await verifyLatents('s3://data/store')).toEqual([expect.stringMatching(/is no folder of latents/)]);
    await expect(verifyLatents('s3://nowhere/store')).rejects.toThrow(/has no bucket nowhere/);
    store.proxy.fail = () => ({ status: 403, code: 'ExpiredToken' });
    await expect(verifyLatents('s3://data/store')).rejects.toThrow(/have expired/);
  });

  test('do not come of too many requests at once', async () => {
    const bytes = await store.uploaded('popular', 1000);
    let most = 0;
    const open = new Set<object>();
    store.proxy.onRequest = (request) => {
      open.add(request);
      most = Math.max(most, open.size);
      request.once('close', () => open.delete(request));
    };
    const all = await Promise.all(Array.from({ length: 150 }, () => getObject(store.client, 'popular')));
    expect(all.every((answer) => answer.equals(bytes))).toBe(true);
    expect(most).toBeLessThanOrEqual(64);
  });
});
