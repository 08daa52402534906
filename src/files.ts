/** Reading files at any position and writing them so that a crash leaves the old file or the new one, never half. */
import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { isRefusal, reasonOf, UserError } from './errors.js';

/** Throws where something must not be written any more, because another process has taken over. */
export type Confirm = () => Promise<void>;

/** What can be read at any position: a FileHandle, or an object of a store. */
export interface ByteSource {
  /** At least one byte, and as many as `length` at most; none at the end. */
  read(target: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  /** These bytes will be asked for soon, piece by piece: where a request is slow, one brings them all. */
  expect?(position: number, length: number): void;
  close(): Promise<void>;
}

/** The operating system takes no more than 2^31 - 1 bytes at once. */
const largestTransferBytes = 2 ** 30;

/** Opens `path` for reading, or throws a `UserError` that says why it cannot be. */
export async function openForReading(path: string): Promise<{ handle: FileHandle; sizeBytes: number }> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    throw new UserError(`Cannot open ${path}: ${reasonOf(error)}.`);
  });
  const status = await handle.stat();
  if (status.isFile()) return { handle, sizeBytes: status.size };
  await handle.close();
  throw new UserError(`Got ${path}, which is not a file; wanted the path of a file.`);
}

/**
 * Makes a folder and those around it, where they are not there. One by one: Node, told to make all, calls a folder that is
 * refused one that does not exist, and in /proc never ends.
 *
 * @returns the first one that was made
 * @throws UserError where the system refuses a folder there
 */
export async function makeFolder(path: string): Promise<string | undefined> {
  const missing: string[] = [];
  for (let folder = resolve(path); !(await isFolder(folder)) && folder !== dirname(folder); folder = dirname(folder))
    missing.unshift(folder);
  const made: string[] = [];
  for (const folder of missing) {
    try {
      await mkdir(folder);
      made.push(folder);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : undefined;
      const isInTheWay = code === 'EEXIST' || code === 'ENOTDIR';
      if (isInTheWay && (await isFolder(folder))) continue;
      if (!isInTheWay && !isRefusal(error)) throw error;
      const reason = isInTheWay ? 'a file of that name is in its way' : reasonOf(error);
      throw new UserError(`Cannot make the folder ${path}: ${reason}; choose another place.`);
    }
  }
  return made[0];
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isDirectory(),
    () => false,
  );

/** Fills `target` with the bytes from `position` on. `path` is for the message when the file ends before. */
export async function readInto(source: ByteSource, target: Uint8Array, position: number, path: string): Promise<void> {
  for (let done = 0; done < target.byteLength; ) {
    const wanted = Math.min(target.byteLength - done, largestTransferBytes);
    const { bytesRead } = await source.read(target, done, wanted, position + done);
    if (bytesRead === 0) throw new UserError(`${path} ends at byte ${position + done}: it is cut off, get it again.`);
    done += bytesRead;
  }
}

/**
 * The `sizeBytes` bytes from `position` on, in memory of their own, so that any typed array can view them.
 *
 * @throws UserError where the file ends before, or memory does
 */
export async function readRange(
  source: ByteSource,
  position: number,
  sizeBytes: number,
  path: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = allocate(sizeBytes, path);
  await readInto(source, bytes, position, path);
  return bytes;
}

function allocate(sizeBytes: number, path: string): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(sizeBytes);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UserError(`${path}: ${sizeBytes} bytes at once are more than memory takes: read them in slices.`);
  }
}

/** Appends all of `bytes` at the handle's position. */
export async function appendBytes(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.byteLength; ) {
    const length = Math.min(bytes.byteLength - done, largestTransferBytes);
    const { bytesWritten } = await handle.write(bytes, done, length);
    done += bytesWritten;
  }
}

/**
 * Creates or replaces `path` with what `write` puts into the handle: a temporary file in the same folder is written,
 * synced to disk and renamed. When `write` fails, what was at `path` stays.
 *
 * @param confirm called before `path` is replaced; when it fails, what was at `path` stays too
 */
export async function writeAtomically(
  path: string,
  write: (handle: FileHandle) => Promise<void>,
  confirm?: Confirm,
): Promise<void> {
  // A name of its own: with the file's in it, it could be longer than names may be.
  const temporary = join(dirname(path), `.${randomUUID()}.tmp`);
  const handle = await open(temporary, 'wx').catch((error: unknown) => {
    throw new UserError(`Cannot write ${path}: ${reasonOf(error)}.`);
  });
  try {
    try {
      await write(handle);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await confirm?.();
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Creates or replaces the file `path`; see `writeAtomically`. */
export async function writeFileAtomic(path: string, data: string | Uint8Array, confirm?: Confirm): Promise<void> {
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  await writeAtomically(path, (handle) => appendBytes(handle, bytes), confirm);
}

/** What `writeAtomically` leaves of `name` where it is killed. */
const temporaryOf = /^\.(.+\.)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.tmp$/;

/** Removes what killed processes left half written in a folder that nobody else writes to. */
export async function removeTemporaries(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => temporaryOf.test(name) && !name.startsWith('.lock.'));
  for (const name of left) await rm(join(folder, name), { force: true });
}

/** Makes a rename in `folder` survive a power cut. Windows has no such call and needs none. */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
