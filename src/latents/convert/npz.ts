/** One NumPy archive with everything in it: a stored zip of array files. */
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { appendBytes, writeAtomically } from '../../files.js';
import { sizeOf } from '../format/layout.js';
import type { LatentStore } from '../reading/store.js';
import { bytesOf, npyFile, npyHeader } from './npy.js';
import { type RowOptions, readRow, rowShape } from './rows.js';

/** Writes `latents` [N, C, h, w], float32, and `labels` [N], int64, to the file `out`; one image at a time is in memory. */
export async function writeNpz(store: LatentStore, out: string, options: RowOptions): Promise<void> {
  const zip = new ZipFile();
  const shape = [store.length, ...rowShape(store.shape, options)]; // [N, C, h, w]
  const header = npyHeader('<f4', shape);
  const labels = new BigInt64Array(store.length); // [N]
  async function* latents() {
    yield header;
    for (let index = 0; index < store.length; index++) {
      const { values, label } = await readRow(store, index, options);
      labels[index] = BigInt(label);
      yield bytesOf(values);
    }
  }
  const size = header.length + 4 * sizeOf(shape);
  zip.addReadStreamLazy('latents.npy', { ...plain, size }, (take) => take(null, Readable.from(latents())));
  // Members are made in their order, so that by now all labels are known.
  zip.addReadStreamLazy('labels.npy', plain, (take) => take(null, Readable.from([npyFile(labels, [store.length])])));
  zip.end();
  await writeAtomically(out, async (handle) => {
    const output = zip.outputStream as Readable;
    zip.on('error', (error: Error) => output.destroy(error));
    for await (const chunk of output) await appendBytes(handle, chunk as Uint8Array);
  });
}

/** Not compressed, since latents are noise to a compressor, and without the hour of writing. */
const plain = { compress: false, mtime: new Date(1980, 0, 1), forceDosTimestamp: true };
