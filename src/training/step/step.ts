/** One update of the autoencoder, and of the discriminator where there is one. */
import * as tf from '@tensorflow/tfjs';
import type { Adam } from '../../nn/adam.js';
import { clipGradients, globalNorm } from '../../nn/gradients.js';
import { type Passes, passesOverParts, type StepPart } from './passes.js';
import type { TrainingState } from './state.js';

/**
 * What a step measured, before its update: unweighted terms, what each player lowers, the norms of the gradients, and
 * figures per latent channel.
 */
export type StepReport = Readonly<Record<string, number | readonly number[]>>;

export interface StepInput {
  /**
   * The images in one part or several of equal size. Their gradients are added up, so several equal one large part, save
   * where a loss looks at its whole batch: a discriminator with batch normalisation, and the adaptive weight.
   */
  readonly parts: readonly StepPart[];
  /** Number of this update, from 1. */
  readonly step: number;
  readonly learningRate: number;
  /** Largest global gradient norm of each player, 0 = no limit. */
  readonly gradientClip: number;
}

/**
 * Lowers both players' losses once: gradients of both, clipping, Adam, moving averages. Nothing is read before all of it is
 * asked for, so that a lazy engine computes a step of one part as one graph.
 */
export async function trainingStep(state: TrainingState, input: StepInput): Promise<StepReport> {
  const passes = await passesOverParts(state, input.parts, input.step);
  const measured = tf.tidy(() => ({ ...passes.measures, ...update(state, passes, input) }));
  const { autoencoder, discriminator, quantizations } = passes;
  tf.dispose([autoencoder, discriminator, quantizations]);
  const entries = Object.entries(measured);
  const values = await Promise.all(entries.map(([, tensor]) => tensor.data<'float32'>()));
  tf.dispose(measured);
  return Object.fromEntries(
    entries.map(([name, { rank }], index) => {
      const numbers = [...(values[index] ?? [])];
      return [name, rank === 0 ? (numbers[0] as number) : numbers];
    }),
  );
}

function update(
  { adam, average, discriminatorAdam, objective, codebookLearning }: TrainingState,
  { autoencoder, discriminator, measures, quantizations }: Passes,
  { learningRate, gradientClip, step }: StepInput,
): Record<string, tf.Tensor> {
  const gradientNorm = descend(adam, autoencoder, learningRate, gradientClip);
  const ofAutoencoder = { gradientNorm, ...codebookLearning?.update(quantizations, step) };
  average.update(adam.state.updates);
  const { adversarial } = objective.config;
  if (!discriminatorAdam || !adversarial || Object.keys(discriminator).length === 0) return ofAutoencoder;
  const discriminatorRate = learningRate * adversarial.learningRateRatio;
  const discriminatorGradientNorm = descend(discriminatorAdam, discriminator, discriminatorRate, gradientClip);
  objective.adversary?.lecam?.update(measures.logitsReal as tf.Tensor, measures.logitsFake as tf.Tensor);
  return { ...ofAutoencoder, discriminatorGradientNorm };
}

/** @returns the norm of the gradients before clipping */
function descend(adam: Adam, named: Passes['autoencoder'], learningRate: number, gradientClip: number): tf.Scalar {
  const gradients = new Map(Object.entries(named));
  const norm = globalNorm(gradients);
  adam.update(gradientClip > 0 ? clipGradients(gradients, norm, gradientClip) : gradients, learningRate);
  return norm;
}
