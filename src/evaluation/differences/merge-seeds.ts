/** One row for all seeds of a model, so that the page shows a family and not every training of it. */
import type { ComparisonData, ModelResult } from '../compare.js';
import type { Interval } from '../measures/bootstrap.js';
import { bootstrapOf } from './causes.js';
import { crossedInterval } from './paired-difference.js';

export interface NamedRuns {
  readonly name: string;
  readonly runs: readonly ModelResult[];
}

/**
 * A comparison whose models are the rows: figures of an image are means over the seeds, intervals are over images and
 * seeds, and what a model is besides is that of the first seed.
 */
export function mergeSeeds(data: ComparisonData, rows: readonly NamedRuns[]): ComparisonData {
  const bootstrap = bootstrapOf(data);
  const models = rows.map(({ name, runs }): ModelResult => {
    const [first] = runs;
    if (!first) throw new Error(`Row ${name} has no run`);
    if (runs.length === 1) return { ...first, name };
    const figures = Object.keys(first.perImage).map((measure) => {
      return [measure, runs.map(({ perImage }) => perImage[measure as keyof typeof perImage]!)] as const;
    });
    const intervals = figures.map(([measure, values]) => [measure, crossedInterval(values, bootstrap)] as const);
    const ofSets = runs.flatMap(({ summary }) => summary.frechetDistance ?? []);
    const summary = { ...Object.fromEntries(intervals), ...(ofSets.length > 0 && { frechetDistance: hull(ofSets) }) };
    return {
      ...first,
      name,
      summary: summary as ModelResult['summary'],
      perImage: Object.fromEntries(
        figures.map(([measure, values]) => [measure, meanOver(values)]),
      ) as unknown as ModelResult['perImage'],
      power: meanOver(runs.map(({ power }) => power)),
    };
  });
  return { ...data, models };
}

/** The mean of figures of whole sets, with an interval that holds those of all seeds. */
function hull(intervals: readonly Interval[]): Interval {
  return {
    mean: intervals.reduce((sum, { mean }) => sum + mean, 0) / intervals.length,
    low: Math.min(...intervals.map(({ low }) => low)),
    high: Math.max(...intervals.map(({ high }) => high)),
    count: intervals[0]!.count,
  };
}

function meanOver(lists: readonly (readonly number[])[]): number[] {
  return lists[0]!.map((_, index) => lists.reduce((sum, list) => sum + list[index]!, 0) / lists.length);
}
