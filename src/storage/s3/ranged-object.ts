/**
 * An object that is read by ranges. Small reads take whole blocks, which a cache of all objects keeps; a reader that goes forward is
 * given more with each request. Large reads ask for exactly what they want.
 */
import type { OpenFile } from '../storage.js';
import { type BlockCache, createBlockCache } from './block-cache.js';
import type { S3Client } from './client.js';
import { getRange, type ObjectRange } from './objects.js';

/** A few latents; as much costs hardly more than the wait for an answer. */
const blockBytes = 64 * 1024;
const cacheBytes = 128 * 2 ** 20;
/** Of rows that are read in a random order: with pieces of this size, a window holds those of many places. */
export const pieceBytes = 256 * 1024;
export const windowBytes = cacheBytes / 4;
/** Of a reader that goes forward, and of a single request. */
const mostAheadBytes = 4 * 2 ** 20;
const mostRequestBytes = 8 * 2 ** 20;
/** Reads that begin within so many streams are told apart: means, log-variances, labels and hashes. */
const mostStreams = 4;
/** Whoever skips less than this goes forward: the bytes between come sooner than the answer to another request. */
const mostSkippedBytes = 512 * 1024;

const cache: BlockCache = createBlockCache(cacheBytes);

interface Stream {
  end: number;
  ahead: number;
}

/** @throws UserError where the object cannot be read; a later read does where it was changed meanwhile */
export async function openObject(client: S3Client, key: string): Promise<OpenFile> {
  const { bytes, sizeBytes, etag } = await getRange(client, key, 0, blockBytes);
  // Another content has another etag, so that what was cached of it is never taken for this one.
  const name = `${client.bucket}/${key}\n${etag}\n${sizeBytes}`;
  const blocks = Math.ceil(sizeBytes / blockBytes);
  if (blocks > 0) cache.put(`${name}\n0`, Promise.resolve(bytes));
  const streams: Stream[] = [];

  /** How many bytes to ask for beyond `end`, for a read from `start` on. */
  function aheadOf(start: number, end: number): number {
    const index = streams.findIndex(
      (stream) => start >= stream.end - blockBytes && start <= stream.end + mostSkippedBytes,
    );
    const [stream] = index < 0 ? [{ end, ahead: 0 }] : streams.splice(index, 1);
    if (stream === undefined) return 0;
    if (index >= 0) stream.ahead = Math.min(mostAheadBytes, Math.max(2 * stream.ahead, blockBytes));
    stream.end = end;
    streams.push(stream);
    if (streams.length > mostStreams) streams.shift();
    return stream.ahead;
  }

  /** Asks for blocks `first` to `last`, both included, in one request. */
  function fetchBlocks(first: number, last: number): void {
    const start = first * blockBytes;
    const length = Math.min(sizeBytes, (last + 1) * blockBytes) - start;
    const range = getRange(client, key, start, length, etag);
    for (let block = first; block <= last; block++) {
      const from = (block - first) * blockBytes;
      // Copied, so that a block does not keep its neighbours in memory.
      const own = range.then(({ bytes: all }) => Buffer.from(all.subarray(from, from + blockBytes)));
      cache.put(`${name}\n${block}`, own);
    }
  }

  /** What of blocks `first` to `last` the cache lacks; with the last of it, what it lacks up to block `ahead`. */
  function fetchMissing(first: number, last: number, ahead: number): void {
    const isMissing = (block: number) => !cache.has(`${name}\n${block}`);
    for (let block = first; block <= last; block++) {
      if (!isMissing(block)) continue;
      let until = Math.min(blocks - 1, Math.max(block, ahead));
      while (until > block && !isMissing(until)) until--;
      fetchBlocks(block, until);
    }
  }

  async function readBlocks(target: Uint8Array, position: number): Promise<void> {
    const end = position + target.length;
    const [first, last] = [Math.floor(position / blockBytes), Math.ceil(end / blockBytes) - 1];
    const ahead = aheadOf(position, end);
    fetchMissing(first, last, Math.ceil((end + ahead) / blockBytes) - 1);
    for (let block = first; block <= last; block++) {
      const from = block * blockBytes;
      // Where the cache is smaller than what is read at once, a block may be gone again.
      const kept = cache.get(`${name}\n${block}`) ?? getRange(client, key, from, blockBytes, etag).then(bytesOf);
      const start = Math.max(position, from);
      target.set((await kept).subarray(start - from, end - from), start - position);
    }
  }

  return {
    sizeBytes,
    source: {
      async read(target, offset, length, position) {
        const bytesRead = Math.min(length, Math.max(0, sizeBytes - position), mostRequestBytes);
        const wanted = target.subarray(offset, offset + bytesRead);
        if (bytesRead === 0) return { bytesRead };
        if (bytesRead > mostAheadBytes) {
          wanted.set((await getRange(client, key, position, bytesRead, etag)).bytes);
        } else await readBlocks(wanted, position);
        return { bytesRead };
      },
      expect(position, length) {
        const last = Math.ceil(Math.min(sizeBytes, position + length) / blockBytes) - 1;
        fetchMissing(Math.floor(position / blockBytes), last, last);
      },
      close: async () => undefined,
    },
  };
}

const bytesOf = ({ bytes }: ObjectRange) => bytes;
