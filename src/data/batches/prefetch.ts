/** Work done ahead of whoever wants its results. */
import PQueue from 'p-queue';

export interface PrefetchOptions {
  /** How many items are worked on at once. */
  readonly concurrency: number;
  /** How many results may be under way or waiting, which bounds the memory. */
  readonly ahead: number;
}

/**
 * The results of `work` in the order of `items`, which may be endless. When the consumer stops, nothing new is started
 * and what runs is waited for. An error is thrown when its item's turn comes.
 */
export async function* prefetch<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  { concurrency, ahead }: PrefetchOptions,
): AsyncGenerator<Result, void, void> {
  const queue = new PQueue({ concurrency });
  const results: Promise<Result>[] = [];
  const start = (item: Item) => {
    const result = queue.add(() => work(item));
    // Awaited below in its turn; until then a failure is not an unhandled one.
    result.catch(() => undefined);
    results.push(result);
  };
  const iterator = items[Symbol.iterator]();
  try {
    for (;;) {
      while (results.length < ahead) {
        const next = iterator.next();
        if (next.done) break;
        start(next.value);
      }
      const result = results.shift();
      if (result === undefined) return;
      yield await result;
    }
  } finally {
    queue.clear();
    await queue.onIdle();
  }
}
