import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../../errors.js';
import { readRunConfig } from '../run/run-folder.js';
import { metricsFileName } from './log-line.js';

/** @throws UserError where `run` is no run folder of a training, or no step of it was logged yet */
export async function assertLogged(run: string): Promise<void> {
  await readRunConfig(run, z.looseObject({}));
  if (existsSync(join(run, metricsFileName))) return;
  throw new UserError(`${run} holds no ${metricsFileName}: let its training log a first step, or pass another run.`);
}
