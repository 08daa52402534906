/** `--dry-run`: what a training would be, from a few steps that are measured in a folder that is removed again. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { counted, formatSeconds } from '../../../src/quantities.js';
import type { LoopHooks, TrainingProgress } from '../../../src/training/loop.js';
import { print } from '../output.js';

/** Shared by the commands that train. */
export const dryRunOption = z
  .boolean()
  .default(false)
  .describe('tell what the training would be, with the time of a few measured steps, and write nothing');

/** The first steps compile what the others run. */
const compilingSteps = 3;
const enough = { steps: 5, seconds: 4, mostSteps: 100 };

/** Longer than what is measured, with no validation and no checkpoint on the way. */
const unbroken = 1_000_000;
export const measuringLength = {
  steps: unbroken,
  minutes: undefined,
  sampleSteps: unbroken,
  checkpointSteps: unbroken,
} as const;

export interface DryRunLength {
  readonly steps?: number | undefined;
  readonly minutes?: number | undefined;
}

/** What a training would take; validations, samples and checkpoints come on top of it. */
export interface DryRunFigures {
  readonly measuredSteps: number;
  readonly secondsPerStep: number;
  readonly imagesPerSecond: number;
  /** Of the whole training. */
  readonly steps: number;
  readonly seconds: number;
}

/**
 * Trains for some seconds.
 *
 * @param train a training with `measuringLength`, into the folder that it is given
 * @returns when each step ended, in seconds
 */
async function stepTimes(
  signal: AbortSignal,
  train: (out: string, hooks: LoopHooks) => Promise<unknown>,
): Promise<number[]> {
  const folder = await mkdtemp(join(tmpdir(), 'latent-vae-dry-run-'));
  const stop = new AbortController();
  const ends: number[] = [];
  const onProgress = (_: TrainingProgress) => {
    ends.push(performance.now() / 1000);
    const measured = ends.length - compilingSteps;
    const seconds = (ends.at(-1) as number) - (ends[compilingSteps - 1] ?? Number.POSITIVE_INFINITY);
    const isEnough = measured >= enough.steps && seconds >= enough.seconds;
    if (isEnough || measured >= enough.mostSteps) stop.abort();
  };
  try {
    await train(join(folder, 'run'), { signal: AbortSignal.any([signal, stop.signal]), onProgress });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return ends;
}

/** @returns undefined where it was interrupted before enough was known, or nothing takes steps */
export async function measureDryRun(
  { steps, minutes }: DryRunLength,
  batch: number,
  signal: AbortSignal,
  train: (out: string, hooks: LoopHooks) => Promise<unknown>,
): Promise<DryRunFigures | undefined> {
  const ends = await stepTimes(signal, train);
  const measuredSteps = ends.length - compilingSteps;
  if (measuredSteps < 1) return undefined;
  const secondsPerStep = ((ends.at(-1) as number) - (ends[compilingSteps - 1] as number)) / measuredSteps;
  const all = steps ?? Math.max(1, Math.round(((minutes as number) * 60) / secondsPerStep));
  return {
    measuredSteps,
    secondsPerStep,
    imagesPerSecond: batch / secondsPerStep,
    steps: all,
    seconds: all * secondsPerStep,
  };
}

export function printDryRun(figures: DryRunFigures | undefined, what: string): void {
  if (figures === undefined) {
    print('No step was measured: it was interrupted, or is computed without steps. Nothing was written.');
    return;
  }
  const { measuredSteps, secondsPerStep, imagesPerSecond, steps, seconds } = figures;
  print(
    `${secondsPerStep.toPrecision(3)} s a step, ${imagesPerSecond.toFixed(1)} ${what}/s (${counted(measuredSteps, 'step')} measured): ` +
      `${counted(steps, 'step')} take about ${formatSeconds(seconds)}, without validations. Nothing was written.`,
  );
}
