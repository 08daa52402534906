/** Objects of S3, and of stores that speak its language, as files. */
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../../errors.js';
import { readRange } from '../../files.js';
import { cacheFolder } from '../cache-folder.js';
import { type ObjectPlace, objectPlaceOf } from '../locations.js';
import type { SizeLookup, Storage } from '../storage.js';
import { clientOf, type S3Client } from './client.js';
import { endpointOf } from './environment.js';
import { deleteObject, getObject, getRange, listPages, putObject, sizeOfObject } from './objects.js';
import { lockPrefix } from './prefix-lock.js';
import { openObject, pieceBytes, windowBytes } from './ranged-object.js';
import { ObjectNotFound } from './refusals.js';
import { uploadFile } from './upload.js';

function at(url: string): { client: S3Client; key: string } {
  const { bucket, key } = objectPlaceOf(url);
  return { client: clientOf(bucket), key };
}

/** What the keys below a folder begin with. */
export const prefixOf = ({ key }: Pick<ObjectPlace, 'key'>): string =>
  key === '' || key.endsWith('/') ? key : `${key}/`;

export const objectStorage: Storage = {
  // Open objects hold nothing that runs out.
  randomReading: { openFiles: Number.POSITIVE_INFINITY, pieceBytes, windowBytes },
  sizeOf(url) {
    const { client, key } = at(url);
    return sizeOfObject(client, key);
  },
  async open(url) {
    const { client, key } = at(url);
    return openObject(client, key).catch((error: unknown) => {
      throw error instanceof ObjectNotFound ? new UserError(`Cannot open ${url}: it does not exist.`) : error;
    });
  },
  read(url) {
    const { client, key } = at(url);
    return getObject(client, key);
  },
  async readRange(url, position, sizeBytes) {
    const { client, key } = at(url);
    const read = async (target: Uint8Array, offset: number, length: number, from: number) => {
      const { bytes } = await getRange(client, key, from, length);
      target.set(bytes, offset);
      return { bytesRead: bytes.length };
    };
    return readRange({ read, close: async () => undefined }, position, sizeBytes, url);
  },
  async namesIn(url) {
    const { client, key } = at(url);
    const prefix = prefixOf({ key });
    const names: string[] = [];
    for await (const { objects, prefixes } of listPages(client, prefix, { delimiter: '/' })) {
      for (const object of objects) names.push(object.key.slice(prefix.length));
      for (const folder of prefixes) names.push(folder.slice(prefix.length, -1));
    }
    return names.filter((name) => name !== '');
  },
  sizesBelow: (url) => sizesBelow(url),
  async write(url, content, confirm) {
    const { client, key } = at(url);
    await confirm?.();
    await putObject(client, key, typeof content === 'string' ? Buffer.from(content) : content);
  },
  async remove(url) {
    const { client, key } = at(url);
    await deleteObject(client, key);
  },
  async takeIn(path, url, confirm) {
    const { client, key } = at(url);
    await uploadFile(client, key, path, confirm);
    await rm(path, { force: true });
  },
  workFolder(url) {
    const { bucketUrl } = endpointOf(objectPlaceOf(url).bucket, process.env);
    const name = createHash('sha256')
      .update(`${bucketUrl}/${prefixOf(objectPlaceOf(url))}`)
      .digest('hex')
      .slice(0, 16);
    return join(process.env.LATENT_VAE_WORK_DIR || cacheFolder('stores'), name);
  },
  async lock(url) {
    const { client, key } = at(url);
    return lockPrefix(client, prefixOf({ key }), url);
  },
};

/** Lists once, when first asked. */
function sizesBelow(url: string): SizeLookup {
  const { client, key } = at(url);
  const prefix = prefixOf({ key });
  const list = async () => {
    const sizes = new Map<string, number>();
    for await (const { objects } of listPages(client, prefix)) {
      for (const object of objects) sizes.set(object.key.slice(prefix.length), object.sizeBytes);
    }
    return sizes;
  };
  let listed: Promise<Map<string, number>> | undefined;
  return async (name) => {
    listed ??= list();
    return (await listed).get(name);
  };
}
