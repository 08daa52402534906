/**
 * One writer per folder: two would mix up what they write. A lock is a file with a random token, and its time of change is
 * the holder's beat. A holder on this machine is judged by its process; one on another host or in another container by the
 * age of its beat alone. Whoever was taken over finds another token, and stops before it writes.
 */
import { randomUUID } from 'node:crypto';
import { link, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { isRefusal, reasonOf, UserError } from '../errors.js';
import { type LockHolder, nameOf, ownTokens, parseHolder, stateOf, thisProcess } from './holder.js';

export const lockFileName = '.lock';
const beatMs = 5_000;
/** A holder that cannot be judged otherwise is given up after so long without a beat. */
export const staleMs = 120_000;
/** Far longer than a few bytes take to be written: what is not whole by then will not be. */
const draftMs = 1_000;

export interface FolderLock {
  /** @throws UserError where another process has taken the lock over, so that nothing may be written any more */
  assertHeld(): Promise<void>;
  /** Gives the lock back, unless somebody else has it by now. */
  release(): Promise<void>;
}

/**
 * Takes the lock of `folder`, which must be there, or that of a holder that died.
 *
 * @param activity what the holder does with it, e.g. `written`
 * @param name what a person knows the folder by
 * @throws UserError where another process is at work
 */
export async function lockFolder(folder: string, activity = 'written', name = folder): Promise<FolderLock> {
  const path = join(resolve(folder), lockFileName);
  const holder = thisProcess();
  // Before it stands in a file: others in this process would take a token of its own that they do not know for a dead one's.
  ownTokens.add(holder.token);
  try {
    await acquire(path, holder, { folder: name, activity });
  } catch (error) {
    ownTokens.delete(holder.token);
    if (!isRefusal(error)) throw error;
    throw new UserError(`Cannot write to ${name}: ${reasonOf(error)}; choose another place.`);
  }
  await removeStrays(resolve(folder));
  const beat = setInterval(() => {
    // A lock that is gone or another's must not be beaten for: `assertHeld` tells of it.
    refresh(path, holder).catch(() => undefined);
  }, beatMs);
  beat.unref();
  return {
    async assertHeld() {
      const current = await readHolder(path);
      if (current?.token === holder.token) return;
      const taker = current === undefined ? 'is gone' : `was taken over by ${nameOf(current)}`;
      throw new UserError(
        `The lock of ${name} ${taker}, so this process stopped writing: what was reported as done is kept. ` +
          'Run the command again when no other one writes there.',
      );
    },
    async release() {
      clearInterval(beat);
      if (!ownTokens.has(holder.token)) return;
      ownTokens.delete(holder.token);
      // A full disk has no room for a claim, and a folder that was removed no place: the token must do.
      const claim = await claimAfter(path, holder.token).catch(() => 'none' as const);
      if (claim === undefined) return;
      try {
        if ((await readHolder(path))?.token === holder.token) await rm(path, { force: true });
      } finally {
        if (claim !== 'none') await claim.drop();
      }
    },
  };
}

interface Purpose {
  readonly folder: string;
  readonly activity: string;
}

/** Makes `holder` the one in `path`: where there was none by creating it, else by replacing one that died. */
async function acquire(path: string, holder: LockHolder, purpose: Purpose): Promise<void> {
  for (;;) {
    const { created, now } = await createExclusively(path, holder);
    if (created) return;
    const beat = await stat(path).catch(() => undefined);
    if (beat === undefined) continue;
    const current = await readHolder(path);
    assertDied(current, now - beat.mtimeMs, purpose);
    // Claims are named after the token that they follow, so that at most one process decides what comes after it.
    const claim = await claimAfter(path, current?.token ?? 'none');
    if (claim === undefined) throw busy(purpose, 'another process');
    try {
      if ((await readHolder(path))?.token !== current?.token) continue;
      const draft = await writeDraft(path, holder);
      await rename(draft.path, path);
      return;
    } finally {
      await claim.drop();
    }
  }
}

function assertDied(holder: LockHolder | undefined, ageMs: number, purpose: Purpose): void {
  const state = holder === undefined ? 'unknown' : stateOf(holder);
  if (state === 'dead' || (state === 'unknown' && ageMs >= staleMs)) return;
  const name = holder === undefined ? 'another process' : nameOf(holder);
  throw busy(purpose, name, state === 'unknown' ? ageMs : undefined);
}

function busy({ folder, activity }: Purpose, name: string, ageMs?: number): UserError {
  const unknown =
    ageMs === undefined
      ? ''
      : ` (its last sign of life is ${Math.max(0, Math.round(ageMs / 1000))} s old; after ${staleMs / 1000} s it counts as dead)`;
  return new UserError(
    `${folder} is being ${activity} by ${name}${unknown}: wait for its end, or choose another folder.`,
  );
}

/** A short lock on the decision what follows the holder with `token`; undefined where another process decides. */
async function claimAfter(path: string, token: string): Promise<{ drop(): Promise<void> } | undefined> {
  const claim = `${path}-after-${token}`;
  const holder = thisProcess();
  ownTokens.add(holder.token);
  let isOurs = false;
  try {
    isOurs = await takeClaim(claim, holder);
  } finally {
    if (!isOurs) ownTokens.delete(holder.token);
  }
  if (!isOurs) return undefined;
  return {
    async drop() {
      if ((await readHolder(claim))?.token === holder.token) await rm(claim, { force: true });
      ownTokens.delete(holder.token);
    },
  };
}

async function takeClaim(claim: string, holder: LockHolder): Promise<boolean> {
  const { created, now } = await createExclusively(claim, holder);
  if (created) return true;
  const [text, beat] = [await readHolder(claim), await stat(claim).catch(() => undefined)];
  const died = text !== undefined && stateOf(text) === 'dead';
  if (beat === undefined || (!died && now - beat.mtimeMs < staleMs)) return false;
  // Its maker was killed within the milliseconds of a claim. Renaming it away succeeds for one process alone.
  const removed = `${claim}.${holder.token}`;
  await rename(claim, removed).catch(() => undefined);
  await rm(removed, { force: true });
  return (await createExclusively(claim, holder)).created;
}

/**
 * Creates `path` with all of its content at once, unless it is there.
 *
 * @returns `now`: the time by the clock of the file's disk, which may be another host's
 */
async function createExclusively(path: string, holder: LockHolder): Promise<{ created: boolean; now: number }> {
  const draft = await writeDraft(path, holder);
  try {
    await link(draft.path, path);
    return { created: true, now: draft.now };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EEXIST') return { created: false, now: draft.now };
    // Some disks know no links. There the content follows a moment later, as that of a lock nobody can read yet.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP' && code !== 'ENOSYS') throw error;
    return { created: await createPlainly(path, holder), now: draft.now };
  } finally {
    await rm(draft.path, { force: true });
  }
}

async function createPlainly(path: string, holder: LockHolder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function writeDraft(path: string, holder: LockHolder): Promise<{ path: string; now: number }> {
  const draft = `${path}.${randomUUID()}.tmp`;
  try {
    await writeFile(draft, JSON.stringify(holder), { flag: 'wx' });
    return { path: draft, now: (await stat(draft)).mtimeMs };
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function readHolder(path: string): Promise<LockHolder | undefined> {
  return parseHolder(await readFile(path, 'utf8').catch(() => ''));
}

/** Writing the same bytes again wants no room, and has the disk's own clock say when. */
async function refresh(path: string, holder: LockHolder): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    const text = await handle.readFile('utf8');
    if (parseHolder(text)?.token === holder.token) await handle.write(text, 0);
  } finally {
    await handle.close();
  }
}

/** Removes what processes left that were killed while they asked for the lock. */
async function removeStrays(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${lockFileName}.`) && !name.startsWith(`${lockFileName}-`)) continue;
    const stray = join(folder, name);
    const { mtimeMs } = await stat(stray).catch(() => ({ mtimeMs: Date.now() }));
    const holder = await readHolder(stray);
    const died = holder !== undefined && stateOf(holder) === 'dead';
    const ageMs = Date.now() - mtimeMs;
    const isHalf = holder === undefined && ageMs > draftMs;
    if (died || isHalf || ageMs > staleMs) await rm(stray, { force: true });
  }
}
