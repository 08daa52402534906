/** A thread that reads candidates while the main one waits for the model; see reading.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import PQueue from 'p-queue';
import { readCandidate } from './candidates.js';
import type { ReadAnswer, ReadingWorkerData, ReadRequest } from './reading.js';

const port = parentPort;
if (port === null) throw new Error('reading-worker.js is to be started as a worker thread');
const { options, decodes } = workerData as ReadingWorkerData;
const queue = new PQueue({ concurrency: decodes });

port.on('message', ({ id, input }: ReadRequest) => {
  queue
    .add(() => readCandidate(input, options))
    .then(
      (candidate) => {
        const answer: ReadAnswer = { id, candidate };
        port.postMessage(answer, 'picture' in candidate ? [candidate.picture.pixels.buffer as ArrayBuffer] : []);
      },
      (error: unknown) => {
        const answer: ReadAnswer = { id, error };
        port.postMessage(answer);
      },
    );
});
