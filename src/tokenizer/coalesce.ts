/** Requests that come one by one are computed together. */

interface Waiting<Request, Result> {
  readonly request: Request;
  readonly resolve: (result: Result) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * A function of one request that hands all requests of the same key which wait while another batch is computed, at most
 * `most` of them, to `compute` at once. One batch is computed at a time; a failure is that of its own batch.
 *
 * @param keyOf what requests of one batch have in common, such as the size of their pictures
 */
export function coalesce<Request, Result>(
  compute: (requests: readonly Request[]) => Promise<readonly Result[]>,
  keyOf: (request: Request) => string,
  most: number,
): (request: Request) => Promise<Result> {
  const queue: Waiting<Request, Result>[] = [];
  let isRunning = false;

  function takeBatch(): Waiting<Request, Result>[] {
    const key = keyOf(queue[0]!.request);
    const batch = queue.filter(({ request }) => keyOf(request) === key).slice(0, most);
    for (const taken of batch) queue.splice(queue.indexOf(taken), 1);
    return batch;
  }

  async function run(): Promise<void> {
    isRunning = true;
    // Those that ask in the same turn of the event loop are there before the first batch is taken.
    await new Promise((resolve) => setImmediate(resolve));
    while (queue.length > 0) {
      const batch = takeBatch();
      try {
        const results = await compute(batch.map(({ request }) => request));
        for (const [index, { resolve }] of batch.entries()) resolve(results[index] as Result);
      } catch (error) {
        for (const { reject } of batch) reject(error);
      }
    }
    isRunning = false;
  }

  return (request) =>
    new Promise((resolve, reject) => {
      queue.push({ request, resolve, reject });
      if (!isRunning) void run();
    });
}
