/**
 * The order of an epoch. A store that the cache holds is shuffled like any other; of a larger one, pieces are put into a random order,
 * and so many of them as a window holds have their images shuffled together, as the shuffle buffers of WebDataset and tf.data do.
 */
import { permutation } from '../../../random.js';
import type { RowPlace } from '../rows.js';
import type { Gathering } from './gathering.js';

/** Whose rows are read in an epoch. */
export interface OrderedSource {
  readonly gathering?: Gathering | undefined;
  place(index: number): RowPlace;
}

/** Positions in `indices`, or in a store of so many images, each once; the same key gives the same order. */
export function epochOrder(
  { gathering, place }: OrderedSource,
  indices: Uint32Array | number,
  seed: number,
  epoch: number,
): Uint32Array {
  const length = typeof indices === 'number' ? indices : indices.length;
  const windowImages = gathering?.windowImages;
  if (gathering === undefined || windowImages === undefined) return permutation(length, 'latents', seed, epoch);
  const starts = pieceStarts(length, (position) => {
    const { shard, row } = place(typeof indices === 'number' ? position : (indices[position] as number));
    return { shard, piece: Math.floor(row / gathering.pieceRows(shard)) };
  });
  const order = new Uint32Array(length);
  let [first, filled] = [0, 0];
  const shuffleWindow = () => {
    const window = order.slice(first, filled);
    permutation(window.length, 'latents in a window', seed, epoch, first).forEach((from, to) => {
      order[first + to] = window[from] as number;
    });
    first = filled;
  };
  for (const piece of permutation(starts.length, 'pieces of latents', seed, epoch)) {
    const end = starts[piece + 1] ?? length;
    for (let position = starts[piece] as number; position < end; position++) order[filled++] = position;
    if (filled - first >= windowImages) shuffleWindow();
  }
  shuffleWindow();
  return order;
}

/** Where pieces begin among positions in the store's order. */
function pieceStarts(length: number, pieceAt: (position: number) => { shard: number; piece: number }): number[] {
  const starts: number[] = [];
  let last = { shard: -1, piece: -1 };
  for (let position = 0; position < length; position++) {
    const at = pieceAt(position);
    if (at.shard !== last.shard || at.piece !== last.piece) starts.push(position);
    last = at;
  }
  return starts;
}
