/** The habits that all trainings share: clock, log, health, looks, checkpoints, interruption. */

import { UserError } from '../errors.js';
import { alone, type Team } from './data-parallel/team.js';
import type { RunFolder } from './run/run-folder.js';
import { type Savable, type SavedStates, savedStates } from './saved-states.js';
import { BrokenState, breakdownSentence, brokenMeasure } from './step/health.js';
import type { StepReport } from './step/step-report.js';

/** Told of any training on the way. */
export interface LoopHooks {
  /** When aborted, the step under way is finished and saved. */
  readonly signal?: AbortSignal | undefined;
  /** Told after every step. */
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** How far a training is. */
export interface TrainingProgress {
  readonly step: number;
  /** Share of the run that is over, 0 to 1. */
  readonly done: number;
  readonly report: StepReport;
  readonly imagesPerSecond: number;
  readonly secondsLeft: number;
}

/** How long a training is and when it stops to look and to save. */
export interface LoopOptions {
  readonly steps?: number | undefined;
  readonly minutes?: number | undefined;
  /** Images per step. */
  readonly batch: number;
  readonly checkpointSteps: number;
  readonly sampleSteps: number;
  readonly learningRate: number;
}

export interface Loop<Batch, Look> extends Savable {
  /** Of the whole run, what came before a resume included. */
  readonly state: { step: number; seconds: number };
  readonly options: LoopOptions;
  readonly run: Pick<RunFolder, 'path' | 'hasCheckpoint' | 'before' | 'appendTime' | 'appendMetrics'>;
  /** Endless, from the next step on. */
  readonly batches: AsyncIterable<Batch>;
  /**
   * @param number of this step, from 1
   * @param done share of the run that was over before it, 0 to 1
   */
  step(batch: Batch, number: number, done: number): Promise<StepReport>;
  /** Validates, and logs what it saw. */
  look(): Promise<Look>;
  /** Where several processes train together: they take the same steps, and the leader alone looks and saves. */
  readonly team?: Pick<Team, 'leads' | 'agree' | 'leaderDoes'>;
}

/** How a loop ended; `looked` is absent where it was interrupted. */
export interface LoopEnd<Look> {
  readonly interrupted: boolean;
  readonly looked?: Look;
}

/**
 * Steps until the run's steps or minutes are over or the signal aborts, and saves.
 *
 * @throws UserError where a measure of a step is no finite number; the last state that steps can be computed from stays
 */
export async function runLoop<Batch, Look>(loop: Loop<Batch, Look>, hooks: LoopHooks): Promise<LoopEnd<Look>> {
  const { state, options, run, team = alone } = loop;
  const clock = startClock(options, state);
  const saved = savedStates(loop);
  const save = () => orExplain(loop, saved, saved.save);
  let looked: Look | undefined;
  for await (const batch of loop.batches) {
    const { done, isStopped } = await team.agree(clock.done(), hooks.signal?.aborted === true);
    if (done >= 1 || isStopped) break;
    looked = undefined;
    const report = await loop.step(batch, state.step + 1, done);
    state.step++;
    if (team.leads) await orExplain(loop, saved, async () => assertFinite(report));
    await saved.stepComputed();
    state.seconds = clock.seconds();
    await run.appendTime(state.step, state.seconds);
    await run.appendMetrics({ step: state.step, ...report });
    hooks.onProgress?.({ step: state.step, report, ...clock.progress() });
    if (state.step % options.sampleSteps === 0) looked = await team.leaderDoes(loop.look);
    if (state.step % options.checkpointSteps === 0) await team.leaderDoes(save);
  }
  const interrupted = (await team.agree(clock.done(), false)).done < 1;
  await team.leaderDoes(async () => {
    if (!interrupted) looked ??= await loop.look();
    await save();
    if (!interrupted) await saved.looked();
  });
  return { interrupted, ...(looked !== undefined && { looked }) };
}

function assertFinite(report: StepReport): void {
  const broken = brokenMeasure(report);
  if (broken !== undefined) throw new BrokenState(broken);
}

/** Makes a sentence of what broke, once the last state that computes is in its place. */
async function orExplain(
  { state, run, options: { learningRate } }: Pick<Loop<unknown, unknown>, 'state' | 'run' | 'options'>,
  saved: SavedStates,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof BrokenState)) throw error;
    const { step } = state;
    const left = await saved.lastSound();
    throw new UserError(breakdownSentence({ step, what: error.message, ...left, run: run.path, learningRate }));
  }
}

function startClock({ steps, minutes, batch }: LoopOptions, state: Loop<unknown, unknown>['state']) {
  const started = performance.now();
  const secondsBefore = state.seconds;
  const stepsBefore = state.step;
  const seconds = () => secondsBefore + (performance.now() - started) / 1000;
  const limitSeconds = (minutes ?? Number.POSITIVE_INFINITY) * 60;
  const done = () => Math.min(1, state.step / (steps ?? Number.POSITIVE_INFINITY) + seconds() / limitSeconds);
  return {
    seconds,
    done,
    progress() {
      const stepsPerSecond = (state.step - stepsBefore) / (seconds() - secondsBefore);
      const stepsLeft = (steps ?? 0) - state.step;
      const secondsLeft = minutes ? limitSeconds - seconds() : stepsLeft / stepsPerSecond;
      return { done: done(), imagesPerSecond: stepsPerSecond * batch, secondsLeft };
    },
  };
}
