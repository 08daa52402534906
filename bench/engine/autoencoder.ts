/** What an autoencoder does all day: training steps with squared error and KL, and encoding. */
import * as tf from '@tensorflow/tfjs-core';
import { createAutoencoder, latentShape } from '../../src/autoencoder/autoencoder.js';
import {
  modelConfigSchema,
  type NetworkForSize,
  objectives,
  type PresetName,
  presets,
} from '../../src/config/config.js';
import { sessionArithmetic } from '../../src/latents/model-arithmetic.js';
import { createObjective } from '../../src/losses/objective.js';
import { disposeParameters, variablesOf } from '../../src/nn/parameters.js';
import { computeGradients } from '../../src/training/step/gradients.js';
import { createTrainingState, tensorGroups } from '../../src/training/step/state.js';
import { adamOptions, learningRate } from './adam-options.js';
import { draws } from './draws.js';
import type { Workload } from './race.js';

/** AutoencoderKL of these widths, otherwise as diffusers makes it by default. */
export const network =
  (...blockOutChannels: number[]): NetworkForSize =>
  (imageSize) => ({ latent: 'spatial', imageSize, blockOutChannels, latentChannels: 4 });

export interface TrainingOptions {
  /** Images per step. */
  readonly batch?: number;
  /** Gradient checkpointing. */
  readonly checkpointing?: boolean;
}

/** Training steps of the project's own training, with its Adam. Their value is the loss before the step. */
export function autoencoderTraining(
  networkFor: NetworkForSize,
  size: number,
  { batch = 8, checkpointing = false }: TrainingOptions = {},
): Workload {
  const config = modelConfigSchema.parse(networkFor(size));
  const model = createAutoencoder(config, { seed: 0 }, { checkpointing });
  const objective = createObjective(objectives.mse);
  const state = createTrainingState(model, objective, { emaDecay: 0.99 });
  // The peers keep no moving average.
  disposeParameters(state.average.averages);
  const images = draws([batch, size, size, 3], 1 / 3, 'images');
  const { adam } = state;
  const variables = variablesOf(model.parameters, adam.state.firstMoments, adam.state.secondMoments);
  const noise = draws([batch, ...latentShape(config, [size, size])], 1, 'noise');
  return {
    job: {
      kind: 'training',
      config,
      checkpointing,
      klWeight: objectives.mse.klWeight,
      adam: adamOptions,
      learningRate,
    },
    parameters: model.parameters,
    inputs: { images, noise },
    async run() {
      const scalars = adam.next(learningRate);
      const inputs = [images, noise, ...Object.values(scalars)];
      const { loss } = state.repeat({ key: '', inputs, variables }, () => {
        const { autoencoder, measures } = computeGradients(state, { images, noise }, 1);
        adam.move(new Map(Object.entries(autoencoder)), scalars);
        const { loss, ...others } = measures as { loss: tf.Tensor };
        tf.dispose(others);
        return { loss };
      });
      const [value] = await loss.data();
      tf.dispose([loss, scalars]);
      return value as number;
    },
    dispose() {
      tf.dispose([images, noise]);
      for (const parameters of Object.values(tensorGroups(state))) disposeParameters(parameters);
    },
  };
}

/** Encoding one image with the session that `encode` and exported models run on. Its value is the mean's mean square. */
export function encoding(preset: PresetName, size: number, threads: number): Workload {
  const config = modelConfigSchema.parse(presets[preset].model(size));
  const model = createAutoencoder(config, { seed: 0 });
  const { encode } = sessionArithmetic(model, threads);
  const images = draws([1, size, size, 3], 1 / 3, 'images');
  const isEncoder = ([name]: readonly [string, unknown]) =>
    name.startsWith('encoder.') || name.startsWith('quant_conv.');
  return {
    job: { kind: 'encoding', config },
    parameters: new Map([...model.parameters].filter(isEncoder)),
    inputs: { images },
    async run() {
      const { mean } = await encode(await images.data<'float32'>(), images.shape);
      return mean.reduce((sum, value) => sum + value ** 2, 0) / mean.length;
    },
    dispose() {
      images.dispose();
      disposeParameters(model.parameters);
    },
  };
}
