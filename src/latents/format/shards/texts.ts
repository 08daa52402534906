/** latents-00000.texts.jsonl: the captions and metadata of a shard's images, one line each, in the order of the index. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { sha256OfFile } from '../../../digest.js';
import { UserError } from '../../../errors.js';
import { writeFileAtomic } from '../../../files.js';
import { below } from '../../../storage/locations.js';
import { parseJson, readText } from '../json-file.js';
import { type ShardRecord, shardStem } from '../manifest.js';

/** What is known of an image in words; both may be absent. */
export const imageTextSchema = z.strictObject({
  caption: z.string().optional(),
  /** Any JSON: what stood in a file beside the image. */
  metadata: z.json().optional(),
});
/** Caption and metadata of an image. */
export type StoredText = z.infer<typeof imageTextSchema>;

/** @returns the record of the file, or undefined where there is no text and so no file */
export async function writeTexts(
  store: string,
  number: number,
  texts: readonly (StoredText | undefined)[],
): Promise<ShardRecord['texts']> {
  if (texts.every((text) => text === undefined)) return undefined;
  const file = `${shardStem(number)}.texts.jsonl`;
  const path = join(store, file);
  await writeFileAtomic(path, texts.map((text) => `${JSON.stringify(text ?? {})}\n`).join(''));
  return { file, sizeBytes: (await stat(path)).size, sha256: await sha256OfFile(path) };
}

/** One for each image of a shard. @throws UserError where the file is missing, damaged or of another number of images */
export async function readTexts(store: string, { texts, images }: ShardRecord): Promise<StoredText[]> {
  if (texts === undefined) return Array.from({ length: images }, () => ({}));
  const path = below(store, texts.file);
  const lines = (await readText(path)).split('\n').slice(0, -1);
  if (lines.length !== images)
    throw new UserError(`${path} has ${lines.length} lines, wanted one for each of ${images} images.`);
  return lines.map((line, row) => parseJson(imageTextSchema, line, `${path} line ${row + 1}`));
}
