/**
 * One store takes the place of another in the same folder. The new one is finished beside the old one, and one rename decides:
 * before it the store is the old one; after it there is no manifest until all files have changed places, which whoever next
 * writes to the folder completes after a crash. At no time does a manifest name files of the other store.
 */
import { existsSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Confirm, syncFolder } from '../../../files.js';
import { lockFileName } from '../../../lock/folder-lock.js';
import {
  filesOfShard,
  manifestName,
  manifestPath,
  readManifest,
  renewedFolder,
  shardNumberOf,
} from '../../format/manifest.js';

/** Where a store is prepared that is to take the place of the one in `store`. */
export const draftFolder = (store: string) => join(store, '.renewing');

/** @param draft a whole store in a folder on the same disk */
export async function exchangeStore(store: string, draft: string, confirm: Confirm): Promise<void> {
  await rm(join(draft, lockFileName), { force: true });
  await confirm();
  await rename(draft, renewedFolder(store));
  await syncFolder(store);
  await finishExchange(store, confirm);
}

/** Completes what `exchangeStore` began, if it did. The caller holds the lock of `store`. */
export async function finishExchange(store: string, confirm: Confirm): Promise<void> {
  const renewed = renewedFolder(store);
  if (!existsSync(renewed)) return;
  await confirm();
  // Moved last: without it all else is in its place.
  if (existsSync(manifestPath(renewed))) {
    await rm(manifestPath(store), { force: true });
    await syncFolder(store);
    const { shards } = await readManifest(renewed);
    const named = new Set(shards.flatMap(filesOfShard).map(({ file }) => file));
    const old = (await readdir(store)).filter((name) => !Number.isNaN(shardNumberOf(name)) && !named.has(name));
    for (const name of old) await rm(join(store, name), { force: true });
    for (const name of await readdir(renewed)) {
      if (name !== manifestName) await rename(join(renewed, name), join(store, name));
    }
    await syncFolder(store);
    await rename(manifestPath(renewed), manifestPath(store));
    await syncFolder(store);
  }
  await rm(renewed, { recursive: true, force: true });
  await rm(draftFolder(store), { recursive: true, force: true });
}
