/** What a person reads: results on stdout, everything else on stderr. */

import type { SkippedImage } from '../../src/data/skipped.js';
import { printable, printableJson, printableLines } from '../../src/printable.js';

export function print(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`);
}

export function printJson(value: object): void {
  process.stdout.write(`${printableJson(value)}\n`);
}

/** Progress, hints and warnings. */
export function note(text: string): void {
  process.stderr.write(`${printableLines(text)}\n`);
}

/** Lists the images that could not be read, at the end of a command. */
export function noteSkipped(skipped: readonly SkippedImage[]): void {
  if (skipped.length === 0) return;
  note(`Skipped ${skipped.length} ${skipped.length === 1 ? 'image' : 'images'} that could not be read:`);
  for (const { path, reason } of skipped) note(`  ${printable(path)}: ${printable(reason)}`);
}
