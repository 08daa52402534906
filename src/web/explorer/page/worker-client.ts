/** The worker, as functions of the page. */
import { proxy, type Remote, wrap } from 'comlink';
import type { ExplorerWorker } from '../protocol.js';
import { beginAnewInWasm } from './settings.js';

/**
 * Starts the worker by way of a blob: such a worker is bound by the page's own content-security policy, which a script from a
 * server without that header would not be.
 */
export function startWorker(scriptUrl: string): Remote<ExplorerWorker> {
  const starter = new Blob([`import ${JSON.stringify(scriptUrl)};`], { type: 'text/javascript' });
  const worker = new Worker(URL.createObjectURL(starter), { type: 'module' });
  // A trap of WebAssembly outside of what the page waits for, which would never come.
  worker.addEventListener('error', ({ message }) => /RuntimeError/.test(message) && beginAnewInWasm());
  return wrap<ExplorerWorker>(worker);
}

/** A function that the worker may call. */
export const forWorker = <Call extends (...args: never[]) => void>(call: Call): Call => proxy(call);

/** Runs one at a time, and of those that wait the last one alone: for what a hand moves faster than a network computes. */
export function latestOnly<Argument>(run: (argument: Argument) => Promise<void>): (argument: Argument) => void {
  let isRunning = false;
  let waiting: { readonly argument: Argument } | null = null;
  const start = async (argument: Argument) => {
    isRunning = true;
    await run(argument);
    isRunning = false;
    const next = waiting;
    waiting = null;
    if (next) void start(next.argument);
  };
  return (argument) => {
    if (isRunning) waiting = { argument };
    else void start(argument);
  };
}
