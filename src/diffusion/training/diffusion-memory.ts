/** Whether the training of a denoiser fits into memory, and which batch would where it does not. */
import * as tf from '@tensorflow/tfjs-core';
import {
  assertFits,
  fits,
  type MemoryNeed,
  memoryOfTraining,
  needSentence,
  weightless,
} from '../../autoencoder/memory.js';
import { parameterShapes } from '../../autoencoder/parameter-shapes.js';
import type { DiffusionRunConfig } from '../../config/options/diffusion-options.js';
import { gradientsOf } from '../../nn/gradients.js';
import { createDenoiser } from '../backbones/denoiser.js';
import { processes } from '../process/process.js';
import { type DiffusionTensors, diffusionLoss } from './diffusion-step.js';

/** @throws UserError where a step wants more memory than is free, naming a batch that does not */
export function memoryOfDenoising(config: DiffusionRunConfig): MemoryNeed & { readonly sentence: string } {
  const { denoiser: network } = config.diffusion;
  const shapes = parameterShapes((weights) => createDenoiser(network, { weights }));
  const { batch } = config.options;
  const needOf = (latents: number) => memoryOfTraining(shapes, () => step(config, latents));
  const need = needOf(batch);
  const purpose = `a step of ${batch} latents of ${network.latentShape.join('×')}`;
  assertFits(need, purpose, smallerBatches(batch, needOf));
  return { ...need, sentence: needSentence(need, purpose) };
}

function* smallerBatches(batch: number, needOf: (latents: number) => MemoryNeed) {
  for (let latents = Math.floor(batch / 2); latents >= 1; latents = Math.floor(latents / 2))
    yield [`--batch ${latents}`, () => fits(needOf(latents))] as const;
}

function step({ diffusion: { denoiser: network, process } }: DiffusionRunConfig, latents: number): tf.Tensor[] {
  const denoiser = createDenoiser(network, weightless);
  const ofLatents = () => tf.fill([latents, ...network.latentShape], 0) as tf.Tensor4D;
  const perLatent = () => tf.fill([latents], 0) as tf.Tensor1D;
  const tensors: DiffusionTensors = {
    ...{ latents: ofLatents(), noise: ofLatents(), times: perLatent(), alphas: perLatent(), sigmas: perLatent() },
    classes: tf.fill([latents], 0, 'int32') as tf.Tensor1D,
  };
  const loss = () => diffusionLoss(denoiser.predict, processes[process], tensors);
  const { value, gradients } = gradientsOf(loss, denoiser.parameters);
  return [...denoiser.parameters.values(), value, ...Object.values(gradients)];
}
