/** A real server of object storage (s3rver) as a process of its own, and a proxy before it that fails when it is told to. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { type AddressInfo, createServer as createSocketServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { createS3Client, type S3Client } from '../../src/storage/s3/client.js';
import { credentialsFrom, endpointOf } from '../../src/storage/s3/environment.js';
import { uploadFile } from '../../src/storage/s3/upload.js';
import { isSigned } from './signature.js';

export interface TestServer extends AsyncDisposable {
  readonly url: string;
  /** Where the objects of its buckets lie. */
  readonly folder: string;
}

/** What s3rver lets in. */
export const credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', AWS_REGION: 'us-east-1' };

/** Of the bucket `data`, with short waits. */
export const clientAt = (url: string, options: Partial<Parameters<typeof createS3Client>[0]> = {}): S3Client =>
  createS3Client({
    bucket: 'data',
    endpoint: endpointOf(options.bucket ?? 'data', { ...credentials, AWS_ENDPOINT_URL: url }),
    credentials: credentialsFrom(credentials),
    firstWaitMs: 1,
    // Smaller than S3 allows, so that a file of many parts is written in no time.
    partBytes: 2 ** 18,
    ...options,
  });

/** Uploads a file of so many bytes, and returns them. */
export async function uploadRandom(client: S3Client, key: string, sizeBytes: number): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'upload-'));
  try {
    const bytes = randomBytes(sizeBytes);
    await writeFile(join(folder, 'file'), bytes);
    await uploadFile(client, key, join(folder, 'file'));
    return bytes;
  } finally {
    await rm(folder, { recursive: true });
  }
}

export async function startS3(...buckets: string[]): Promise<TestServer> {
  const folder = await mkdtemp(join(tmpdir(), 's3rver-'));
  for (const bucket of buckets) await mkdir(join(folder, bucket));
  const port = await freePort();
  const program = createRequire(import.meta.url).resolve('s3rver/bin/s3rver.js');
  const words = ['--directory', folder, '--port', String(port), '--address', '127.0.0.1', '--silent'];
  // Its listings come in pages by the help of a cipher that OpenSSL 3 calls old.
  const child = spawn(process.execPath, ['--openssl-legacy-provider', program, ...words], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    if (await fetch(url).catch(() => undefined)) break;
    if (tries === 200 || child.exitCode !== null) throw new Error('s3rver does not start');
    await sleep(100);
  }
  return {
    url,
    folder,
    async [Symbol.asyncDispose]() {
      child.kill();
      if (child.exitCode === null) await once(child, 'exit');
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createSocketServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** What a request meets on its way. */
export type Fault =
  | { readonly status: number; readonly code?: string; readonly message?: string }
  /** The connection ends after so many bytes of the answer. */
  | { readonly cutAfterBytes: number }
  /** Pieces of 8 KiB come one by one, with so long a pause after each. */
  | { readonly pauseMs: number }
  /** The request arrives, its answer does not. */
  | 'lost answer'
  /** Neither arrives, and nobody says so. */
  | 'silence';

export interface FaultyProxy extends AsyncDisposable {
  readonly url: string;
  /** All requests so far, as `GET /bucket/key?query`. */
  readonly requests: readonly string[];
  /** Of the requests so far. */
  readonly headers: readonly IncomingMessage['headers'][];
  /** Asked of every request, with how many there were before it; undefined lets it pass. */
  fail: (line: string, index: number) => Fault | undefined;
  onRequest: (answer: ServerResponse) => void;
}

export async function startProxy(target: string): Promise<FaultyProxy> {
  const requests: string[] = [];
  const headers: IncomingMessage['headers'][] = [];
  const server = createServer((incoming, outgoing) => {
    const line = `${incoming.method} ${incoming.url}`;
    const fault = proxy.fail(line, requests.length);
    requests.push(line);
    proxy.onRequest(outgoing);
    headers.push(incoming.headers);
    if (fault === 'silence') return;
    const isAllowed = isSigned(incoming, credentials.AWS_SECRET_ACCESS_KEY);
    if (!isAllowed) return answerWith({ status: 403, code: 'SignatureDoesNotMatch' }, incoming, outgoing);
    if (typeof fault === 'object' && 'status' in fault) return answerWith(fault, incoming, outgoing);
    forward(target, incoming, outgoing, fault);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: FaultyProxy = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    headers,
    fail: () => undefined,
    onRequest: () => undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return proxy;
}

function answerWith(
  fault: Extract<Fault, { status: number }>,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  incoming.resume();
  incoming.on('end', () => {
    const { status, code = 'InternalError', message = 'we met an error' } = fault;
    outgoing.writeHead(status, { 'content-type': 'application/xml' });
    outgoing.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`);
  });
}

function forward(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  fault: Exclude<Fault, { status: number } | 'silence'> | undefined,
): void {
  const { method = 'GET', headers, url = '/' } = incoming;
  // The signature covers the host that was asked.
  const onward = request(target + url, { method, headers }, (answer) => {
    if (fault === 'lost answer') return void answer.resume().on('end', () => outgoing.destroy());
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    if (fault === undefined) return void answer.pipe(outgoing);
    if ('pauseMs' in fault) return void pipeline(answer, inPieces(fault.pauseMs), outgoing, () => undefined);
    let left = fault.cutAfterBytes;
    answer.on('data', (chunk: Buffer) => {
      outgoing.write(chunk.subarray(0, left));
      left -= chunk.length;
      if (left <= 0) setTimeout(() => outgoing.destroy(), 20);
    });
  });
  onward.on('error', () => outgoing.destroy());
  incoming.pipe(onward);
}

const inPieces = (pauseMs: number) =>
  async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      for (let at = 0; at < chunk.length; at += 8192) {
        yield chunk.subarray(at, at + 8192);
        await sleep(pauseMs);
      }
    }
  };
