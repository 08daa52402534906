/** The saved states of a run, and which of them steps can be computed from: finite weights need not be sound ones. */
import type { RunFolder } from './run/run-folder.js';
import { BrokenState } from './step/health.js';

export interface Savable {
  readonly state: { step: number };
  readonly run: Pick<RunFolder, 'hasCheckpoint' | 'before'>;
  /** Puts everything that resuming needs into the run folder. */
  save(): Promise<void>;
  /** Goes back to the checkpoint, and makes the run's model of it again. */
  restore(): Promise<void>;
}

export interface SavedStates {
  /** Told of every step whose measures were finite. */
  stepComputed(): Promise<void>;
  save(): Promise<void>;
  /** Where a step broke: puts the last state in place that computes, and tells its step. */
  lastSound(): Promise<{
    readonly savedStep: number | null;
    readonly keptStep: number | null;
    readonly soundSteps: number;
  }>;
  /** The last state was looked at, and found sound. */
  looked(): Promise<void>;
}

/** The checkpoint before the last is kept until a step was computed from the last. */
export function savedStates({ state, run, save, restore }: Savable): SavedStates {
  let savedStep = run.hasCheckpoint() ? state.step : null;
  let soundSteps = 0;
  let isProven = false;
  return {
    async stepComputed() {
      soundSteps++;
      if (isProven) return;
      await run.before.drop();
      isProven = true;
    },
    async save() {
      if (isProven && savedStep !== null) await run.before.keep();
      try {
        await save();
      } catch (error) {
        if (error instanceof BrokenState) await run.before.drop();
        throw error;
      }
      savedStep = state.step;
      isProven = false;
    },
    async lastSound() {
      if (isProven) return { savedStep, keptStep: savedStep, soundSteps };
      if (!run.before.exists()) return { savedStep, keptStep: null, soundSteps };
      await run.before.restore();
      await restore();
      return { savedStep, keptStep: state.step, soundSteps };
    },
    looked: () => run.before.drop(),
  };
}
