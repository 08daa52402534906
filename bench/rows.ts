/** What a benchmark reports: one row per workload and peer. */
import { print, printJson } from '../scripts/cli/output.js';

export interface BenchRow {
  readonly workload: string;
  /** Null where this machine cannot run it. */
  readonly peer: string | null;
  /** Time per unit of work. */
  readonly oursMs: number;
  readonly peerMs: number | null;
  /** How many times as fast as the peer we are. */
  readonly ratio: number | null;
  /** The least ratio that we want. */
  readonly target: number;
}

export function benchRow(
  row: Pick<BenchRow, 'workload' | 'oursMs' | 'target'> & { readonly peer: string; readonly peerMs: number | null },
): BenchRow {
  const { peer, oursMs, peerMs } = row;
  const ratio = peerMs === null ? null : peerMs / oursMs;
  return { ...row, peer: peerMs === null ? null : peer, oursMs, peerMs, ratio };
}

export function printRows(rows: readonly BenchRow[], json: boolean): void {
  if (json) printJson({ rows });
  else print(tableOf(rows));
}

function tableOf(rows: readonly BenchRow[]): string {
  const figure = (value: number | null) => (value === null ? '-' : value.toFixed(2));
  const cells = rows.map(({ workload, peer, oursMs, peerMs, ratio, target }) => {
    return [workload, peer ?? '(no peer)', figure(oursMs), figure(peerMs), figure(ratio), figure(target)];
  });
  const lines = [['workload', 'peer', 'ours ms', 'peer ms', 'ratio', 'target'], ...cells];
  const widthOf = (column: number) => Math.max(...lines.map((line) => line[column]?.length ?? 0));
  return lines
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widthOf(column)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
