/** Files of this machine. */
import { readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { openForReading, readRange, writeFileAtomic } from '../files.js';
import { lockFolder } from '../lock/folder-lock.js';
import type { Storage } from './storage.js';

async function sizeOf(path: string): Promise<number | undefined> {
  const status = await stat(path).catch(() => undefined);
  return status?.isFile() ? status.size : undefined;
}

export const folderStorage: Storage = {
  // Systems let a process have 1024 files and more.
  randomReading: { openFiles: 512 },
  sizeOf,
  async open(path) {
    const { handle: source, sizeBytes } = await openForReading(path);
    return { source, sizeBytes };
  },
  read: (path) => readFile(path),
  async readRange(path, position, sizeBytes) {
    const { handle } = await openForReading(path);
    return readRange(handle, position, sizeBytes, path).finally(() => handle.close());
  },
  async namesIn(folder) {
    return readdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
      throw error;
    });
  },
  sizesBelow: (folder) => (name) => sizeOf(join(folder, name)),
  write: writeFileAtomic,
  remove: (path) => rm(path, { force: true }),
  async takeIn(path, location, confirm) {
    await confirm?.();
    if (path !== location) await rename(path, location);
  },
  workFolder: (folder) => folder,
  lock: (folder) => lockFolder(folder),
};
