/** Reading the log of a run from its beginning, each line with its time. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { followLines } from './follow-lines.js';
import {
  type LogLine,
  metricsFileName,
  parseLogLine,
  parseTimeLine,
  type StepTime,
  timesFileName,
} from './log-line.js';

/** A line of the log, and when its step ended. */
export interface TimedLine extends LogLine {
  /** Absent in runs that were trained before times were kept, and of models that are computed without steps. */
  readonly time?: StepTime;
}

/**
 * The whole lines of a run's log, of a running training too.
 *
 * @throws UserError where a line is broken
 */
export async function* readLog(run: string): AsyncGenerator<TimedLine> {
  const times = linesOf(join(run, timesFileName), parseTimeLine);
  let next = await times.next();
  for await (const line of linesOf(join(run, metricsFileName), parseLogLine)) {
    while (!next.done && next.value.step < line.step) next = await times.next();
    yield next.done || next.value.step !== line.step ? line : { ...line, time: next.value };
  }
}

/** When the log was written last, in seconds since 1970: the time of lines that have none of their own. */
export async function logTime(run: string): Promise<number> {
  const { mtimeMs } = await stat(join(run, metricsFileName));
  return mtimeMs / 1000;
}

async function* linesOf<Line>(
  path: string,
  parse: (text: string, where: string) => Line,
): AsyncGenerator<Line, undefined> {
  const follower = followLines(path);
  for (;;) {
    const { lines, first, isAnew } = await follower.next();
    // A resume that begins while the log is read drops no line of those that came before it.
    if (lines.length === 0 || isAnew) return undefined;
    for (const [index, line] of lines.entries()) yield parse(line, `${path}, line ${first + index}`);
  }
}
