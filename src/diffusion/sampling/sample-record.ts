/** What made the pictures of a folder: samples.json tells of all, metadata.jsonl of each. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256Schema } from '../../digest.js';
import { UserError } from '../../errors.js';
import { type Confirm, makeFolder, writeFileAtomic } from '../../files.js';
import { readJson } from '../../latents/format/json-file.js';

const sourceShape = {
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
};

const sampleRecordSchema = z.strictObject({
  ...sourceShape,
  /** How many pictures the folder is to hold, and whether they are all there. */
  images: z.number().int().nonnegative().default(0),
  complete: z.boolean().default(false),
});

const sampleSourceSchema = z.strictObject(sourceShape);
/** All that decides what picture n of a folder looks like: other samples are not mixed among them. */
export type SampleSource = z.infer<typeof sampleSourceSchema>;

/** What metadata.jsonl tells of a picture: its file, from the folder on, and what it was drawn from. */
export interface SampleLine {
  readonly file_name: string;
  /** Absent where the model knows no classes. */
  readonly class?: string;
  readonly seed: number;
  /** With the seed it decides the noise. */
  readonly number: number;
}

const recordName = 'samples.json';
const tableName = 'metadata.jsonl';

/**
 * Marks a new or empty folder as one of unfinished samples of `source`; one that was begun from the same source goes on.
 *
 * @param images that are wanted now; a folder may be enlarged
 * @returns how many pictures the folder is to hold: as many as were ever wanted
 * @throws UserError where the folder holds anything else
 */
export async function beginSamples(folder: string, source: SampleSource, images: number): Promise<number> {
  await makeFolder(folder);
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.'));
  const isOfSamples = names.includes(recordName);
  const before = isOfSamples ? await readJson(join(folder, recordName), sampleRecordSchema) : undefined;
  const isSame = before && JSON.stringify(sampleSourceSchema.strip().parse(before)) === JSON.stringify(source);
  if (names.length > 0 && !isSame) {
    const what = isOfSamples ? 'samples drawn with other options' : names[0];
    throw new UserError(`${folder} holds ${what}: draw into a new or empty folder.`);
  }
  const all = Math.max(images, before?.images ?? 0);
  await writeRecord(folder, { ...source, images: all, complete: false });
  return all;
}

/**
 * Writes down what is there, for programs that read the folder.
 *
 * @param images that the folder is to hold
 * @param lines one for each picture that is there, in order
 */
export async function tellSamples(
  folder: string,
  source: SampleSource,
  images: number,
  lines: readonly SampleLine[],
  confirm: Confirm,
): Promise<void> {
  await writeFileAtomic(join(folder, tableName), lines.map((line) => `${JSON.stringify(line)}\n`).join(''), confirm);
  await writeRecord(folder, { ...source, images, complete: lines.length === images }, confirm);
}

function writeRecord(folder: string, record: z.infer<typeof sampleRecordSchema>, confirm?: Confirm): Promise<void> {
  return writeFileAtomic(join(folder, recordName), `${JSON.stringify(record, null, 1)}\n`, confirm);
}
