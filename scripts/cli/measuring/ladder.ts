/** What a person sees while a ladder is climbed. */
import type { Ladder } from '../../../src/ladder/ladder-config.js';
import type { LadderHooks } from '../../../src/ladder/train-ladder.js';
import { note, warn } from '../output.js';
import { type Progress, startProgress } from '../progress.js';

export function noteLadder({ title, rows, notes }: Ladder): void {
  const trainings = rows.reduce((sum, { seeds }) => sum + seeds, 0);
  note(`${title}: ${rows.length} rows, ${trainings} trainings.`);
  for (const sentence of notes) note(sentence);
}

/** Hooks that name each training and show how far it is. */
export function showLadderProgress(): Required<Pick<LadderHooks, 'onRun' | 'onProgress' | 'onStage' | 'onWarning'>> & {
  stop(): void;
} {
  let progress: Progress | undefined;
  const stop = () => {
    progress?.stop();
    progress = undefined;
  };
  return {
    stop,
    onRun({ row, seed }, { number, of, taken }) {
      stop();
      note(`${number} of ${of}: ${row.name}, seed ${seed}${taken ? ' is there already' : ''}`);
      if (!taken) progress = startProgress(row.id);
    },
    onProgress({ done, secondsLeft, step, report }) {
      progress?.update(done, secondsLeft, { step: `${step}`, loss: Number(report.loss).toPrecision(4) });
    },
    onStage(sentence) {
      stop();
      note(sentence);
    },
    onWarning: warn,
  };
}
