/** Where each member of a tar file lies, so that it can be read like a file of its own. Nothing is ever unpacked to disk. */
import { Buffer } from 'node:buffer';
import { type FileHandle, open } from 'node:fs/promises';
import { reasonOf, UserError } from '../../../errors.js';
import { readRange } from '../../../files.js';
import { blockBytes, decodeHeader, isAboutNext, type Told, toldBy } from './tar-header.js';

export interface TarMember {
  /** As it stands in the tar. */
  readonly name: string;
  readonly type: string;
  /** Of its content. */
  readonly position: number;
  readonly sizeBytes: number;
}

export interface TarFile extends AsyncDisposable {
  readonly path: string;
  /** Of files, links and the like, in their order; folders are left out. */
  members(): AsyncGenerator<TarMember, void, void>;
  content(member: TarMember): Promise<Buffer>;
  /** Whether it ends with a block of zeros. One that was cut off between two members does not, and looks whole otherwise. */
  hasEndMark(): Promise<boolean>;
}

/** Enough for a header, a small member and the next header. */
const windowBytes = 8192;
/** No name is longer. */
const mostNameBytes = 2 ** 20;

/** @throws UserError where the file cannot be opened or is compressed */
export async function openTar(path: string): Promise<TarFile> {
  const handle = await open(path).catch((error: unknown) => {
    throw new UserError(`Cannot open ${path}: ${reasonOf(error)}.`, { cause: error });
  });
  return {
    path,
    members: () => readMembers(handle, path),
    async content({ position, sizeBytes }) {
      return Buffer.from((await readRange(handle, position, sizeBytes, path)).buffer);
    },
    async hasEndMark() {
      const { size } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(blockBytes, 1), 0, blockBytes, Math.max(0, size - blockBytes));
      return buffer.every((byte) => byte === 0);
    },
    async [Symbol.asyncDispose]() {
      await handle.close();
    },
  };
}

/** @throws UserError after the last sound member, where the tar is damaged or cut off */
async function* readMembers(handle: FileHandle, path: string): AsyncGenerator<TarMember, void, void> {
  const { size: fileBytes } = await handle.stat();
  const read = windowOf(handle);
  let told: Told = {};
  let position = 0;
  while (position + blockBytes <= fileBytes) {
    const header = headerOf(await read(position, blockBytes), path);
    position += blockBytes;
    if (header === undefined) continue;
    const isAbout = isAboutNext(header.type);
    const { name, type, sizeBytes } = isAbout ? header : { ...header, ...told };
    if (!(sizeBytes >= 0) || position + sizeBytes > fileBytes) throw cutOff(path, `${name} is not all there`);
    if (isAbout) {
      told = { ...told, ...toldBy(type, await read(position, Math.min(sizeBytes, mostNameBytes))) };
    } else {
      if (type !== 'directory') yield { name, type, position, sizeBytes };
      told = {};
    }
    position += Math.ceil(sizeBytes / blockBytes) * blockBytes;
  }
  if (position < fileBytes) throw cutOff(path, 'it ends within a header');
}

function headerOf(block: Buffer, path: string) {
  try {
    return decodeHeader(block);
  } catch (error) {
    throw cutOff(path, reasonOf(error));
  }
}

const cutOff = (path: string, reason: string) =>
  new UserError(`Cannot read ${path} to its end (${reason}): it is damaged or cut off, get it again.`);

/** Reads a little more than asked for, since small members follow each other. */
function windowOf(handle: FileHandle): (position: number, sizeBytes: number) => Promise<Buffer> {
  const window = Buffer.alloc(windowBytes);
  let [start, filled] = [0, 0];
  return async (position, sizeBytes) => {
    if (sizeBytes > windowBytes) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(sizeBytes), 0, sizeBytes, position);
      return buffer.subarray(0, bytesRead);
    }
    if (position < start || position + sizeBytes > start + filled) {
      start = position;
      filled = (await handle.read(window, 0, windowBytes, position)).bytesRead;
    }
    // A copy: the window moves on.
    return Buffer.from(window.subarray(position - start, position - start + sizeBytes));
  };
}
