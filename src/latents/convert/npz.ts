/** One NumPy archive with everything in it: a stored zip of array files. */
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { appendBytes, writeAtomically } from '../../files.js';
import { sizeOf } from '../format/layout.js';
import type { LatentStore } from '../reading/store.js';
import { classesFile, factsOf, linesOf, sampleKeys } from './facts.js';
import { bytesOf, npyFile, npyHeader } from './npy.js';
import { type ConvertedRowOptions, readRow, rowShape } from './rows.js';

/**
 * Writes `latents` [N, C, h, w], float32 or codes of int32, and `labels` [N], int64, to the file `out`, and index.jsonl and classes.json as text
 * beside them; one image's values at a time are in memory. Where latents have several shapes there are arrays for each, such as
 * `latents_24x40` and `labels_24x40`, of the images in their order.
 */
export async function writeNpz(store: LatentStore, out: string, options: ConvertedRowOptions): Promise<void> {
  const zip = new ZipFile();
  const keys = await sampleKeys(store);
  const facts: object[] = [];
  for (const { suffix, indices } of groupsOfOneShape(store)) {
    const shape = [indices.length, ...rowShape(store.shapeOf(indices[0] ?? 0), options)]; // [N, C, h, w]
    const header = npyHeader(options.values === 'codes' ? '<i4' : '<f4', shape);
    const labels = new BigInt64Array(indices.length); // [N]
    async function* latents() {
      yield header;
      for (const [position, index] of indices.entries()) {
        const row = await readRow(store, index, options);
        const { values, label } = row;
        facts[index] = await factsOf(store, row, keys[index] as string);
        labels[position] = BigInt(label);
        yield bytesOf(values);
      }
    }
    const size = header.length + 4 * sizeOf(shape);
    zip.addReadStreamLazy(`latents${suffix}.npy`, { ...plain, size }, (take) => take(null, Readable.from(latents())));
    // Members are made in their order, so that by now all labels are known.
    zip.addReadStreamLazy(`labels${suffix}.npy`, plain, (take) => {
      take(null, Readable.from([npyFile(labels, [indices.length])]));
    });
  }
  zip.addReadStreamLazy('index.jsonl', plain, (take) => take(null, Readable.from([linesOf(facts)])));
  zip.addBuffer(classesFile(store), 'classes.json', plain);
  zip.end();
  await writeAtomically(out, async (handle) => {
    const output = zip.outputStream as Readable;
    zip.on('error', (error: Error) => output.destroy(error));
    for await (const chunk of output) await appendBytes(handle, chunk as Uint8Array);
  });
}

interface Group {
  /** Of the names of its arrays. */
  readonly suffix: string;
  readonly indices: readonly number[];
}

function groupsOfOneShape(store: LatentStore): Group[] {
  const groups = new Map<string, number[]>();
  for (let index = 0; index < store.length; index++) {
    const [height, width] = store.shapeOf(index);
    const suffix = store.manifest.latent.buckets ? `_${height}x${width}` : '';
    const indices = groups.get(suffix) ?? [];
    groups.set(suffix, indices);
    indices.push(index);
  }
  return [...groups].map(([suffix, indices]) => ({ suffix, indices }));
}

/** Not compressed, since latents are noise to a compressor, and without the hour of writing. */
const plain = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
