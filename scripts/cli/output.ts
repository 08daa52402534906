/** What a person reads: results on stdout, everything else on stderr. */
import { styleText } from 'node:util';
import type { SkippedImage } from '../../src/data/skipped.js';
import { printable, printableJson, printableLines } from '../../src/printable.js';
import { counted } from '../../src/quantities.js';

/** A line that is drawn again and again, such as a bar: what is printed goes above it. */
export interface LiveLine {
  clear(): void;
  draw(): void;
}

let liveLine: LiveLine | undefined;
let isQuiet = false;

/** From now on nothing is told but results, warnings and errors. */
export function beQuiet(): void {
  isQuiet = true;
}

export const isSilenced = (): boolean => isQuiet;

/** @param line undefined where there is none any more */
export function setLiveLine(line: LiveLine | undefined): void {
  liveLine = line;
}

export function print(text: string): void {
  process.stdout.write(`${printableLines(text)}\n`);
}

export function printJson(value: object): void {
  process.stdout.write(`${printableJson(value)}\n`);
}

/** Progress and hints; --quiet leaves them out. */
export function note(text: string): void {
  if (!isQuiet) tell(printableLines(text));
}

/** What was asked for and is no result, such as the address of a page, --quiet or not. */
export function announce(text: string): void {
  tell(printableLines(text));
}

/** What somebody must know, --quiet or not. */
export function warn(text: string): void {
  tell(coloured('yellow', printableLines(text)));
}

/** What ended a command. */
export function fail(text: string): void {
  tell(`${coloured('red', 'latent-vae:')} ${printableLines(text)}`);
}

function tell(text: string): void {
  liveLine?.clear();
  process.stderr.write(`${text}\n`);
  liveLine?.draw();
}

/** On a terminal alone, and not where NO_COLOR is set (no-color.org). */
export function coloured(
  style: Parameters<typeof styleText>[0],
  text: string,
  stream: NodeJS.WriteStream = process.stderr,
): string {
  const isWanted = stream.isTTY && !process.env.NO_COLOR && process.env.TERM !== 'dumb';
  return isWanted ? styleText(style, text) : text;
}

/** Lists the images that could not be read, at the end of a command. */
export function noteSkipped(skipped: readonly SkippedImage[]): void {
  if (skipped.length === 0) return;
  warn(`Skipped ${counted(skipped.length, 'image')} that could not be read:`);
  for (const { path, reason } of skipped) warn(`  ${printable(path)}: ${printable(reason)}`);
}
