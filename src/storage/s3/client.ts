/**
 * Requests to one bucket: signed (AWS signature 4, through aws4fetch), tried again where that may help, and ended where nothing
 * comes. Bodies are bytes in memory of at most a few MiB; what is larger is read and written in stretches.
 */
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsV4Signer } from 'aws4fetch';
import PQueue from 'p-queue';
import { reasonOf, UserError } from '../../errors.js';
import { objectUrl } from '../locations.js';
import { StorageRefusal } from '../storage.js';
import { type CredentialSource, credentialsFrom, type Endpoint, type Environment, endpointOf } from './environment.js';
import { expired, isPassing, type Refusal, refusalError, refusalOf } from './refusals.js';

export interface S3Request {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'POST' | 'DELETE';
  /** Empty for the bucket. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Answers besides 2xx that are no failure. */
  readonly tolerated?: readonly number[];
}

export interface S3Response {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Buffer;
}

export interface S3Client {
  readonly bucket: string;
  /** Of an upload in parts, at least. */
  readonly partBytes: number;
  /** @throws UserError for a refusal, or where there is no answer; ObjectNotFound for 404 */
  send(request: S3Request): Promise<S3Response>;
}

export interface S3ClientOptions {
  readonly bucket: string;
  readonly endpoint: Endpoint;
  readonly credentials: CredentialSource;
  /** The first wait before another try, of which a random share is taken; each next one is twice as long. */
  readonly firstWaitMs?: number;
  /** How long nothing may come before a request is given up and tried again. */
  readonly idleMs?: number;
  /** S3 takes no parts below 5 MiB; other servers may. */
  readonly partBytes?: number;
}

const mostTries = 7;
const longestWaitMs = 10_000;
/** Each has a connection of its own, and an answer in memory. */
const requestsAtOnce = 64;

const clients = new Map<string, S3Client>();

/** The client of a bucket, as the environment says. */
export function clientOf(bucket: string, environment: Environment = process.env): S3Client {
  const endpoint = endpointOf(bucket, environment);
  const key = [endpoint.bucketUrl, endpoint.region, environment.AWS_ACCESS_KEY_ID, environment.AWS_PROFILE].join('\n');
  const client = clients.get(key) ?? createS3Client({ bucket, endpoint, credentials: credentialsFrom(environment) });
  clients.set(key, client);
  return client;
}

export function createS3Client(options: S3ClientOptions): S3Client {
  const { bucket, endpoint, credentials, firstWaitMs = 200, idleMs = 60_000, partBytes = 8 * 2 ** 20 } = options;
  const requests = new PQueue({ concurrency: requestsAtOnce });
  const signingKeys = new Map<string, ArrayBuffer>();
  const { origin } = new URL(endpoint.bucketUrl);

  async function attempt(request: S3Request, renew: boolean): Promise<S3Response> {
    const { method, key, query = {}, headers = {}, body } = request;
    const search = Object.entries(query).map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
    const path = encoded(key).replaceAll('%2F', '/');
    const url = `${endpoint.bucketUrl}/${path}${search.length > 0 ? `?${search.join('&')}` : ''}`;
    const { accessKeyId, secretAccessKey, sessionToken } = await credentials(renew);
    const signer = new AwsV4Signer({
      accessKeyId,
      secretAccessKey,
      ...(sessionToken && { sessionToken }),
      method,
      url,
      // The server compares it with what arrived, so that no half of a body is ever taken for a whole one.
      headers: {
        ...headers,
        'x-amz-content-sha256': createHash('sha256')
          .update(body ?? '')
          .digest('hex'),
      },
      service: 's3',
      region: endpoint.region,
      cache: signingKeys,
    });
    const signed = await signer.sign();
    return answerOf(signed.url, { method, headers: signed.headers, body: body ?? null, redirect: 'manual' }, idleMs);
  }

  return {
    bucket,
    partBytes,
    async send(request) {
      const start = performance.now();
      const url = objectUrl({ bucket, key: request.key });
      let hasExpired = false;
      for (let tries = 1; ; tries++) {
        const outcome = await requests
          .add(() => attempt(request, hasExpired))
          .catch((error: unknown) => {
            if (error instanceof UserError) throw error;
            return { failure: reasonOf(error instanceof Error && error.cause ? error.cause : error) };
          });
        const seconds = (performance.now() - start) / 1000;
        const count = tries === 1 ? '' : `, after ${tries} tries in ${seconds.toFixed(0)} s`;
        let mayPass = true;
        let error: Error;
        if ('failure' in outcome) {
          error = new StorageRefusal(
            `${origin} does not answer for ${url} (${outcome.failure})${count}: see AWS_ENDPOINT_URL and the network; what was ` +
              'reported as done is kept, run the command again.',
          );
        } else {
          const { status, headers, body } = outcome;
          const isDone = (status >= 200 && status < 300) || request.tolerated?.includes(status);
          // A request that takes long is answered by 200 before its end is known.
          const failsLate = request.method === 'POST' && body.includes('<Error>');
          if (isDone && !failsLate) return outcome;
          const refusal: Refusal = refusalOf(status, headers, body);
          // Those of a machine or a profile may have been renewed meanwhile.
          const expiresNow: boolean = expired.has(refusal.code) && !hasExpired;
          hasExpired ||= expiresNow;
          mayPass = failsLate || isPassing(refusal) || expiresNow;
          error = refusalError(url, origin, refusal, count);
        }
        if (!mayPass || tries === mostTries) throw error;
        await sleep(Math.random() * Math.min(longestWaitMs, firstWaitMs * 2 ** (tries - 1)));
      }
    },
  };
}

/** Everything but letters, digits and `-_.~`, as the signature wants it. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

async function answerOf(url: URL, init: RequestInit, idleMs: number): Promise<S3Response> {
  const abort = new AbortController();
  const giveUp = () => abort.abort(new Error(`nothing came for ${idleMs / 1000} s`));
  let timer = setTimeout(giveUp, idleMs);
  try {
    const response = await fetch(url, { ...init, signal: abort.signal });
    const { status, headers } = response;
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body ?? []) {
      clearTimeout(timer);
      timer = setTimeout(giveUp, idleMs);
      chunks.push(chunk);
    }
    const body = Buffer.concat(chunks);
    const promised = headers.get('content-length');
    if (init.method !== 'HEAD' && promised !== null && Number(promised) !== body.length) {
      throw new Error(`the connection was cut after ${body.length} of ${promised} bytes`);
    }
    return { status, headers, body };
  } finally {
    clearTimeout(timer);
  }
}
