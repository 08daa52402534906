/** The log of a training for a spreadsheet. */

import { assertLogged } from '../../training/log/assert-logged.js';
import type { LogLine } from '../../training/log/log-line.js';
import { readLog, type TimedLine } from '../../training/log/read-log.js';
import { csvLine } from '../csv-text.js';

const ownColumns = ['step', 'seconds', 'unixSeconds'];
const changesColumn = 'changes';

/**
 * A line per logged step, with the figures of its validation in the same line, and the names of the columns above all: `step`;
 * `seconds` of training, without pauses, and `unixSeconds` by the clock, when the step ended (empty in runs older than these);
 * then every figure that any step has, unrounded. A figure that a step does not have is left empty. Reads the log of a running
 * training as well: what is half written is left out.
 *
 * @param run a run folder of `train` or `train-diffusion`
 * @returns text, piece by piece
 * @throws UserError where `run` is no run folder, has logged nothing yet, or has a broken line
 */
export async function* metricsCsv(run: string): AsyncGenerator<string> {
  await assertLogged(run);
  const { terms, hasChanges } = await columnsOf(run);
  const columns = [...ownColumns, ...terms, ...(hasChanges ? [changesColumn] : [])];
  yield csvLine(columns);
  for await (const { step, time, values, changes } of rowsOf(run)) {
    const figures = terms.map((name) => values.get(name));
    yield csvLine([step, time?.seconds, time?.unixSeconds, ...figures, ...(hasChanges ? [changesText(changes)] : [])]);
  }
}

/** Figures in the order in which they first appear, those of validations last. */
async function columnsOf(run: string): Promise<{ terms: readonly string[]; hasChanges: boolean }> {
  const [ofSteps, ofValidations] = [new Set<string>(), new Set<string>()];
  let hasChanges = false;
  for await (const { values, isValidation, changes } of readLog(run)) {
    for (const name of values.keys()) (isValidation ? ofValidations : ofSteps).add(name);
    hasChanges ||= changes !== undefined;
  }
  return { terms: [...ofSteps, ...ofValidations], hasChanges };
}

/** What was logged of a step, put together. */
async function* rowsOf(run: string): AsyncGenerator<TimedLine> {
  let row: TimedLine | undefined;
  for await (const line of readLog(run)) {
    if (row?.step === line.step) {
      row = { ...row, ...line, values: new Map([...row.values, ...line.values]) };
      continue;
    }
    if (row) yield row;
    row = line;
  }
  if (row) yield row;
}

function changesText(changes: LogLine['changes']): string | undefined {
  if (changes === undefined) return undefined;
  const each = Object.entries(changes).map(
    ([name, [before, after]]) => `${name}: ${before ?? 'off'} to ${after ?? 'off'}`,
  );
  return each.join('; ');
}
