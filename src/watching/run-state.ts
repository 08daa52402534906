/** A run as its folder tells of it: what the page of it shows. */
import { existsSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { UserError } from '../errors.js';
import { isHeld } from '../lock/is-held.js';
import { followLines, type LineFollower } from '../training/log/follow-lines.js';
import { metricsFileName, parseLogLine, parseTimeLine, timesFileName } from '../training/log/log-line.js';
import { stepsWithSamples } from '../training/run/samples.js';
import type { WatchedRun } from '../web/watch/protocol.js';
import { chartsOf } from './charts.js';
import { describeRun, type RunDescription } from './describe-run.js';
import { createFigures } from './figures.js';
import { progressOf } from './progress.js';

/** Follows a run folder, which need not be there yet. */
export interface RunFollower {
  /** What is in it now; a sentence where it cannot be read. */
  now(): Promise<WatchedRun>;
}

export function followRun(run: string): RunFollower {
  let reader: Reader | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const now = async () => {
    try {
      if (!existsSync(run)) throw new UserError(`${run} is not there yet: it is shown once a training makes it.`);
      const description = await describeRun(run, reader?.description);
      // A resume may change what figures are judged by.
      if (description !== reader?.description) reader = createReader(run, description);
      return await reader.read();
    } catch (error) {
      // What comes after a broken line must not be shown as if there was none.
      reader = undefined;
      if (error instanceof UserError) return nothing(run, error.message);
      throw error;
    }
  };
  return {
    // One after another: each reads on where the one before stopped.
    now() {
      const next = last.then(now, now);
      last = next;
      return next;
    },
  };
}

interface Reader {
  readonly description: RunDescription;
  read(): Promise<WatchedRun>;
}

function createReader(run: string, description: RunDescription): Reader {
  const figures = createFigures(description.adversarial);
  const log = followLines(join(run, metricsFileName));
  const times = followLines(join(run, timesFileName));

  return {
    description,
    async read() {
      await readOn(log, join(run, metricsFileName), figures.forgetLines, (...line) => {
        figures.addLine(parseLogLine(...line));
      });
      // They are written first: after the log, they are there for every step of it.
      await readOn(times, join(run, timesFileName), figures.forgetTimes, (...line) => {
        figures.addTime(parseTimeLine(...line));
      });
      const { headline, sentences } = progressOf(description, figures, await isHeld(run));
      return {
        name: basename(resolve(run)),
        headline,
        sentences: [...sentences, ...figures.changes()],
        warnings: figures.warnings(),
        table: description.table,
        options: description.options,
        charts: chartsOf(figures.all),
        times: figures.times.points().map(([step, , , seconds]) => [step, seconds] as const),
        lastStepAt: figures.lastTime()?.unixSeconds ?? null,
        samples: { steps: await stepsWithSamples(run), meaning: description.samples },
      };
    },
  };
}

/** Hands over all lines that came since the last time, each with the place where a person finds it. */
async function readOn(
  follower: LineFollower,
  path: string,
  forget: () => void,
  add: (line: string, where: string) => void,
): Promise<void> {
  for (;;) {
    const { lines, first, isAnew } = await follower.next();
    if (isAnew) forget();
    if (lines.length === 0) return;
    for (const [index, line] of lines.entries()) add(line, `${path}, line ${first + index}`);
  }
}

const nothing = (run: string, sentence: string): WatchedRun => ({
  name: basename(resolve(run)),
  headline: sentence,
  sentences: [],
  warnings: [],
  table: [],
  options: [],
  charts: [],
  times: [],
  lastStepAt: null,
  samples: { steps: [], meaning: '' },
});
