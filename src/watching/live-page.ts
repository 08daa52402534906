/** The page of a training that runs in this process, served by a thread of its own: neither waits for the other. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { UserError } from '../errors.js';
import type { LiveAnswer, LiveSettings } from './live-worker.js';

/** The page of a training that may not have begun yet. */
export interface LivePage {
  /** Where it is. */
  readonly url: string;
  /** Names the run folder, once it is known. */
  show(run: string): void;
  /** Ends it; the end of the process does so as well. */
  close(): Promise<void>;
}

/**
 * Serves the page of a training to this machine alone. It does not keep the process alive.
 *
 * @param port 0 takes any that is free
 * @param onLost told where the page ended by itself, which no training must end for
 * @throws UserError where the port is taken
 */
export async function startLivePage(port = 0, onLost?: (sentence: string) => void): Promise<LivePage> {
  const settings: LiveSettings = { port };
  const worker = new Worker(new URL('./live-worker.js', import.meta.url), { workerData: settings });
  const [answer] = (await once(worker, 'message')) as [LiveAnswer];
  if ('refusal' in answer) {
    await worker.terminate();
    throw new UserError(answer.refusal);
  }
  worker.on('error', (error: Error) => {
    onLost?.(`The live page has ended (${error.message}); the training goes on, and latent-vae watch shows it.`);
  });
  worker.unref();
  return {
    url: answer.url,
    show: (run) => worker.postMessage(run),
    async close() {
      await worker.terminate();
    },
  };
}
