import type { Comparison } from '../evaluation/compare.js';
import { counted } from '../quantities.js';
import { factColumns, formatInterval, measureColumnsOf } from './columns.js';

const terminalFacts = ['name', 'latentShape', 'compressionRatio', 'klWeight'];

/** The comparison as a table for a terminal: one line per model, means with their bootstrap intervals. */
export function formatTable({ data }: Comparison): string {
  const facts = factColumns.filter(({ key }) => terminalFacts.includes(key));
  const measures = measureColumnsOf(data.models);
  const header = [
    ...facts.map(({ label }) => label),
    ...measures.map(({ label, unit }) => (unit ? `${label} [${unit}]` : label)),
  ];
  const rows = data.models.map((model) => [
    ...facts.map(({ text }) => text(model)),
    ...measures.map(({ key, interval }) => formatInterval(key, interval(model))),
  ]);
  const widths = header.map((label, column) => Math.max(label.length, ...rows.map((row) => row[column]!.length)));
  const line = (cells: readonly string[]) => {
    const padded = cells.map((cell, column) =>
      (column === 0 ? cell.padEnd : cell.padStart).call(cell, widths[column]!),
    );
    return padded.join('  ').trimEnd();
  };
  const { images, widthPx, heightPx, confidence } = data.protocol;
  const caption = `${counted(images, 'image')} of ${widthPx}×${heightPx} px; in parentheses: ${100 * confidence} % intervals.`;
  const absence = data.protocol.absence ? [data.protocol.absence] : [];
  return [
    line(header),
    widths.map((width) => '─'.repeat(width)).join('  '),
    ...rows.map(line),
    caption,
    ...absence,
  ].join('\n');
}
