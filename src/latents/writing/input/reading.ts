/**
 * Who reads and decodes images: this thread, or worker threads. The model is run by a call that blocks its thread, so that
 * without workers reading only goes on between two batches.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { prefetch } from '../../../data/batches/prefetch.js';
import { type Candidate, type CandidateInput, type CandidateOptions, readCandidate } from './candidates.js';

export interface Reader {
  /** How many reads to ask for at once. */
  readonly concurrency: number;
  read(input: CandidateInput): Promise<Candidate>;
  close(): Promise<void>;
}

/** How many threads read images. */
export interface ReaderOptions extends CandidateOptions {
  /** Worker threads; with 0, this thread reads. */
  readonly workers: number;
}

/** What a worker is started with. */
export interface ReadingWorkerData {
  readonly options: CandidateOptions;
  /** How many images it may have in the works at once. */
  readonly decodes: number;
}

export interface ReadRequest {
  readonly id: number;
  readonly input: CandidateInput;
}

export type ReadAnswer =
  | { readonly id: number; readonly candidate: Candidate }
  | { readonly id: number; readonly error: unknown };

/** A decode is several short waits for the system: two per core keep the cores busy. */
const decodesAtOnce = () => 2 * availableParallelism();

/** The candidates of `inputs`, in their order. @param ahead as for `openReader` */
export async function* readAhead(
  inputs: Iterable<CandidateInput>,
  options: ReaderOptions,
  ahead: number,
): AsyncGenerator<Candidate, void, void> {
  const { concurrency, read, close } = openReader(options, ahead);
  try {
    yield* prefetch(inputs, read, { concurrency, ahead });
  } finally {
    await close();
  }
}

/** @param ahead how many images may be under way or waiting, which bounds the memory */
export function openReader({ workers, ...options }: ReaderOptions, ahead: number): Reader {
  if (workers === 0) {
    const read = (input: CandidateInput) => readCandidate(input, options);
    return { concurrency: decodesAtOnce(), read, close: async () => undefined };
  }
  const decodes = Math.ceil(decodesAtOnce() / workers);
  const { size, maxPixels, imageChannels, range } = options;
  const pool = Array.from({ length: workers }, () =>
    startWorker({ options: { size, maxPixels, imageChannels, range }, decodes }),
  );
  let next = 0;
  return {
    // All at once: a worker keeps its own queue, so that it never waits for this thread.
    concurrency: ahead,
    read: (input) => (pool[next++ % workers] as ReadingThread).read(input),
    async close() {
      await Promise.all(pool.map((thread) => thread.close()));
    },
  };
}

type ReadingThread = Omit<Reader, 'concurrency'>;

interface Waiting {
  readonly resolve: (candidate: Candidate) => void;
  readonly reject: (error: unknown) => void;
}

function startWorker(workerData: ReadingWorkerData): ReadingThread {
  const worker = new Worker(new URL('./reading-worker.js', import.meta.url), { workerData });
  const waiting = new Map<number, Waiting>();
  let requests = 0;
  let failure: unknown;
  worker.on('message', (answer: ReadAnswer) => {
    const reader = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ('candidate' in answer) reader?.resolve(answer.candidate);
    else reader?.reject(answer.error);
  });
  worker.on('error', (error: unknown) => {
    failure = error;
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });
  return {
    read(input) {
      if (failure !== undefined) return Promise.reject(failure);
      return new Promise((resolve, reject) => {
        const id = requests++;
        waiting.set(id, { resolve, reject });
        const request: ReadRequest = { id, input };
        worker.postMessage(request);
      });
    },
    async close() {
      await worker.terminate();
    },
  };
}
