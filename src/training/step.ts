/** One update of the autoencoder. */
import * as tf from '@tensorflow/tfjs';
import { sampleLatent } from '../autoencoder/posterior.js';
import type { ObjectiveConfig } from '../config.js';
import { objectiveValue } from '../losses/objective.js';
import { clipGradients, globalNorm, gradientsOf } from '../nn/gradients.js';
import type { TrainingState } from './state.js';

/** What a step measured, before its update: unweighted terms, the total and the norm of the gradients. */
export type StepReport = Readonly<Record<string, number>>;

export interface StepInput {
  /** [B, H, W, 3] in [-1, 1]. */
  readonly images: tf.Tensor4D;
  /** [B, h, w, Z] from N(0, 1). */
  readonly noise: tf.Tensor4D;
  readonly learningRate: number;
  /** Largest global gradient norm, 0 = no limit. */
  readonly gradientClip: number;
}

/**
 * Lowers the objective once: gradients, clipping, Adam, moving average. Nothing is read before all of it is asked for, so that a
 * lazy engine computes the step as one graph.
 */
export async function trainingStep(
  { model, adam, average }: TrainingState,
  objective: ObjectiveConfig,
  { images, noise, learningRate, gradientClip }: StepInput,
): Promise<StepReport> {
  const measured = tf.tidy(() => {
    let terms: Readonly<Record<string, tf.Scalar>> = {};
    const { value, gradients } = gradientsOf(() => {
      const posterior = model.encode(images);
      const reconstructions = model.decode(sampleLatent(posterior, noise));
      const result = objectiveValue(objective, images, reconstructions, posterior);
      // The terms outlive the inner tidy that the gradients are computed in.
      terms = Object.fromEntries(Object.entries(result.terms).map(([name, term]) => [name, tf.keep(term.clone())]));
      return result.total;
    }, model.parameters);
    const gradientNorm = globalNorm(gradients);
    adam.update(gradientClip > 0 ? clipGradients(gradients, gradientNorm, gradientClip) : gradients, learningRate);
    average.update(adam.state.updates);
    return { loss: value, ...terms, gradientNorm };
  });
  const entries = Object.entries(measured);
  const values = await Promise.all(entries.map(([, scalar]) => scalar.data()));
  tf.dispose(measured);
  return Object.fromEntries(entries.map(([name], index) => [name, values[index]?.[0] ?? Number.NaN]));
}
