/** WebDataset (github.com/webdataset/webdataset): tar files whose members of one base name are one sample. */
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { appendBytes, writeAtomically, writeFileAtomic } from '../../files.js';
import { shardStem } from '../format/manifest.js';
import type { LatentStore } from '../reading/store.js';
import { classesFile, factsOf, sampleKeys } from './facts.js';
import { npyFile } from './npy.js';
import { type ConvertedRowOptions, readRow } from './rows.js';

/**
 * Writes one tar per shard into `out`. A sample has the key that the image had in its tar, or its path without its ending (see
 * `sampleKeys`), and is KEY.npy (its values), KEY.json (what is known of the image), KEY.cls (its label, -1 for none) and, where
 * it has a caption, KEY.txt. classes.json names the classes.
 */
export async function writeWebDataset(store: LatentStore, out: string, options: ConvertedRowOptions): Promise<void> {
  const keys = await sampleKeys(store);
  let first = 0;
  for (const [number, { images }] of store.manifest.shards.entries()) {
    const path = join(out, `${shardStem(number)}.tar`);
    await writeTar(path, samples(store, keys, first, images, options));
    first += images;
  }
  await writeFileAtomic(join(out, 'classes.json'), classesFile(store));
}

interface Member {
  readonly name: string;
  readonly content: Buffer;
}

async function* samples(
  store: LatentStore,
  keys: readonly string[],
  first: number,
  images: number,
  options: ConvertedRowOptions,
) {
  for (let index = first; index < first + images; index++) {
    const row = await readRow(store, index, options);
    const { values, shape, label } = row;
    const key = keys[index] as string;
    const { caption } = await store.text(index);
    yield { name: `${key}.npy`, content: npyFile(values, shape) };
    yield { name: `${key}.json`, content: Buffer.from(JSON.stringify(await factsOf(store, row, key))) };
    yield { name: `${key}.cls`, content: Buffer.from(String(label)) };
    if (caption !== undefined) yield { name: `${key}.txt`, content: Buffer.from(caption) };
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
