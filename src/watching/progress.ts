/** How far a run is, in sentences. */
import { counted, formatSeconds } from '../quantities.js';
import type { RunDescription } from './describe-run.js';
import type { Figures, ValidationRecord } from './figures.js';

/** @param isTrained whether a process is at work in the folder */
export function progressOf(
  { steps, minutes, things, batch }: RunDescription,
  figures: Figures,
  isTrained: boolean,
): { headline: string; sentences: string[] } {
  const step = figures.lastStep();
  const seconds = figures.lastTime()?.seconds;
  const validation = figures.validation();
  const isDone = isOver(steps, minutes, step, seconds) && validation?.last.step === step;
  const pace = figures.secondsPerStep();
  const speed = pace === undefined || pace <= 0 ? [] : [`${Number((batch / pace).toPrecision(3))} ${things}/s`];
  const lasted = seconds === undefined ? [] : [`${formatSeconds(seconds)} of training`];
  const sentences = validation ? [validationSentence(validation)] : [];
  if (isTrained) {
    const of = steps === undefined ? '' : ` of ${steps}`;
    const left = secondsLeft(steps, minutes, step, seconds, pace);
    const facts = [...speed, ...lasted, ...(left === undefined ? [] : [`${formatSeconds(left)} left`])];
    if (step === 0) return { headline: 'The training has begun; its first step is not there yet.', sentences };
    return { headline: `Step ${step}${of}`, sentences: [sentence(facts), ...sentences] };
  }
  const facts = [...lasted, ...speed];
  const told = facts.length === 0 ? sentences : [sentence(facts), ...sentences];
  if (isDone) return { headline: `Finished after ${counted(step, 'step')}`, sentences: told };
  const headline = step === 0 ? 'Stopped before its first step' : `Stopped after ${counted(step, 'step')}`;
  return { headline, sentences: [...told, 'Nothing trains it now; --resume goes on with it.'] };
}

function isOver(
  steps: number | undefined,
  minutes: number | undefined,
  step: number,
  seconds: number | undefined,
): boolean {
  if (step === 0 || (steps !== undefined && step >= steps)) return true;
  return minutes !== undefined && seconds !== undefined && seconds >= 60 * minutes;
}

function secondsLeft(
  steps: number | undefined,
  minutes: number | undefined,
  step: number,
  seconds: number | undefined,
  pace: number | undefined,
): number | undefined {
  if (minutes !== undefined) return seconds === undefined ? undefined : Math.max(0, 60 * minutes - seconds);
  return steps === undefined || pace === undefined ? undefined : Math.max(0, steps - step) * pace;
}

const sentence = (facts: readonly string[]) => (facts.length === 0 ? '' : `${facts.join(', ')}.`);

function validationSentence({ last, best }: ValidationRecord): string {
  const { values, step } = last;
  const [psnrDb, ssim, loss] = ['psnrDb', 'ssim', 'loss'].map((name) => values.get(`validation.${name}`));
  const isBest = best.step === step;
  if (psnrDb !== undefined && ssim !== undefined) {
    const record = isBest ? '' : `; the best were ${best.value.toFixed(2)} dB after step ${best.step}`;
    return `Validation images are restored with ${psnrDb.toFixed(2)} dB PSNR and ${ssim.toFixed(3)} SSIM after step ${step}${record}.`;
  }
  if (loss === undefined) return '';
  const record = isBest ? '' : `; the least was ${best.value.toFixed(4)} after step ${best.step}`;
  return `The loss on latents that no step saw is ${loss.toFixed(4)} after step ${step}${record}.`;
}
