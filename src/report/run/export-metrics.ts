/** The log of a training as a file that other programs read. */
import { dirname, resolve } from 'node:path';
import { UserError } from '../../errors.js';
import { appendBytes, makeFolder, writeAtomically } from '../../files.js';
import { isHeld } from '../../lock/is-held.js';
import { assertLogged } from '../../training/log/assert-logged.js';
import { writeEventFile } from '../../training/log/events/event-file.js';
import { metricsCsv } from './metrics-csv.js';

/**
 * Writes the log of a run as CSV; see `metricsCsv`.
 *
 * @param out file to write; one of that name is replaced
 */
export async function writeMetricsCsv(run: string, out: string): Promise<void> {
  await assertLogged(run);
  await makeFolder(dirname(out));
  await writeAtomically(out, async (handle) => {
    for await (const text of metricsCsv(run)) await appendBytes(handle, Buffer.from(text));
  });
}

/**
 * Writes the log of a run as an event file of TensorBoard: every figure as a scalar (`train/mse`, `validation/psnrDb`) and the
 * pictures of validations, with their steps and the times at which they were logged. What an earlier call wrote there is
 * replaced.
 *
 * @param run a run folder of `train` or `train-diffusion`, finished or not
 * @param out folder to write into, such as the run folder itself
 * @returns the path of the file
 * @throws UserError where `run` is no run folder, has logged nothing yet, or has a broken line
 */
export async function writeTensorBoardEvents(run: string, out: string = run): Promise<string> {
  await assertLogged(run);
  if (resolve(out) === resolve(run) && (await isHeld(run))) {
    throw new UserError(
      `${run} is being trained, and may be writing events itself (train --tensorboard): choose another --out.`,
    );
  }
  const { path } = await writeEventFile(run, out);
  return path;
}
