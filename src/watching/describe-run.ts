/** What a run's config.json tells of it. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type AdversarialConfig, diffusionRunConfigSchema, flagOf, runConfigSchema } from '../config/config.js';
import { UserError } from '../errors.js';
import { parse } from '../parse.js';
import { diffusionRows, type TrainingRow, trainingRows } from '../report/run/training-rows.js';
import { readRunConfig } from '../training/run/run-folder.js';

export interface RunDescription {
  /** Of the file that it was read from. */
  readonly changedMs: number;
  readonly table: readonly TrainingRow[];
  readonly options: readonly TrainingRow[];
  /** How long it is to be. */
  readonly steps: number | undefined;
  readonly minutes: number | undefined;
  /** What its steps go through. */
  readonly things: 'images' | 'latents';
  readonly batch: number;
  readonly adversarial: AdversarialConfig | null;
  /** What its pictures show. */
  readonly samples: string;
}

/**
 * @param known what was read before, and still holds where the file has not changed
 * @throws UserError where `run` is no run folder of a training
 */
export async function describeRun(run: string, known?: RunDescription): Promise<RunDescription> {
  const changedMs = (await stat(join(run, 'config.json')).catch(() => undefined))?.mtimeMs ?? 0;
  if (known?.changedMs === changedMs) return known;
  const config = await readRunConfig(run, z.looseObject({}));
  const file = join(run, 'config.json');
  if ('diffusion' in config) {
    const parsed = parse(diffusionRunConfigSchema, config, file);
    const samples = 'Drawn from the same noise each time, a column for each class where there are classes.';
    return {
      ...common(parsed, changedMs),
      table: diffusionRows(parsed),
      things: 'latents',
      adversarial: null,
      samples,
    };
  }
  if ('options' in config) {
    const parsed = parse(runConfigSchema, config, file);
    const { adversarial } = parsed.objective;
    const samples = 'Validation images above, and below them what the model restores.';
    return { ...common(parsed, changedMs), table: trainingRows(parsed), things: 'images', adversarial, samples };
  }
  throw new UserError(`${run} holds a model that was not trained there, and no log: pass the --out of a training.`);
}

function common(
  { options }: { options: { steps?: number | undefined; minutes?: number | undefined; batch: number } },
  changedMs: number,
) {
  const { steps, minutes, batch } = options;
  const given = Object.entries(options).filter(([, value]) => value !== undefined && value !== null);
  const told = given.map(([name, value]) => [flagOf(name), String(value)] as const);
  return { changedMs, steps, minutes, batch, options: told };
}
