/** One update of a denoiser. */
import * as tf from '@tensorflow/tfjs-core';
import { descend } from '../../nn/descend.js';
import { gradientsOf } from '../../nn/gradients.js';
import { variablesOf } from '../../nn/parameters.js';
import { readReport, type StepReport } from '../../training/step/step-report.js';
import type { Prediction } from '../backbones/prediction.js';
import type { Process } from '../process/process.js';
import { type DiffusionState, diffusionTensors } from './diffusion-state.js';
import type { NoisyBatch } from './noisy-batches.js';

export interface DiffusionTensors {
  /** [B, h, w, Z], as `noise`. */
  readonly latents: tf.Tensor4D;
  readonly noise: tf.Tensor4D;
  /** [B], as `alphas` and `sigmas`. */
  readonly times: tf.Tensor1D;
  readonly alphas: tf.Tensor1D;
  readonly sigmas: tf.Tensor1D;
  /** int32 [B] */
  readonly classes: tf.Tensor1D;
}

/** The caller disposes of them. */
export function tensorsOfBatch(batch: NoisyBatch, latentShape: readonly [number, number, number]): DiffusionTensors {
  const shape = [batch.times.length, ...latentShape] as [number, number, number, number];
  return {
    latents: tf.tensor4d(batch.latents, shape),
    noise: tf.tensor4d(batch.noise, shape),
    times: tf.tensor1d(batch.times),
    alphas: tf.tensor1d(batch.alphas),
    sigmas: tf.tensor1d(batch.sigmas),
    classes: tf.tensor1d(batch.classes, 'int32'),
  };
}

/** Mean squared error of the prediction over all elements of all latents (SiT, arXiv 2401.08740, eq. 8; DDPM, eq. 14). */
export function diffusionLoss(predict: Prediction, { target }: Process, tensors: DiffusionTensors): tf.Scalar {
  return tf.tidy(() => {
    const { latents, noise, times, alphas, sigmas, classes } = tensors;
    const perImage = (numbers: tf.Tensor1D) => tf.reshape(numbers, [-1, 1, 1, 1]);
    const noisy = tf.add(tf.mul(latents, perImage(alphas)), tf.mul(noise, perImage(sigmas))) as tf.Tensor4D;
    const wanted = tf.add(tf.mul(latents, target.data), tf.mul(noise, target.noise));
    return tf.mean(tf.squaredDifference(predict(noisy, times, classes), wanted));
  });
}

export interface DiffusionStepOptions {
  readonly process: Process;
  readonly learningRate: number;
  /** Largest global gradient norm, 0 = no limit. */
  readonly gradientClip: number;
}

/** Lowers the loss of a batch once: gradients, clipping, Adam, moving average, as one graph. */
export async function diffusionStep(
  state: DiffusionState,
  batch: NoisyBatch,
  { process, learningRate, gradientClip }: DiffusionStepOptions,
): Promise<StepReport> {
  const { denoiser, adam, average } = state;
  const tensors = tensorsOfBatch(batch, denoiser.config.latentShape);
  const adamScalars = adam.next(learningRate);
  const averageDecay = average.decayAt(adam.state.updates);
  const call = {
    key: JSON.stringify([process.name, gradientClip]),
    inputs: [...Object.values(tensors), averageDecay, ...Object.values(adamScalars)],
    variables: variablesOf(...Object.values(diffusionTensors(state))),
  };
  const measures = state.repeat(call, () => {
    const loss = () => diffusionLoss(denoiser.predict, process, tensors);
    const { value, gradients } = gradientsOf(loss, denoiser.parameters);
    const gradientNorm = descend(adam, gradients, adamScalars, gradientClip);
    average.follow(averageDecay);
    return { loss: value, gradientNorm };
  });
  tf.dispose(call.inputs);
  return { ...(await readReport(measures)), learningRate };
}
