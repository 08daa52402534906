/** Folders and files that are whole or marked as unfinished, whatever happens while they are written. */
import { existsSync, readdirSync } from 'node:fs';
import { readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { UserError } from '../errors.js';
import { makeFolder, syncFolder } from '../files.js';
import { type FolderLock, lockFileName, lockFolder } from './folder-lock.js';

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
  const made = await makeFolder(out);
  try {
    return await inDraft(
      join(out, draftName),
      out,
      () => assertNothingIn(out),
      write,
      async (draft) => {
        // What is beside a draft is of an earlier try: nothing else could be.
        await clear(out, (name) => !name.startsWith('.'));
        for (const name of await readdir(draft)) if (!isOfLock(name)) await rename(join(draft, name), join(out, name));
        await syncFolder(out);
      },
    );
  } finally {
    if (made !== undefined && existsSync(out) && readdirSync(out).length === 0) await rmdir(out);
  }
}

/**
 * The same for a single file that is new.
 *
 * @throws UserError where it is there, or where another process writes it
 */
export async function writeWholeFile<Result>(out: string, write: (path: string) => Promise<Result>): Promise<Result> {
  const assertNew = () => {
    if (!existsSync(out)) return;
    throw new UserError(`Got ${out}, which is there already, wanted a file that does not exist: choose another --out.`);
  };
  assertNew();
  const [folder, name] = [dirname(out), basename(out)];
  await makeFolder(folder);
  const writeFile = (draft: string) => write(join(draft, name));
  return inDraft(join(folder, `.${name}${draftName}`), out, assertNew, writeFile, async (draft) => {
    await rename(join(draft, name), out);
    await syncFolder(folder);
  });
}

/**
 * The lock is in the draft, so that removing the folder, which nothing can interrupt, ends both.
 *
 * @param out what is told to be written
 * @param assertWanted throws where somebody else has written `out` meanwhile
 * @param move brings what was written to its place
 */
async function inDraft<Result>(
  draft: string,
  out: string,
  assertWanted: () => void,
  write: (draft: string) => Promise<Result>,
  move: (draft: string) => Promise<void>,
): Promise<Result> {
  const lock = await lockDraft(draft, out, assertWanted);
  try {
    assertWanted();
    await clear(draft, (name) => !isOfLock(name));
    const result = await write(draft);
    await lock.assertHeld();
    await move(draft);
    return result;
  } catch (error) {
    // Another process that took the lock over is writing there.
    const isOurs = await lock.assertHeld().then(
      () => true,
      () => false,
    );
    if (isOurs) await clear(draft, (name) => !isOfLock(name));
    throw error;
  } finally {
    await lock.release();
    await removeUnlocked(draft);
  }
}

async function lockDraft(draft: string, out: string, assertWanted: () => void): Promise<FolderLock> {
  for (;;) {
    await makeFolder(draft);
    try {
      return await lockFolder(draft, 'written', out);
    } catch (error) {
      // Another process came to its end meanwhile, and removed its draft.
      if (existsSync(draft)) throw error;
      assertWanted();
    }
  }
}

/** Unless another process holds it by now. */
async function removeUnlocked(draft: string): Promise<void> {
  if (existsSync(draft) && !existsSync(join(draft, lockFileName))) await rm(draft, { recursive: true, force: true });
}

const isOfLock = (name: string) => name.startsWith(lockFileName);

async function clear(folder: string, isRemoved: (name: string) => boolean): Promise<void> {
  for (const name of (await readdir(folder)).filter(isRemoved)) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}
