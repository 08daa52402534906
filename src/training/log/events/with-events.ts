/** `--tensorboard`: what a training logs goes into an event file too. */
import type { RunFolder } from '../../run/run-folder.js';
import { logLineOf } from '../log-line.js';
import { writeEventFile } from './event-file.js';

/**
 * The run folder, which also adds what is logged to an event file in it. The file begins with all that was logged before.
 *
 * @param isWanted without it, the folder as it is
 */
export async function withEvents<Config>(run: RunFolder<Config>, isWanted: boolean): Promise<RunFolder<Config>> {
  if (!isWanted) return run;
  const events = await writeEventFile(run.path, run.path);
  return {
    ...run,
    async appendMetrics(line) {
      await run.appendMetrics(line);
      await events.add(logLineOf(line));
    },
    async appendValidation(step, validation) {
      const isNew = await run.appendValidation(step, validation);
      if (isNew) await events.add(logLineOf({ step, validation }));
      return isNew;
    },
  };
}
