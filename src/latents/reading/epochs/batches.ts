/** Epochs over a store: seeded order, draws from the posteriors, the scale that diffusion wants. */
import { prefetch } from '../../../data/batches/prefetch.js';
import { assertMirrored, type LatentBatch, type Row, type RowOptions, type RowSource, readRows } from '../rows.js';
import { epochOrder } from './epoch-order.js';

/** How an epoch goes through a store. */
export interface LatentBatchOptions extends RowOptions {
  /** Images per batch; the last may be smaller, in a store with buckets the last of each shape. */
  readonly batch: number;
  /** With the seed it decides order, draws and mirroring. */
  readonly epoch: number;
  /** In a random order instead of the store's. */
  readonly shuffle: boolean;
  /** (latent - shift) * factor, as diffusion wants it, instead of raw latents. */
  readonly scaled: boolean;
}

/** One epoch. Memory holds a few batches and four bytes per image of the store. */
export async function* latentBatches(
  store: RowSource,
  options: LatentBatchOptions,
): AsyncGenerator<LatentBatch, void, void> {
  assertMirrored(store, options);
  const { scaling } = store.manifest;
  const { seed, epoch } = options;
  const order = options.shuffle
    ? epochOrder(store, store.length, seed, epoch)
    : Uint32Array.from({ length: store.length }, (_, index) => index);
  const read = (indices: Uint32Array) => {
    const rows: Row[] = Array.from(indices, (index) => ({ index, epoch }));
    // In the store's order, reading ahead brings more with a request.
    const gathering = options.shuffle ? store.gathering : undefined;
    return readRows(store, rows, options, { scaling: options.scaled ? scaling : null, gathering });
  };
  const batches = slicesOfOneShape(store, order, options);
  yield* prefetch(batches, read, { concurrency: 1, ahead: 2 });
}

/** Of images of one shape each. In a random order all shapes are filled side by side; what fills no batch comes last. */
function* slicesOfOneShape(
  store: RowSource,
  order: Uint32Array,
  { batch, shuffle }: LatentBatchOptions,
): Generator<Uint32Array> {
  const filling = new Map<string, number[]>();
  for (const index of order) {
    const shape = store.shapeOf(index).join();
    if (!shuffle && !filling.has(shape)) yield* rest(filling);
    const images = filling.get(shape) ?? [];
    filling.set(shape, images);
    images.push(index);
    if (images.length < batch) continue;
    filling.delete(shape);
    yield Uint32Array.from(images);
  }
  yield* rest(filling);
}

function* rest(filling: Map<string, number[]>): Generator<Uint32Array> {
  for (const images of filling.values()) yield Uint32Array.from(images);
  filling.clear();
}
