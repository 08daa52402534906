/** The lines of a run's log, metrics.jsonl, and of the file beside it that tells when they were written. */
import { z } from 'zod';
import { UserError } from '../../errors.js';
import type { OptionChanges } from '../run/option-changes.js';

export const metricsFileName = 'metrics.jsonl';
export const timesFileName = 'times.jsonl';

/** A line of metrics.jsonl. */
export interface LogLine {
  /** The step that it is about or, of a validation and of changes, comes after. */
  readonly step: number;
  /**
   * Figures by their names. What is nested has the names of its parents before it: `channelKl.0`, `validation.psnrDb`.
   * What is no finite number is left out.
   */
  readonly values: ReadonlyMap<string, number>;
  /** Whether it tells of a validation, rather than of a step. */
  readonly isValidation: boolean;
  /** What a resume changed, where it tells of that. */
  readonly changes?: OptionChanges;
}

/** When a step ended. */
export interface StepTime {
  readonly step: number;
  /** Of the run, pauses left out. */
  readonly seconds: number;
  /** By the clock, since 1970. */
  readonly unixSeconds: number;
}

const step = z.number().int().min(0);
const lineSchema = z.looseObject({ step });
const changesSchema = z.record(z.string(), z.tuple([z.unknown(), z.unknown()]));
const timeSchema = z.object({ step, seconds: z.number(), unixSeconds: z.number() });

/** @param where what a person finds the line by, e.g. `runs/a/metrics.jsonl, line 12` */
export const parseLogLine = (text: string, where: string): LogLine => logLineOf(parsed(lineSchema, text, where));

/** A line as it is logged. */
export function logLineOf({ step, changes, ...rest }: z.output<typeof lineSchema>): LogLine {
  const values = new Map<string, number>();
  collect(values, '', rest);
  const told = changes === undefined ? undefined : changesSchema.safeParse(changes);
  return { step, values, isValidation: 'validation' in rest, ...(told?.success && { changes: told.data }) };
}

export const parseTimeLine = (text: string, where: string): StepTime => parsed(timeSchema, text, where);

function collect(values: Map<string, number>, prefix: string, parent: object): void {
  for (const [name, value] of Object.entries(parent)) {
    if (Number.isFinite(value)) values.set(`${prefix}${name}`, value as number);
    else if (typeof value === 'object' && value !== null) collect(values, `${prefix}${name}.`, value);
  }
}

function parsed<Schema extends z.ZodType>(schema: Schema, text: string, where: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (error) {
    throw new UserError(`${where} is no line of a training's log: restore the file, or resume the run.`, {
      cause: error,
    });
  }
}
