import { counted } from '../../quantities.js';
import { intervalText } from '../measures/interval-text.js';
import type { BoundEstimate } from './bound.js';
import { boundRows } from './rows.js';

/** A bound as lines for a terminal. */
export function boundLines(bound: BoundEstimate): string[] {
  const rows = boundRows(bound).map(({ label, nats, bits }) => [
    label,
    intervalText(nats, 1),
    bits ? bits.continuous.toFixed(3) : '',
    bits ? bits.eightBit.toFixed(3) : '',
  ]);
  const header = ['', 'nats per image', 'bits per value', '8-bit'];
  const widths = header.map((_, column) => Math.max(...[header, ...rows].map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('  ')
      .trimEnd();
  return [...[header, ...rows].map(line), boundNote(bound)];
}

/** On which scale the figures are, and of how much. */
export function boundNote({ sigma, dimensions, perImage, seed }: BoundEstimate): string {
  const images = perImage.length === 1 ? 'one image' : counted(perImage.length, 'image');
  return (
    `p(x|z) = N(decoded, ${sigma}² I) over ${dimensions} values in [-1, 1], a density; bits of 8-bit values are ` +
    `log2(255/2) = 6.99 more. Means over ${images} with 95 % intervals, seed ${seed}.`
  );
}
