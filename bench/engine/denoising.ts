/** Training steps of a denoiser. */
import * as tf from '@tensorflow/tfjs-core';
import { type DenoiserPresetName, denoiserConfigOf, type LatentShape } from '../../src/config/networks/denoiser.js';
import { createDenoiser } from '../../src/diffusion/backbones/denoiser.js';
import { processes } from '../../src/diffusion/process/process.js';
import { createDiffusionState, diffusionTensors } from '../../src/diffusion/training/diffusion-state.js';
import { diffusionLoss } from '../../src/diffusion/training/diffusion-step.js';
import { gradientsOf } from '../../src/nn/gradients.js';
import { disposeParameters, type Parameters, variablesOf } from '../../src/nn/parameters.js';
import { normals, randomStream } from '../../src/random.js';
import { adamOptions, learningRate } from './adam-options.js';
import { draws } from './draws.js';
import type { Workload } from './race.js';

const classNames = ['a', 'b', 'c'];

/** Steps of rectified flow on one batch: forward, backward and Adam. Their value is the loss before the step. */
export function denoiserTraining(preset: DenoiserPresetName, shape: LatentShape, batch: number): Workload {
  const { data, noise: noiseFactor } = processes.flow.target;
  const config = denoiserConfigOf(preset, shape, classNames);
  const denoiser = createDenoiser(config, { seed: 0 });
  disturb(denoiser.parameters);
  const state = createDiffusionState(denoiser, 0);
  const { adam, repeat } = state;
  const random = randomStream('bench', 'times');
  const times = Array.from({ length: batch }, () => processes.flow.drawTime(random));
  const classes = times.map((_, index) => index % (classNames.length + 1));
  const tensors = {
    latents: draws([batch, ...shape], 1, 'latents'),
    noise: draws([batch, ...shape], 1, 'noise'),
    times: tf.tensor1d(times),
    alphas: tf.tensor1d(times.map(processes.flow.alpha)),
    sigmas: tf.tensor1d(times.map(processes.flow.sigma)),
    classes: tf.tensor1d(classes, 'int32'),
  };
  // Without the moving average, which the peer does not keep.
  const variables = variablesOf(denoiser.parameters, adam.state.firstMoments, adam.state.secondMoments);
  return {
    job: {
      kind: 'denoising',
      config,
      batch: { times, classes, target: { data, noise: noiseFactor } },
      adam: adamOptions,
      learningRate,
    },
    parameters: denoiser.parameters,
    inputs: { latents: tensors.latents, noise: tensors.noise },
    async run() {
      const scalars = adam.next(learningRate);
      const inputs = [...Object.values(tensors), ...Object.values(scalars)];
      const measures = repeat({ key: '', inputs, variables }, () => {
        const { value, gradients } = gradientsOf(
          () => diffusionLoss(denoiser.predict, processes.flow, tensors),
          denoiser.parameters,
        );
        adam.move(gradients, scalars);
        tf.dispose([...gradients.values()]);
        return { loss: value };
      });
      const [value] = await measures.loss.data();
      tf.dispose([measures.loss, ...Object.values(scalars)]);
      return value as number;
    },
    dispose() {
      tf.dispose(Object.values(tensors));
      for (const parameters of Object.values(diffusionTensors(state))) disposeParameters(parameters);
    },
  };
}

/** Gates begin at zero, and a peer that did nothing behind them would go unnoticed. */
function disturb(parameters: Parameters): void {
  for (const [name, parameter] of parameters) {
    tf.tidy(() => {
      const small = tf.tensor(normals(parameter.size, 'bench', name), parameter.shape);
      parameter.assign(tf.add(parameter, tf.mul(small, 0.02)));
    });
  }
}
