/** Diffusion models on disk: the run folders that `train-diffusion` makes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import {
  type DiffusionModelConfig,
  type DiffusionRunConfig,
  diffusionRunConfigSchema,
} from '../../config/options/diffusion-options.js';
import { fingerprintOf } from '../../digest.js';
import { UserError } from '../../errors.js';
import { importWeights } from '../../interop/models/formats/imported-weights.js';
import { modelFileName } from '../../interop/models/open-model.js';
import { loadWeights } from '../../interop/models/weight-initializer.js';
import { openSafetensors } from '../../interop/safetensors/safetensors.js';
import { parse } from '../../parse.js';
import { readRunConfig } from '../../training/run/run-folder.js';
import { createDenoiser, type Denoiser } from '../backbones/denoiser.js';

/** What sampling needs of a model. */
export interface DiffusionNetwork {
  readonly denoiser: Denoiser;
  readonly config: DiffusionModelConfig;
}

/** A diffusion model from its run folder. */
export interface TrainedDiffusion extends DiffusionNetwork {
  /** How it was trained. */
  readonly run: DiffusionRunConfig;
  /** As given. */
  readonly path: string;
  /** Of the weights. */
  readonly sha256: string;
}

/**
 * Opens a run folder of `train-diffusion`.
 *
 * @throws UserError where `path` is no run of `train-diffusion`, or has not reached a checkpoint
 */
export async function openDiffusion(path: string): Promise<TrainedDiffusion> {
  const run = await readDiffusionConfig(path);
  const weightsPath = join(path, modelFileName);
  if (!existsSync(weightsPath)) {
    throw new UserError(`${path} holds no ${modelFileName} yet: let its training reach the first checkpoint.`);
  }
  await using weights = await importWeights(path, [await openSafetensors(weightsPath)], (name) => name);
  const loaded = await loadWeights(path, weights);
  const denoiser = createDenoiser(run.diffusion.denoiser, { weights: loaded.initializer });
  loaded.assertAllUsed();
  return { denoiser, config: run.diffusion, run, path, sha256: await fingerprintOf([weightsPath]) };
}

export async function readDiffusionConfig(path: string): Promise<DiffusionRunConfig> {
  const config = await readRunConfig(path, z.looseObject({}));
  if ('diffusion' in config) return parse(diffusionRunConfigSchema, config, join(path, 'config.json'));
  throw new UserError(`${path} is a run, but not of a diffusion model: pass the --out of train-diffusion.`);
}
