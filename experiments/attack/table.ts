/** What came of attacks, counted. */
import type { Fixtures } from './fixtures.js';

export interface Plan {
  /** Where a part may write. */
  readonly folder: string;
  readonly fixtures: Fixtures;
  /** Attack this command alone: part of a target's name. */
  readonly command?: string | undefined;
  readonly kills: number;
  readonly races: number;
  readonly files: number;
  readonly seed: number;
}

export interface Row {
  readonly attack: string;
  attempts: number;
  /** Ended otherwise than promised: a stack, a signal, a wrong exit code, a command that cannot go on. */
  failures: number;
  /** Reported as done, and not there afterwards. */
  lost: number;
  /** There, and not what an undisturbed run writes, or half and not marked as such. */
  wrong: number;
  hung: number;
}

export const emptyRow = (attack: string): Row => ({ attack, attempts: 0, failures: 0, lost: 0, wrong: 0, hung: 0 });

export const hasFailed = (rows: readonly Row[]): boolean =>
  rows.some(({ failures, lost, wrong, hung }) => failures + lost + wrong + hung > 0);

const counts = ['attempts', 'failures', 'lost', 'wrong', 'hung'] as const;

/** As a table of Markdown, so that it can stand in experiments/LOG.md as it is. */
export function tableOf(rows: readonly Row[]): string {
  const all = emptyRow('all together');
  for (const row of rows) for (const count of counts) all[count] += row[count];
  const cells = [...rows, all].map((row) => [row.attack, ...counts.map((count) => String(row[count]))]);
  const header = ['attack', ...counts];
  const widths = header.map((label, column) => Math.max(label.length, ...cells.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...cells.map(line)].join('\n');
}
