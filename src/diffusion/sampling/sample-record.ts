/** samples.json: what made the pictures of a folder, so that other samples are not mixed among them. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../../digest.js';
import { UserError } from '../../errors.js';
import { makeFolder, writeFileAtomic } from '../../files.js';
import { readJson } from '../../latents/format/json-file.js';

const sampleRecordSchema = z.strictObject({
  format: z.literal('latent-vae/samples'),
  formatVersion: z.literal(1),
  /** Of the denoiser's weights, and of the tokenizer's. */
  diffusion: sha256Schema,
  tokenizer: sha256Schema,
  /** Null where all classes are drawn. */
  class: z.string().nullable(),
  pictures: z.string(),
  guidance: z.number(),
  sampler: z.string(),
  samplerSteps: z.number(),
  seed: z.number(),
});
export type SampleRecord = z.infer<typeof sampleRecordSchema>;

const recordName = 'samples.json';

/**
 * Writes `record` into a new or empty folder; one that was begun by the same record is left as it is.
 *
 * @throws UserError where the folder holds anything else
 */
export async function beginSamples(folder: string, record: SampleRecord): Promise<void> {
  await makeFolder(folder);
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const path = join(folder, recordName);
  if (names.length === 0) return writeFileAtomic(path, `${JSON.stringify(record, null, 1)}\n`);
  const isOfSamples = names.includes(recordName);
  const before = isOfSamples ? await readJson(path, sampleRecordSchema) : undefined;
  if (JSON.stringify(before) === JSON.stringify(record)) return;
  const what = isOfSamples ? 'samples drawn with other options' : names[0];
  throw new UserError(`${folder} holds ${what}: draw into a new or empty folder.`);
}
