/** Models on disk: what `train` leaves behind and every other command opens. */
import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import * as tf from '@tensorflow/tfjs';
import { type Autoencoder, createAutoencoder } from '../autoencoder/autoencoder.js';
import type { RunConfig } from '../config.js';
import { assertShape, UserError } from '../errors.js';
import { fromTorchLayout, fromTorchShape, toTorchLayout, toTorchShape } from '../interop/layouts.js';
import { openSafetensors, writeSafetensors } from '../interop/safetensors.js';
import type { Initializer, Parameters } from '../nn/parameters.js';
import { modelFileName, openRunFolder } from './run-folder.js';

export interface TrainedModel {
  readonly model: Autoencoder;
  /** How it was trained. */
  readonly run: RunConfig;
  /** Where it was read from, as given. */
  readonly path: string;
  /** Of the weight file, hexadecimal: it tells which encoder made a latent. */
  readonly sha256: string;
}

/** Writes parameters under diffusers' names in PyTorch's layout, float32. */
export async function saveModel(path: string, parameters: Parameters): Promise<void> {
  const tensors = [...parameters].map(([name, variable]) => ({
    name,
    dtype: 'F32' as const,
    shape: toTorchShape(variable.shape),
    data: async () => toTorchLayout((await variable.data()) as Float32Array, variable.shape),
  }));
  await writeSafetensors(path, tensors, { format: 'pt' });
}

/**
 * Opens the model of a run folder.
 *
 * @throws UserError where the folder is no run, has no model yet, or the two do not fit each other
 */
export async function openModel(path: string): Promise<TrainedModel> {
  const { config, modelPath } = await openRunFolder(path);
  if (!existsSync(modelPath)) {
    throw new UserError(`${path} holds no ${modelFileName} yet: let its training reach the first checkpoint.`);
  }
  const model = createAutoencoder(config.model, { weights: await readWeights(modelPath) });
  return { model, run: config, path, sha256: await fileSha256(modelPath) };
}

/** All weights of a file, each handed out once under its name and in tfjs' layout. */
async function readWeights(path: string): Promise<Initializer> {
  const weights = new Map<string, tf.Tensor>();
  const file = await openSafetensors(path);
  try {
    for (const { name, shape } of file.entries.values()) {
      const values = fromTorchLayout(await file.readFloat32(name), shape);
      weights.set(name, tf.tensor(values, fromTorchShape(shape)));
    }
  } finally {
    await file.close();
  }
  return (name, shape) => {
    const weight = weights.get(name);
    if (!weight) throw new UserError(`${path} has no weight ${name}: it belongs to another model.`);
    assertShape(`${path}, ${name}`, weight.shape, shape, 'the file belongs to another model');
    weights.delete(name);
    return weight;
  };
}

async function fileSha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
