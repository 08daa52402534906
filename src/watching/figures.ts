/** All that was logged of a run so far, and what is to be said of it. */
import type { AdversarialConfig } from '../config/config.js';
import type { LogLine, StepTime } from '../training/log/log-line.js';
import { changesSentence } from '../training/run/option-changes.js';
import { uselessnessSentence, watchDiscriminator } from '../training/step/health.js';
import { createThinned, type Thinned } from './thinned.js';

/** The best validation, and the last one. */
export interface ValidationRecord {
  readonly last: LogLine;
  readonly best: { readonly step: number; readonly value: number };
}

export interface Figures {
  /** By their names, in the order in which they first appeared. */
  readonly all: ReadonlyMap<string, Thinned>;
  /** Seconds of training over steps. */
  readonly times: Thinned;
  addLine(line: LogLine): void;
  addTime(time: StepTime): void;
  /** The log was written anew, as a resume does. */
  forgetLines(): void;
  forgetTimes(): void;
  lastStep(): number;
  lastTime(): StepTime | undefined;
  /** Over the last steps; undefined where too few have a time. */
  secondsPerStep(): number | undefined;
  /** By the figure that counts: more is better for `validation.psnrDb`, less for `validation.loss`. */
  validation(): ValidationRecord | undefined;
  warnings(): readonly string[];
  changes(): readonly string[];
}

/** Steps whose mean tells how long one takes. */
const timedSteps = 50;

export function createFigures(adversarial: AdversarialConfig | null): Figures {
  const all = new Map<string, Thinned>();
  let times = createThinned();
  let recent: StepTime[] = [];
  let state = freshState(adversarial);
  return {
    all,
    get times() {
      return times;
    },
    addLine(line) {
      for (const [name, value] of line.values) {
        const figure = all.get(name) ?? createThinned();
        if (!all.has(name)) all.set(name, figure);
        figure.add(line.step, value);
      }
      state.take(line);
    },
    addTime(time) {
      times.add(time.step, time.seconds);
      recent = [...recent.slice(-timedSteps), time];
    },
    forgetLines() {
      all.clear();
      state = freshState(adversarial);
    },
    forgetTimes() {
      times = createThinned();
      recent = [];
    },
    lastStep: () => state.step,
    lastTime: () => recent.at(-1),
    secondsPerStep() {
      const [first, last] = [recent[0], recent.at(-1)];
      if (first === undefined || last === undefined || last.step === first.step) return undefined;
      return (last.seconds - first.seconds) / (last.step - first.step);
    },
    validation: () => state.validation,
    warnings() {
      const { values } = state.validation?.last ?? {};
      const [psnrDb, meanColourPsnrDb] = [values?.get('validation.psnrDb'), values?.get('validation.meanColourPsnrDb')];
      const isKnown = psnrDb !== undefined && meanColourPsnrDb !== undefined;
      const useless = isKnown ? uselessnessSentence({ psnrDb, meanColourPsnrDb }) : undefined;
      return [...state.warnings, ...(useless === undefined ? [] : [useless])];
    },
    changes: () => state.changes,
  };
}

function freshState(adversarial: AdversarialConfig | null) {
  const watch = watchDiscriminator(adversarial);
  const warnings: string[] = [];
  const changes: string[] = [];
  let step = 0;
  let validation: ValidationRecord | undefined;
  return {
    warnings,
    changes,
    get step() {
      return step;
    },
    get validation() {
      return validation;
    },
    take(line: LogLine) {
      step = line.step;
      const discriminator = line.values.get('discriminator');
      const warning = discriminator === undefined ? undefined : watch({ discriminator }, line.step);
      if (warning !== undefined) warnings.push(warning);
      if (line.changes) changes.push(changesSentence(line.changes, line.step));
      if (line.isValidation) validation = withValidation(validation, line);
    },
  };
}

function withValidation(before: ValidationRecord | undefined, line: LogLine): ValidationRecord {
  const psnrDb = line.values.get('validation.psnrDb');
  const value = psnrDb ?? line.values.get('validation.loss') ?? Number.NaN;
  const isBetter =
    before === undefined || (psnrDb === undefined ? value < before.best.value : value > before.best.value);
  return { last: line, best: isBetter ? { step: line.step, value } : before.best };
}
