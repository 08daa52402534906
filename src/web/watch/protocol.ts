/** What the page of a training is told, again and again. */

/** A step, the mean of a figure over the steps up to it since the point before, and the least and greatest of them. */
export type WatchedPoint = readonly [step: number, mean: number, low: number, high: number];

export interface WatchedLine {
  /** In words. */
  readonly label: string;
  readonly points: readonly WatchedPoint[];
}

export interface WatchedChart {
  /** In words, with its unit. */
  readonly title: string;
  /** What it tells, in a sentence. */
  readonly meaning: string;
  readonly lines: readonly WatchedLine[];
}

/** A run as it is now. */
export interface WatchedRun {
  readonly name: string;
  /** How far it is. */
  readonly headline: string;
  /** What else is to be said of it. */
  readonly sentences: readonly string[];
  /** What is wrong with it. */
  readonly warnings: readonly string[];
  /** What is trained on what, line by line. */
  readonly table: readonly (readonly [label: string, text: string])[];
  /** Every option by its name. */
  readonly options: readonly (readonly [name: string, value: string])[];
  readonly charts: readonly WatchedChart[];
  /** Seconds of training at steps, in their order; none where no times were kept. */
  readonly times: readonly (readonly [step: number, seconds: number])[];
  /** When the last step was logged, in seconds since 1970. */
  readonly lastStepAt: number | null;
  /** Pictures of validations: `samples/STEP.png` for each. */
  readonly samples: { readonly steps: readonly number[]; readonly meaning: string };
}
