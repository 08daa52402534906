/** One writer per store: two would mix their batches up. */
import { readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { UserError } from '../../../errors.js';

const beatMs = 5_000;
/** A lock whose process lives is still not believed after so long without a beat: the number may be another process's by now. */
const staleMs = 60_000;

/** Stores that this process is writing. */
const ownStores = new Set<string>();

/**
 * Takes the store's lock, or that of a writer that died.
 *
 * @returns what gives the lock back
 * @throws UserError where another writer is at work
 */
export async function lockStore(store: string): Promise<() => Promise<void>> {
  const path = join(resolve(store), '.lock');
  if (!(await create(path))) {
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (await isHeld(path, holder)) {
      throw new UserError(
        `${store} is being written by process ${holder}: wait for its end, or write to another folder.`,
      );
    }
    await rm(path, { force: true });
    if (!(await create(path))) throw new UserError(`${store} is being written by another process: wait for its end.`);
  }
  ownStores.add(path);
  const beat = setInterval(() => {
    const now = new Date();
    // The folder may be gone: then the writer fails by itself.
    utimes(path, now, now).catch(() => undefined);
  }, beatMs);
  beat.unref();
  return async () => {
    clearInterval(beat);
    ownStores.delete(path);
    await rm(path, { force: true });
  };
}

/** @returns false where there is one already */
async function create(path: string): Promise<boolean> {
  try {
    await writeFile(path, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

/** A lock without a number is one whose holder was killed while it wrote it. */
async function isHeld(path: string, holder: number): Promise<boolean> {
  if (holder === process.pid) return ownStores.has(path);
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: 0 }));
  return holder > 0 && Date.now() - mtimeMs < staleMs && isAlive(holder);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
