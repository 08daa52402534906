/** decoded.json: what made the pictures of a folder, so that another decode does not mix its own among them. */
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../../digest.js';
import { UserError } from '../../errors.js';
import { makeFolder, writeFileAtomic } from '../../files.js';
import { readJson } from '../format/json-file.js';

const recordSchema = z.strictObject({
  format: z.literal('latent-vae/decoded'),
  formatVersion: z.literal(1),
  decoder: sha256Schema,
  encoder: sha256Schema,
  /** Which images: appending to a store does not change its first shard. */
  firstShard: sha256Schema.nullable(),
  pictures: z.string(),
  from: z.string(),
  seed: z.number(),
  /** Where pictures keep their own size. */
  tiles: z
    .strictObject({ tileSize: z.number(), tileOverlap: z.number(), wholePixels: z.number().optional() })
    .optional(),
});
export type DecodeRecord = z.infer<typeof recordSchema>;

const recordPath = (folder: string) => join(folder, 'decoded.json');

/**
 * @returns whether the folder's pictures are those that `record` makes, so that finished ones can stay
 * @throws UserError where the folder holds anything else, unless forced
 */
export async function assertFree(folder: string, record: DecodeRecord, force: boolean): Promise<boolean> {
  if (force) return false;
  await makeFolder(folder);
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  if (names.length === 0) return false;
  const isDecoded = names.includes('decoded.json');
  const before = isDecoded ? await readJson(recordPath(folder), recordSchema) : undefined;
  if (JSON.stringify(before) === JSON.stringify(record)) return true;
  const what = isDecoded ? 'pictures of another decode' : names[0];
  throw new UserError(`${folder} holds ${what}: write to a new or empty folder, or pass --force to replace pictures.`);
}

/** Removes pictures of the same names, since from now on what is there counts as finished, and writes `record` down. */
export async function begin(folder: string, record: DecodeRecord, files: readonly string[]): Promise<void> {
  await makeFolder(folder);
  await rm(recordPath(folder), { force: true });
  for (const file of files) await rm(file, { force: true });
  await writeFileAtomic(recordPath(folder), `${JSON.stringify(record, null, 1)}\n`);
}
