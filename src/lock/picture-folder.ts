/** Folders in which pictures appear one by one, each of them whole. */
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { makeFolder, removeTemporaries } from '../files.js';
import { type FolderLock, lockFolder } from './folder-lock.js';

/**
 * Takes `folder`, made if need be, for one writer of the pictures `files`, without what a killed one left half written.
 *
 * @throws UserError where another process writes there
 */
export async function lockPictures(folder: string, files: readonly string[]): Promise<FolderLock> {
  await makeFolder(folder);
  const lock = await lockFolder(folder);
  try {
    for (const inner of new Set([folder, ...files.map(dirname)])) if (existsSync(inner)) await removeTemporaries(inner);
    return lock;
  } catch (error) {
    await lock.release();
    throw error;
  }
}
