/** Batches of latents without end, for training. */
import { prefetch } from '../../../data/batches/prefetch.js';
import { assertMirrored, type LatentBatch, type Row, type RowOptions, type RowSource, readRows } from '../rows.js';
import { epochOrder } from './epoch-order.js';

export interface EndlessOptions extends RowOptions {
  /** Images per batch. */
  readonly batch: number;
  /** Positions in the store of the images to use. */
  readonly indices: Uint32Array;
  /** Number of the first batch to hand out, from 0. */
  readonly firstBatch: number;
}

/**
 * Endless batches of raw latents; each epoch visits every one of `indices` once, in a new order, and a batch may reach into
 * the next epoch. Batch n is the same whether or not the ones before were asked for.
 */
export async function* endlessBatches(
  store: RowSource,
  options: EndlessOptions,
): AsyncGenerator<LatentBatch, void, void> {
  assertMirrored(store, options);
  const { indices, batch, seed } = options;
  let latest: { epoch: number; order: Uint32Array } = { epoch: -1, order: new Uint32Array() };
  const rowAt = (position: number): Row => {
    const epoch = Math.floor(position / indices.length);
    if (latest.epoch !== epoch) latest = { epoch, order: epochOrder(store, indices, seed, epoch) };
    return { index: indices[latest.order[position % indices.length] as number] as number, epoch };
  };
  const read = (number: number) => {
    const rows = Array.from({ length: batch }, (_, position) => rowAt(number * batch + position));
    return readRows(store, rows, options, { scaling: null, gathering: store.gathering });
  };
  yield* prefetch(numbersFrom(options.firstBatch), read, { concurrency: 1, ahead: 2 });
}

function* numbersFrom(first: number): Generator<number> {
  for (let number = first; ; number++) yield number;
}
