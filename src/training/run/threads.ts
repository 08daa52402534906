/** A run keeps the number of threads that it was begun with, wherever it is resumed. */
import type { EngineOptions } from '../../config/config.js';
import { resolvedThreads } from '../../engine/threads.js';

/**
 * What the engine is to be told so that a run goes on as it was begun.
 *
 * @param begunWith threads of the run; unknown of older ones
 */
export function asBegun<Options extends EngineOptions>(
  options: Options,
  begunWith: number | undefined,
  onWarning?: (sentence: string) => void,
): Options {
  const here = resolvedThreads(options.threads);
  if (begunWith === undefined || begunWith === here || options.engine !== 'onnxruntime') return options;
  onWarning?.(
    `This run was begun with ${begunWith} threads and keeps them, though this machine would take ${here}: on a processor of the ` +
      `same kind it stays the same run bit for bit; --threads ${here} may be faster, and agrees to rounding alone.`,
  );
  return { ...options, threads: begunWith };
}
