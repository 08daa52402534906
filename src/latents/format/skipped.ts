/** skipped.jsonl: the images that could not be stored, one line each, with the reason. */
import { z } from 'zod';
import type { SkippedImage } from '../../data/skipped.js';
import { parseJson, readText } from './json-file.js';
import { skippedPath } from './manifest.js';

export const skippedSchema = z.strictObject({ path: z.string(), reason: z.string() });

/** The lines of skipped.jsonl, sorted by path, whatever the order in which the images were met. */
export function skippedLines(skipped: Iterable<SkippedImage>): string {
  const sorted = [...skipped].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.map(({ path, reason }) => `${JSON.stringify({ path, reason })}\n`).join('');
}

/** @throws UserError where the file is missing or a line is damaged */
export async function readSkipped(store: string): Promise<SkippedImage[]> {
  const lines = (await readText(skippedPath(store))).split('\n').filter((line) => line !== '');
  return lines.map((line, index) => parseJson(skippedSchema, line, `${skippedPath(store)} line ${index + 1}`));
}
