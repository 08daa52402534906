/** A model of two numbers, whose steps are written down by hand. */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../../../src/autoencoder/autoencoder.js';
import type { Posterior } from '../../../src/autoencoder/posterior.js';
import { type ObjectiveConfig, objectives } from '../../../src/config/config.js';
import { createObjective, type Objective, type ObjectiveParts } from '../../../src/losses/objective.js';
import { createTrainingState } from '../../../src/training/step/state.js';

export const [intoLatent, outOfLatent] = [0.7, 1.5];
export const posteriorStd = 0.1;

/** [B, H, W, C] of these values for each image. */
export const pictures = (...values: number[]) => tf.tensor4d(values, [values.length, 1, 1, 1]);

/** Images x have the posterior N(0.7 x, 0.1²), and latents z decode to 1.5 z; both have their class added. */
export function scalarModel(changes: Partial<Posterior> = {}, prior: Autoencoder['prior'] = null): Autoencoder {
  const [encoder, decoder] = [intoLatent, outOfLatent].map((value) => tf.variable(tf.scalar(value)));
  const plus = (x: tf.Tensor, classes: tf.Tensor1D | undefined) =>
    (classes ? tf.add(x, tf.reshape(tf.cast(classes, 'float32'), [-1, 1, 1, 1])) : x) as tf.Tensor4D;
  return {
    parameters: new Map([
      ['encoder.weight', encoder],
      ['decoder.weight', decoder],
    ]),
    lastLayer: decoder,
    codebook: null,
    prior,
    encode: (images: tf.Tensor4D, classes?: tf.Tensor1D) => ({
      mean: plus(tf.mul(images, encoder as tf.Variable), classes),
      logvar: tf.fill(images.shape, 2 * Math.log(posteriorStd)),
      ...changes,
    }),
    decode: (latents: tf.Tensor4D, classes?: tf.Tensor1D) => plus(tf.mul(latents, decoder as tf.Variable), classes),
  } as unknown as Autoencoder;
}

/** Its training by the mean squared error, unless something else is wanted. */
export function scalarState(
  config: Partial<ObjectiveConfig> = {},
  parts: ObjectiveParts = {},
  model: Autoencoder = scalarModel(),
  changeObjective = (objective: Objective) => objective,
) {
  const objective = createObjective({ ...objectives.mse, reduction: 'mean', klWeight: 0, ...config }, parts);
  return createTrainingState(model, changeObjective(objective), { emaDecay: 0.9 });
}

/** Every tensor's numbers, by name. */
export const numbersOf = (tensors: Readonly<Record<string, tf.Tensor>>) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
