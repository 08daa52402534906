/**
 * Where a store is written: what is finished goes to the store, which may be a folder or below a prefix of an object store; lock,
 * journal and files under way are in a folder of this machine, which for a folder is the folder itself.
 */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Of, sha256Schema } from '../../../digest.js';
import { type Confirm, makeFolder, removeTemporaries, writeFileAtomic } from '../../../files.js';
import { lockFileName, lockFolder } from '../../../lock/folder-lock.js';
import { below } from '../../../storage/locations.js';
import type { Storage } from '../../../storage/storage.js';
import { storageOf } from '../../../storage/storage-of.js';
import { readJson } from '../../format/json-file.js';
import { type Manifest, shardNumberOf } from '../../format/manifest.js';

export interface WritingPlace {
  /** Folder or URL of what is finished. */
  readonly store: string;
  /** Folder of the journal and of files under way. */
  readonly work: string;
  readonly storage: Storage;
  /** @throws UserError where another process has taken over; quick enough to be asked for every batch */
  readonly assertHeld: Confirm;
  /** The same, before anything of the store is replaced. */
  readonly assertStoreHeld: Confirm;
  /** Brings finished files of the work folder into the store, each of them whole. */
  publish(names: readonly string[]): Promise<void>;
  /** Remembers which manifest the journal follows. */
  follow(manifest: Manifest | undefined): Promise<void>;
  /** Drops what is under way, unless it follows this manifest: another machine may have gone on with the store. */
  keepOnlyAfter(manifest: Manifest | undefined): Promise<void>;
  release(): Promise<void>;
}

const followedSchema = z.strictObject({ manifest: sha256Schema.nullable() });

/** Takes the locks of a store, which is made where there is none. @throws UserError where another writer is at work */
export async function openPlace(store: string): Promise<WritingPlace> {
  const storage = await storageOf(store);
  const work = storage.workFolder(store);
  await makeFolder(work);
  const lock = await lockFolder(work);
  const isApart = work !== store;
  const storeLock = isApart
    ? await storage.lock(store).catch(async (error: unknown) => {
        await lock.release();
        throw error;
      })
    : lock;
  const followed = join(work, 'follows.json');
  const sealOf = (manifest: Manifest | undefined) => (manifest ? sha256Of(JSON.stringify(manifest)) : null);
  return {
    store,
    work,
    storage,
    assertHeld: lock.assertHeld,
    assertStoreHeld: storeLock.assertHeld,
    async publish(names) {
      for (const name of names) {
        await storage.takeIn(join(work, name), below(store, name), storeLock.assertHeld);
      }
    },
    async follow(manifest) {
      if (isApart) await writeFileAtomic(followed, `${JSON.stringify({ manifest: sealOf(manifest) })}\n`);
    },
    async keepOnlyAfter(manifest) {
      await removeTemporaries(work);
      if (!isApart) return;
      const names = await readdir(work);
      const before = names.includes('follows.json') ? await readJson(followed, followedSchema) : undefined;
      const isSame = before !== undefined && before.manifest === sealOf(manifest);
      const current = manifest?.shards.length ?? 0;
      for (const name of names) {
        const isJournal = name.includes('.partial') && shardNumberOf(name) === current;
        if (name === lockFileName || (isSame && (isJournal || name === 'follows.json'))) continue;
        await rm(join(work, name), { force: true });
      }
    },
    async release() {
      if (isApart) await storeLock.release();
      await lock.release();
    },
  };
}
