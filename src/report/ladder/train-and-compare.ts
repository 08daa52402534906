/** The ladder from beginning to end: train what is not trained, measure all, write the page. */
import { join } from 'node:path';
import type { SkippedImage } from '../../data/skipped.js';
import type { Ladder } from '../../ladder/ladder-config.js';
import { type LadderHooks, trainLadder } from '../../ladder/train-ladder.js';
import { type MeasureOptions, measureLadder } from './measure-ladder.js';
import type { LadderReport } from './report-data.js';
import { writeLadderReport } from './write-ladder-report.js';

/** Below the report: one run folder for each training. */
const runsFolderName = 'runs';

export interface LadderResult {
  readonly report: LadderReport;
  readonly skipped: readonly SkippedImage[];
}

/**
 * Trains the rows of `ladder` that are not trained yet on the images of `directory`, into run folders below `out`, measures
 * all on the same validation images and writes the report into `out`. Run again, it goes on where it was interrupted.
 *
 * @returns undefined after an interrupt
 */
export async function trainAndCompareLadder(
  directory: string,
  ladder: Ladder,
  out: string,
  options: MeasureOptions,
  hooks: LadderHooks = {},
): Promise<LadderResult | undefined> {
  const { engine, device, threads } = options;
  const folder = join(out, runsFolderName);
  const isTrained = await trainLadder(directory, ladder, folder, { engine, device, threads }, hooks);
  if (!isTrained) return undefined;
  const { report, skipped } = await measureLadder(directory, ladder, folder, options, hooks.onStage);
  await writeLadderReport(out, report);
  return { report, skipped };
}
