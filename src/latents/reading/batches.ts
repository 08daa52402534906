/** Epochs over a store: seeded order, draws from the posteriors, the scale that diffusion wants. */
import { prefetch } from '../../data/batches/prefetch.js';
import { permutation } from '../../random.js';
import { assertMirrored, type LatentBatch, type Row, type RowOptions, type RowSource, readRows } from './rows.js';

export interface BatchOptions extends RowOptions {
  /** Images per batch; the last may be smaller. */
  readonly batch: number;
  /** With the seed it decides order, draws and mirroring. */
  readonly epoch: number;
  /** In a random order instead of the store's. */
  readonly shuffle: boolean;
  /** (latent - shift) * factor, as diffusion wants it, instead of raw latents. */
  readonly scaled: boolean;
}

/** One epoch. Memory holds a few batches and four bytes per image of the store. */
export async function* latentBatches(store: RowSource, options: BatchOptions): AsyncGenerator<LatentBatch, void, void> {
  assertMirrored(store, options);
  const { scaling } = store.manifest;
  const { seed, epoch } = options;
  const order = options.shuffle
    ? permutation(store.length, 'latents', seed, epoch)
    : Uint32Array.from({ length: store.length }, (_, index) => index);
  const read = (indices: Uint32Array) => {
    const rows: Row[] = Array.from(indices, (index) => ({ index, epoch }));
    return readRows(store, rows, options, options.scaled ? scaling : null);
  };
  yield* prefetch(slices(order, options.batch), read, { concurrency: 1, ahead: 2 });
}

function* slices(order: Uint32Array, batch: number): Generator<Uint32Array> {
  for (let first = 0; first < order.length; first += batch) yield order.subarray(first, first + batch);
}
