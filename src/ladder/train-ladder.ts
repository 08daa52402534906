/** Trains the rows of a ladder, each into a run folder of its own; what is there already is taken as it is. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { type EngineOptions, resolveRunConfig, runConfigSchema } from '../config/config.js';
import { UserError } from '../errors.js';
import { writeFileAtomic } from '../files.js';
import { readJson } from '../interop/models/formats/diffusers/files.js';
import { parse } from '../parse.js';
import { resumeTraining, trainAutoencoder } from '../training/train.js';
import type { TrainingHooks, TrainingSummary } from '../training/training-reports.js';
import { type Ladder, type LadderRow, trainingOptions } from './ladder-config.js';

/** One training of a row. */
export interface LadderRun {
  readonly row: LadderRow;
  readonly seed: number;
  /** Its run folder. */
  readonly path: string;
}

/** What is kept of a training that came to its end, in the run folder; its presence says so. */
export type FinishedTraining = Pick<TrainingSummary, 'steps' | 'images' | 'seconds'>;
const finishedFileName = 'finished.json';

export interface LadderHooks extends Omit<TrainingHooks, 'onStart'> {
  /** Told, in a sentence, of what is done after the training. */
  readonly onStage?: (sentence: string) => void;
  /** Told of each run before it is trained or taken. */
  readonly onRun?: (run: LadderRun, place: { number: number; of: number; taken: boolean }) => void;
}

/** Every training of the ladder: rows in order, for each its seeds from 0 on. */
export function ladderRuns(ladder: Ladder, folder: string): LadderRun[] {
  return ladder.rows.flatMap((row) =>
    Array.from({ length: row.seeds }, (_, seed) => ({ row, seed, path: join(folder, `${row.id}-${seed}`) })),
  );
}

/**
 * Trains what is not trained yet on the images of `directory`, below `folder`. A run that was interrupted goes on at its
 * last checkpoint and then equals an uninterrupted one.
 *
 * @returns whether all runs are finished; false after an interrupt
 * @throws UserError where a folder holds a run with other options or images
 */
export async function trainLadder(
  directory: string,
  ladder: Ladder,
  folder: string,
  engine: EngineOptions,
  hooks: LadderHooks = {},
): Promise<boolean> {
  const runs = ladderRuns(ladder, folder);
  for (const [index, run] of runs.entries()) {
    const taken = existsSync(join(run.path, finishedFileName));
    const isStarted = existsSync(join(run.path, 'config.json'));
    if (isStarted) await assertSameTraining(directory, ladder, run);
    if (hooks.signal?.aborted) return false;
    hooks.onRun?.(run, { number: index + 1, of: runs.length, taken });
    if (taken) continue;
    const { preset: model, ...options } = trainingOptions(ladder, run.row, run.seed);
    const summary = isStarted
      ? await resumeTraining({ images: directory, out: run.path, hooks })
      : await trainAutoencoder({ ...options, ...engine, model, images: directory, out: run.path, hooks });
    // Nothing of a finished training is needed by the next one.
    tf.disposeVariables();
    if (summary.interrupted) return false;
    const { steps, images, seconds } = summary;
    const finished: FinishedTraining = { steps, images, seconds };
    await writeFileAtomic(join(run.path, finishedFileName), `${JSON.stringify(finished)}\n`);
  }
  return true;
}

export async function readFinished({ path }: LadderRun): Promise<FinishedTraining> {
  return (await readJson(join(path, finishedFileName))) as FinishedTraining;
}

/** Where and how the engine computes may differ: it decides no figure. */
const engineKeys: ReadonlySet<string> = new Set(['engine', 'device', 'threads']);

async function assertSameTraining(directory: string, ladder: Ladder, { row, seed, path }: LadderRun): Promise<void> {
  const saved = parse(runConfigSchema, await readJson(join(path, 'config.json')), `${path}/config.json`);
  const wanted = resolveRunConfig(directory, trainingOptions(ladder, row, seed), { model: saved.model });
  const plain = (config: typeof wanted) => {
    const all = { ...config.options, directory: config.directory, objective: config.objective };
    return new Map<string, unknown>(Object.entries(all).filter(([key]) => !engineKeys.has(key)));
  };
  const [before, now] = [plain(saved), plain(wanted)];
  const differing = [...now.keys()].filter((key) => JSON.stringify(before.get(key)) !== JSON.stringify(now.get(key)));
  if (differing.length === 0 && before.size === now.size) return;
  throw new UserError(
    `${path} holds a training with another ${differing.join(', ') || 'set of options'} than the ladder wants: ` +
      'choose another --out, or remove that folder to train the row anew.',
  );
}
