/** Copies a model of any origin into a folder of ours, which every command opens and training can start from. */
import { join, resolve } from 'node:path';
import { createAutoencoder } from '../../autoencoder/autoencoder.js';
import { numbersIn, parameterShapes } from '../../autoencoder/parameter-shapes.js';
import { hasVectorLatent, type ImportedConfig, type ModelConfig, modelConfigSchema } from '../../config/config.js';
import { fingerprintOf } from '../../digest.js';
import { assertShape, UserError } from '../../errors.js';
import { writeFileAtomic } from '../../files.js';
import { assertNothingIn, writeWholeFolder } from '../../lock/whole-folder.js';
import { parse } from '../../parse.js';
import { toTorchLayout, toTorchShape } from '../layouts.js';
import { writeSafetensors } from '../safetensors/safetensors.js';
import type { ImportedWeights } from './formats/imported-weights.js';
import { modelFileName, openImportedModel } from './open-model.js';

/** What a file may leave untold. */
export interface ImportChanges {
  /** Side of the images that the model is used for, in px. */
  readonly size?: number | undefined;
  /** Diffusion sees (latent - shift) · factor. */
  readonly scalingFactor?: number | undefined;
  /** See `scalingFactor`. */
  readonly shiftFactor?: number | undefined;
}

/** What was imported. */
export interface ImportSummary {
  readonly out: string;
  readonly config: ImportedConfig;
  readonly parameters: number;
  /** What was found odd: one sentence each. */
  readonly warnings: readonly string[];
}

/**
 * Writes config.json and model.safetensors (float32) into `out`.
 *
 * @param out folder that is new or empty
 * @throws UserError where the model cannot be read, is incomplete or is not what its config says
 */
export async function importModel(path: string, out: string, changes: ImportChanges = {}): Promise<ImportSummary> {
  assertNothingIn(out);
  const { origin, config, warnings, weights: opened } = await openImportedModel(path);
  await using weights = opened;
  const model = changed(config, changes);
  const shapes = parameterShapes((initializer) => createAutoencoder(model, { weights: initializer }));
  assertSameParameters(path, shapes, weights);
  const imported = { path: resolve(path), origin, sha256: await fingerprintOf(weights.paths) };
  const tensors = [...shapes].map(([name, shape]) => ({
    name,
    dtype: 'F32' as const,
    shape: toTorchShape(shape),
    data: async () => toTorchLayout(await weights.parameter(name, shape), shape),
  }));
  const written: ImportedConfig = { formatVersion: 1, model, imported };
  await writeWholeFolder(out, async (draft) => {
    await writeSafetensors(join(draft, modelFileName), tensors, { format: 'pt' });
    await writeFileAtomic(join(draft, 'config.json'), `${JSON.stringify(written, null, 2)}\n`);
  });
  return { out, config: written, parameters: numbersIn(shapes), warnings };
}

function changed(config: ModelConfig, { size, scalingFactor, shiftFactor }: ImportChanges): ModelConfig {
  const scales = { ...(scalingFactor && { scalingFactor }), ...(shiftFactor !== undefined && { shiftFactor }) };
  if (!('scalingFactor' in config) && Object.keys(scales).length > 0) {
    const reason = config.latent === 'tiny' ? 'diffusion sees them as they are' : 'a vector has none';
    throw new UserError(`Got a scaling for latents of a ${config.latent} model: leave it out, ${reason}.`);
  }
  if (hasVectorLatent(config) && size !== undefined && size !== config.imageSize) {
    throw new UserError(`Got --size ${size}; the model takes images of ${config.imageSize} px alone: leave it out.`);
  }
  const resized = size === undefined ? {} : { imageSize: size, ...withoutSampleSize(config) };
  return parse(modelConfigSchema, { ...config, ...scales, ...resized }, 'imported model');
}

/** A size that the model was published with is no longer its own. */
function withoutSampleSize(config: ModelConfig) {
  if (config.latent !== 'spatial' || config.passedOn === undefined) return {};
  const { sampleSize: _, ...passedOn } = config.passedOn;
  return { passedOn };
}

function assertSameParameters(
  path: string,
  wanted: ReadonlyMap<string, readonly number[]>,
  { shapes: got }: ImportedWeights,
): void {
  for (const [name, shape] of wanted) {
    const found = got.get(name);
    if (!found) throw new UserError(`${path} has no weight ${name}: it is incomplete or another model.`);
    assertShape(`${name} in ${path}`, found, shape, 'its shape and its config do not agree');
  }
  const extra = [...got.keys()].find((name) => !wanted.has(name));
  if (extra !== undefined)
    throw new UserError(`${path} has weights that its config has no place for, such as ${extra}.`);
}
