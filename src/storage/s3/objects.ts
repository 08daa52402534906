/** What is done with the objects of a bucket. */
import type { S3Client, S3Response } from './client.js';
import { changedMeanwhile, ObjectNotFound } from './refusals.js';
import { elementsOf, parseXml, textOf } from './xml.js';

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** By the server's clock, in ms since 1970. */
  readonly changedMs: number;
}

export interface Listing {
  readonly objects: readonly ListedObject[];
  /** Where a delimiter groups keys: what they begin with, up to the delimiter. */
  readonly prefixes: readonly string[];
  /** By the server's clock, in ms since 1970. */
  readonly nowMs: number;
}

/** All objects whose keys begin with `prefix`, page by page (1000 keys), so that memory holds what the caller keeps. */
export async function* listPages(
  client: S3Client,
  prefix: string,
  { delimiter }: { readonly delimiter?: string } = {},
): AsyncGenerator<Listing, void, void> {
  for (let token: string | undefined; ; ) {
    const query = {
      'list-type': '2',
      // Keys may hold characters that XML does not allow.
      'encoding-type': 'url',
      prefix,
      ...(delimiter && { delimiter }),
      ...(token && { 'continuation-token': token }),
    };
    const { body, headers } = await client.send({ method: 'GET', key: '', query });
    const [result] = elementsOf(parseXml(body), 'ListBucketResult');
    const isEncoded = textOf(result, 'EncodingType') === 'url';
    const decode = (text: string) => (isEncoded ? decodeURIComponent(text.replaceAll('+', ' ')) : text);
    const objects = elementsOf(result, 'Contents').map((entry) => ({
      key: decode(textOf(entry, 'Key')),
      sizeBytes: Number(textOf(entry, 'Size')),
      changedMs: Date.parse(textOf(entry, 'LastModified')),
    }));
    const prefixes = elementsOf(result, 'CommonPrefixes').map((entry) => decode(textOf(entry, 'Prefix')));
    yield { objects, prefixes, nowMs: Date.parse(headers.get('date') ?? '') };
    token = textOf(result, 'NextContinuationToken') || undefined;
    if (textOf(result, 'IsTruncated') !== 'true' || token === undefined) return;
  }
}

/** Size of an object, or undefined where there is none. */
export async function sizeOfObject(client: S3Client, key: string): Promise<number | undefined> {
  const { status, headers } = await client.send({ method: 'HEAD', key, tolerated: [400, 401, 403, 404] });
  if (status < 300) return Number(headers.get('content-length'));
  // An answer to HEAD has no body that says why: no such object or no such bucket, no right or no more right.
  const answer = await client
    .send({ method: 'GET', key, headers: { range: 'bytes=0-0' }, tolerated: [416] })
    .catch((error: unknown) => {
      if (error instanceof ObjectNotFound) return undefined;
      throw error;
    });
  // It came into being between the two questions.
  return answer && (sizeIn(answer) ?? answer.body.length);
}

/** The size of the whole object, which an answer to a range names. */
function sizeIn({ headers }: Pick<S3Response, 'headers'>): number | undefined {
  const size = /\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  return size === undefined ? undefined : Number(size);
}

export interface ObjectRange {
  readonly bytes: Buffer;
  /** Of the whole object. */
  readonly sizeBytes: number;
  /** Tells this content of the object from others. */
  readonly etag: string;
}

/** Up to `length` bytes from `position` on; fewer at the object's end. @param etag that the object must have had before */
export async function getRange(
  client: S3Client,
  key: string,
  position: number,
  length: number,
  etag?: string,
): Promise<ObjectRange> {
  const headers = { range: `bytes=${position}-${position + length - 1}`, ...(etag && { 'if-match': etag }) };
  const answer = await client.send({ method: 'GET', key, headers, tolerated: [416] });
  const size = sizeIn(answer);
  const got = answer.headers.get('etag') ?? '';
  if (answer.status === 416) {
    const sizeBytes = size ?? (await sizeOfObject(client, key));
    if (sizeBytes === undefined) throw new ObjectNotFound(`s3://${client.bucket}/${key} does not exist`);
    return { bytes: Buffer.alloc(0), sizeBytes, etag: got };
  }
  // Not every server heeds the condition.
  if (etag && got && got !== etag) throw changedMeanwhile(`s3://${client.bucket}/${key}`);
  const sizeBytes = size ?? answer.body.length;
  // A server that knows no ranges answers with everything.
  const bytes = answer.status === 206 ? answer.body : answer.body.subarray(position, position + length);
  return { bytes, sizeBytes, etag: got };
}

export async function getObject(client: S3Client, key: string): Promise<Buffer> {
  return (await client.send({ method: 'GET', key })).body;
}

export async function putObject(client: S3Client, key: string, body: Uint8Array): Promise<void> {
  await client.send({ method: 'PUT', key, body });
}

export async function deleteObject(client: S3Client, key: string): Promise<void> {
  await client.send({ method: 'DELETE', key, tolerated: [404] });
}
