/** Perceptual losses from the files of their weights. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import type { PerceptualKind } from '../../config/config.js';
import { assertShape, UserError } from '../../errors.js';
import { fromTorchLayout, fromTorchShape } from '../../interop/layouts.js';
import { openTensorFile } from '../../interop/open-tensor-file.js';
import type { Initializer } from '../../nn/parameters.js';
import { createPerceptualLoss, type PerceptualLoss } from './perceptual-loss.js';
import type { TrunkName } from './trunks.js';
import { builtinWeightsPath, defaultWeightFolder, lpipsWeightFiles } from './weight-files.js';

/**
 * Reads the weights of `kind` and builds the loss. Classifier layers, nine tenths of a VGG16 file, stay on disk.
 *
 * @param folder of the weight files of LPIPS
 * @throws UserError that names the missing file and how to get it
 */
export async function loadPerceptualLoss(
  kind: PerceptualKind,
  folder: string = defaultWeightFolder(),
): Promise<PerceptualLoss> {
  if (kind === 'builtin') {
    if (existsSync(builtinWeightsPath)) return loadPhotoFeatures(builtinWeightsPath);
    throw new UserError(
      `The builtin perceptual loss needs ${builtinWeightsPath}, which is not there: ` +
        'install latent-vae again, or pass --perceptual lpips-vgg or none.',
    );
  }
  const { trunk, heads } = lpipsWeightFiles[kind.replace('lpips-', '') as TrunkName];
  const paths = [trunk, heads].map(({ fileName }) => join(folder, fileName));
  const missing = paths.find((path) => !existsSync(path));
  if (missing !== undefined) {
    throw new UserError(`${kind} needs ${missing}, which is not there: run latent-vae weights ${kind}.`);
  }
  const weights = await readWeights(paths, (name) => /^(features|lin\d)\./.test(name));
  return createPerceptualLoss(kind, weights);
}

/** The builtin loss with the weights of another training of its network. */
export async function loadPhotoFeatures(path: string): Promise<PerceptualLoss> {
  return createPerceptualLoss('builtin', await readWeights([path], () => true));
}

/** The wanted weights of all files, each handed out once under its name and in tfjs' layout. */
async function readWeights(paths: readonly string[], wanted: (name: string) => boolean): Promise<Initializer> {
  const weights = new Map<string, { path: string; weight: tf.Tensor }>();
  for (const path of paths) {
    await using file = await openTensorFile(path);
    for (const { name, shape } of file.entries.values()) {
      if (!wanted(name)) continue;
      const values = fromTorchLayout(await file.readFloat32(name), shape);
      weights.set(name, { path, weight: tf.tensor(values, fromTorchShape(shape)) });
    }
  }
  return (name, shape) => {
    const found = weights.get(name);
    if (!found) throw new UserError(`${paths.join(' and ')} have no weight ${name}: they belong to another network.`);
    const { path, weight } = found;
    assertShape(`${path}, ${name}`, weight.shape, shape, 'the file belongs to another network');
    weights.delete(name);
    return weight;
  };
}
