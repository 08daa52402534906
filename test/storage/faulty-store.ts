/** A store behind a proxy that fails when it is told to, for all tests of a file. */
import { afterAll, afterEach, beforeAll } from 'vitest';
import type { S3Client } from '../../src/storage/s3/client.js';
import { listPages } from '../../src/storage/s3/objects.js';
import { clientAt, type FaultyProxy, startProxy, startS3, type TestServer, uploadRandom } from './s3-server.js';

export interface FaultyStore {
  readonly server: TestServer;
  readonly proxy: FaultyProxy;
  /** Of the bucket `data`, through the proxy. */
  readonly client: S3Client;
  keysBelow(prefix: string): Promise<string[]>;
  /** Uploads a file of so many bytes, and returns them. */
  uploaded(key: string, sizeBytes: number): Promise<Buffer>;
}

/** Its parts are there once the tests of the file begin; no fault outlives the test that it was for. */
export function useFaultyStore(): FaultyStore {
  let parts: Pick<FaultyStore, 'server' | 'proxy' | 'client'>;
  beforeAll(async () => {
    const server = await startS3('data');
    const proxy = await startProxy(server.url);
    parts = { server, proxy, client: clientAt(proxy.url) };
  });
  afterEach(() => {
    parts.proxy.fail = () => undefined;
  });
  afterAll(async () => {
    await parts.proxy[Symbol.asyncDispose]();
    await parts.server[Symbol.asyncDispose]();
  });
  return {
    get server() {
      return parts.server;
    },
    get proxy() {
      return parts.proxy;
    },
    get client() {
      return parts.client;
    },
    async keysBelow(prefix) {
      const keys: string[] = [];
      for await (const { objects } of listPages(parts.client, prefix)) keys.push(...objects.map(({ key }) => key));
      return keys;
    },
    uploaded: (key, sizeBytes) => uploadRandom(parts.client, key, sizeBytes),
  };
}
