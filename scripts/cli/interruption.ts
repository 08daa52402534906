/** Ctrl-C, and what schedulers and closed terminals send. */
import { once } from 'node:events';
import { constants } from 'node:os';
import { note } from './output.js';

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** As a shell has it: `train && encode` stops there. */
const exitCodeOf = (signal: (typeof signals)[number]) => 128 + constants.signals[signal];

export interface Interruptible {
  readonly signal: AbortSignal;
  /** Waits for the interruption that is the ordinary end of a verb, such as one that serves a page: nothing is said of it. */
  stop(): Promise<void>;
}

/**
 * An object whose `signal` is aborted by the first interruption, so that the verb saves and ends by itself; the second one
 * ends the process at once. A verb that never asks for `signal` has nothing to save, and ends at the first.
 * Whichever it is, the exit code tells of it: 130, 143 or 129.
 */
export function interruptible(): Interruptible {
  const controller = new AbortController();
  let isAskedFor = false;
  let isItsEnd = false;
  for (const name of signals) {
    process.on(name, () => {
      process.exitCode = exitCodeOf(name);
      if (isItsEnd && !controller.signal.aborted) return controller.abort();
      if (isAskedFor && !controller.signal.aborted) {
        note('Interrupted: what is under way is being saved; once more ends at once.');
        controller.abort();
        return;
      }
      if (!isAskedFor) note('Interrupted. Nothing half done was left as finished: the same command again does it.');
      process.exit(exitCodeOf(name));
    });
  }
  return {
    get signal() {
      isAskedFor = true;
      return controller.signal;
    },
    async stop() {
      isItsEnd = true;
      if (!controller.signal.aborted) await once(controller.signal, 'abort');
    },
  };
}
