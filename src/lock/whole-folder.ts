/** Folders that are whole or marked as unfinished, whatever happens while they are written. */
import { existsSync, readdirSync } from 'node:fs';
import { mkdir, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UserError } from '../errors.js';
import { syncFolder } from '../files.js';
import { lockFolder } from './folder-lock.js';

/** Holds what is being written; as long as it is there, the folder around it is not finished. */
const draftName = '.unfinished';

/** Whether a command was stopped while it wrote `folder`. */
export const isUnfinished = (folder: string) => existsSync(join(folder, draftName));

/** @throws UserError unless `folder` is new, empty, or left unfinished by a command that was stopped */
export function assertNothingIn(folder: string): void {
  if (!existsSync(folder) || isUnfinished(folder)) return;
  const found = readdirSync(folder).find((name) => !name.startsWith('.'));
  if (found === undefined) return;
  throw new UserError(`Got --out ${folder}, which holds ${found}; wanted a new or empty folder: choose another one.`);
}

/**
 * Has `write` fill a draft, and moves what is in it to `out` when all of it is there. The same call finishes what one that
 * was killed began. Where `write` fails, nothing is left.
 *
 * @param out folder that is new or empty
 * @throws UserError where it is not, or where another process writes to it
 */
export async function writeWholeFolder<Result>(
  out: string,
  write: (draft: string) => Promise<Result>,
): Promise<Result> {
  assertNothingIn(out);
  const made = await mkdir(out, { recursive: true });
  const lock = await lockFolder(out);
  const draft = join(out, draftName);
  try {
    assertNothingIn(out);
    await rm(draft, { recursive: true, force: true });
    await mkdir(draft);
    const result = await write(draft);
    await lock.assertHeld();
    for (const name of await readdir(draft)) {
      // What is there is of an earlier try: nothing else could be beside a draft.
      await rm(join(out, name), { recursive: true, force: true });
      await rename(join(draft, name), join(out, name));
    }
    await syncFolder(out);
    await rmdir(draft);
    return result;
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  } finally {
    await lock.release();
    if (made !== undefined && readdirSync(out).length === 0) await rmdir(out);
  }
}
