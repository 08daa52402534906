/** Asks the server again and again how the run is. */
import type { WatchedRun } from './protocol.js';

const pauseMs = 2000;

export interface Told {
  /** Null where no run has begun; undefined until the first answer. */
  readonly run?: WatchedRun | null;
  /** Why the last question had no answer. */
  readonly lost?: string;
}

/**
 * Calls `tell` where something is new. Nothing is asked while nobody sees the page.
 *
 * @returns what ends it
 */
export function pollRun(tell: (change: Partial<Told>) => void): () => void {
  let etag = '';
  let isEnded = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ask = async () => {
    clearTimeout(timer);
    if (!document.hidden) await askOnce();
    if (!isEnded) timer = setTimeout(ask, pauseMs);
  };
  const askOnce = async () => {
    try {
      const response = await fetch('run.json', { cache: 'no-store', headers: { 'If-None-Match': etag } });
      if (response.status === 304) return tell({ lost: '' });
      if (!response.ok) return tell({ lost: await response.text() });
      const run: WatchedRun | null = await response.json();
      etag = response.headers.get('ETag') ?? '';
      tell({ run, lost: '' });
    } catch {
      tell({ lost: 'The command that serves this page has ended: this is the last that it told.' });
    }
  };
  const onVisible = () => {
    if (!document.hidden) void ask();
  };
  document.addEventListener('visibilitychange', onVisible);
  void ask();
  return () => {
    isEnded = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
  };
}
