/** WebDataset (github.com/webdataset/webdataset): tar files whose members of one base name are one sample. */
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { appendBytes, writeAtomically } from '../../files.js';
import { shardStem } from '../format/manifest.js';
import type { LatentStore } from '../reading/store.js';
import { npyFile } from './npy.js';
import { type RowOptions, readRow } from './rows.js';

/**
 * Writes one tar per shard into `out`. Sample 12 is `000000012.npy` (its values), `.json` (what is known of the image) and
 * `.cls` (its label, -1 for none).
 */
export async function writeWebDataset(store: LatentStore, out: string, options: RowOptions): Promise<void> {
  let first = 0;
  for (const [number, { images }] of store.manifest.shards.entries()) {
    const path = join(out, `${shardStem(number)}.tar`);
    await writeTar(path, samples(store, first, images, options));
    first += images;
  }
}

interface Member {
  readonly name: string;
  readonly content: Buffer;
}

async function* samples(store: LatentStore, first: number, images: number, options: RowOptions) {
  for (let index = first; index < first + images; index++) {
    const { values, shape, record, label } = await readRow(store, index, options);
    const key = String(index).padStart(9, '0');
    yield { name: `${key}.npy`, content: npyFile(values, shape) };
    yield { name: `${key}.json`, content: Buffer.from(JSON.stringify(record)) };
    yield { name: `${key}.cls`, content: Buffer.from(String(label)) };
  }
}

/** The same members make the same bytes: no dates, no owners. */
async function writeTar(path: string, members: AsyncIterable<Member>): Promise<void> {
  const tar = pack();
  const filling = (async () => {
    for await (const { name, content } of members) {
      await new Promise<void>((resolve, reject) => {
        tar.entry({ name, mtime: new Date(0) }, content, (error) => (error ? reject(error) : resolve()));
      });
    }
    tar.finalize();
  })().catch((error: unknown) => {
    tar.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  });
  const writing = writeAtomically(path, async (handle) => {
    for await (const chunk of tar) await appendBytes(handle, chunk as Uint8Array);
  });
  const [filled, written] = await Promise.allSettled([filling, writing]);
  // Where writing fails, filling finds its stream closed; where filling fails, writing is told the reason.
  for (const outcome of [written, filled]) if (outcome.status === 'rejected') throw outcome.reason;
}
