/** Whether somebody is at work in a folder, for those that only look. */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFileName, staleMs } from './folder-lock.js';
import { isThisProcess, parseHolder, stateOf } from './holder.js';

/** By the lock in it; see `lockFolder`. A holder of which nothing else is known is at work as long as it beats. */
export async function isHeld(folder: string): Promise<boolean> {
  const path = join(folder, lockFileName);
  const beat = await stat(path).catch(() => undefined);
  if (beat === undefined) return false;
  const holder = parseHolder(await readFile(path, 'utf8').catch(() => ''));
  // Another thread of this process knows its own tokens alone.
  if (holder !== undefined && isThisProcess(holder)) return true;
  const state = holder === undefined ? 'unknown' : stateOf(holder);
  return state === 'alive' || (state === 'unknown' && Date.now() - beat.mtimeMs < staleMs);
}
