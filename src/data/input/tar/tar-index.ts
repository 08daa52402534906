/** Where each member of a tar file lies, so that it can be read like a file of its own. Nothing is ever unpacked to disk. */
import { Buffer } from 'node:buffer';
import { reasonOf, UserError } from '../../../errors.js';
import { type ByteSource, readRange } from '../../../files.js';
import type { OpenFile } from '../../../storage/storage.js';
import { storageOf } from '../../../storage/storage-of.js';
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
  const file = await (await storageOf(path)).open(path);
  const { source, sizeBytes } = file;
  try {
    await assertUnpacked(source, Math.min(sizeBytes, longestMagicBytes), path);
  } catch (error) {
    await source.close();
    throw error;
  }
  return {
    path,
    members: () => readMembers(file, path),
    async content({ position, sizeBytes }) {
      return Buffer.from((await readRange(source, position, sizeBytes, path)).buffer);
    },
    async hasEndMark() {
      if (sizeBytes < blockBytes) return false;
      const block = await readRange(source, sizeBytes - blockBytes, blockBytes, path);
      return block.every((byte) => byte === 0);
    },
    async [Symbol.asyncDispose]() {
      await source.close();
    },
  };
}

const longestMagicBytes = 6;

/** No member of a compressed tar can be read without all that come before. */
async function assertUnpacked(source: ByteSource, sizeBytes: number, path: string): Promise<void> {
  const head = Buffer.from(await readRange(source, 0, sizeBytes, path)).toString('latin1');
  const packer = ['\x1f\x8b', '(\xb5/\xfd', '\xfd7zXZ\0', 'BZh'].findIndex((magic) => head.startsWith(magic));
  if (packer < 0) return;
  const command = ['gunzip', 'zstd -d', 'unxz', 'bunzip2'][packer];
  throw new UserError(
    `${path} is compressed, so that no image in it can be found alone: unpack it first (${command} ${path}).`,
  );
}

/** @throws UserError after the last sound member, where the tar is damaged or cut off */
async function* readMembers(file: OpenFile, path: string): AsyncGenerator<TarMember, void, void> {
  const { sizeBytes: fileBytes } = file;
  const read = windowOf(file.source);
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

/** Reads a little more than asked for, since small members follow each other; each position is at or after the one before. */
function windowOf(source: ByteSource): (position: number, sizeBytes: number) => Promise<Buffer> {
  const window = Buffer.alloc(windowBytes);
  let [start, filled] = [0, 0];
  return async (position, sizeBytes) => {
    if (sizeBytes > windowBytes) {
      const content = Buffer.alloc(sizeBytes);
      const { bytesRead } = await source.read(content, 0, sizeBytes, position);
      return content.subarray(0, bytesRead);
    }
    if (position + sizeBytes > start + filled) {
      start = position;
      filled = (await source.read(window, 0, windowBytes, position)).bytesRead;
    }
    // A copy: the window moves on.
    return Buffer.from(window.subarray(position - start, position - start + sizeBytes));
  };
}
