/** The thread of `startLivePage`. */
import { parentPort, workerData } from 'node:worker_threads';
import { UserError } from '../errors.js';
import { watchRun } from './serve.js';

export interface LiveSettings {
  readonly port: number;
}

/** Where the page is, or why there is none. */
export type LiveAnswer = { readonly url: string } | { readonly refusal: string };

let run: string | undefined;
parentPort?.on('message', (folder: string) => {
  run = folder;
});

const { port } = workerData as LiveSettings;
const answer: LiveAnswer = await watchRun(() => run, port).then(
  ({ url }) => ({ url }),
  (error: unknown) => {
    if (error instanceof UserError) return { refusal: error.message };
    throw error;
  },
);
parentPort?.postMessage(answer);
