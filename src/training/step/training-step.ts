/** One update of the autoencoder, and of the discriminator where there is one. */
import * as tf from '@tensorflow/tfjs-core';
import type { AdamScalars } from '../../engine/ops.js';
import { termsAt } from '../../losses/schedule.js';
import { descend } from '../../nn/descend.js';
import { variablesOf } from '../../nn/parameters.js';
import { accumulateGradients, computeGradients, type MicroBatch, type StepGradients } from './gradients.js';
import { type TrainingState, tensorGroups } from './state.js';
import { readReport, type StepReport } from './step-report.js';

export interface StepInput {
  /**
   * The images in one part or several of equal size. Their gradients are added up, so several equal one large part, save
   * where a loss looks at its whole batch: a discriminator with batch normalisation, and the adaptive weight.
   */
  readonly microBatches: readonly MicroBatch[];
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
  const scalars = scalarsOf(state, input);
  const measured = isRepeatable(state, input)
    ? repeatedStep(state, input, scalars)
    : await accumulatedStep(state, input, scalars);
  tf.dispose(scalars);
  return readReport(measured);
}

type Measures = Record<string, tf.Tensor>;

/** The numbers that differ from step to step. */
type StepScalars = {
  readonly adam: AdamScalars;
  /** Absent where the discriminator does not train. */
  readonly discriminatorAdam?: AdamScalars;
  readonly averageDecay: tf.Scalar;
};

function scalarsOf(state: TrainingState, { learningRate, step }: StepInput): StepScalars {
  const { adam, average, discriminatorAdam, objective } = state;
  const { adversarial } = objective.config;
  const { discriminator } = termsAt(objective.config, step).players;
  const discriminatorRate = learningRate * (adversarial?.learningRateRatio ?? 1);
  return {
    adam: adam.next(learningRate),
    averageDecay: average.decayAt(adam.state.updates),
    ...(discriminatorAdam && discriminator && { discriminatorAdam: discriminatorAdam.next(discriminatorRate) }),
  };
}

/** Parts are computed one after the other, and what replaces idle codes is drawn anew in every step. */
const isRepeatable = ({ codebookLearning }: TrainingState, { microBatches }: StepInput): boolean =>
  microBatches.length === 1 && codebookLearning === null;

function repeatedStep(state: TrainingState, input: StepInput, scalars: StepScalars): Measures {
  const { images, noise, classes } = input.microBatches[0] as MicroBatch;
  const call = {
    key: JSON.stringify([termsAt(state.objective.config, input.step), input.gradientClip]),
    inputs: [
      ...[images, noise, ...(classes ? [classes] : [])],
      ...[scalars.averageDecay, ...Object.values(scalars.adam)],
      ...(scalars.discriminatorAdam ? Object.values(scalars.discriminatorAdam) : []),
    ],
    variables: variablesOf(...Object.values(tensorGroups(state))),
  };
  return state.repeat(call, () => {
    const passes = computeGradients(state, input.microBatches[0] as MicroBatch, input.step);
    return { ...passes.measures, ...update(state, passes, input, scalars) };
  });
}

async function accumulatedStep(state: TrainingState, input: StepInput, scalars: StepScalars): Promise<Measures> {
  const passes = await accumulateGradients(state, input.microBatches, input.step);
  const measured = tf.tidy(() => ({ ...passes.measures, ...update(state, passes, input, scalars) }));
  const { autoencoder, discriminator, quantizations } = passes;
  tf.dispose([autoencoder, discriminator, quantizations]);
  return measured;
}

function update(
  { adam, average, discriminatorAdam, objective, codebookLearning }: TrainingState,
  { autoencoder, discriminator, measures, quantizations }: StepGradients,
  { gradientClip, step }: StepInput,
  scalars: StepScalars,
): Measures {
  const gradientNorm = descend(adam, byName(autoencoder), scalars.adam, gradientClip);
  const ofAutoencoder = { gradientNorm, ...codebookLearning?.update(quantizations, step) };
  average.follow(scalars.averageDecay);
  if (!discriminatorAdam || !scalars.discriminatorAdam) return ofAutoencoder;
  const discriminatorScalars = scalars.discriminatorAdam;
  const discriminatorGradientNorm = descend(
    discriminatorAdam,
    byName(discriminator),
    discriminatorScalars,
    gradientClip,
  );
  objective.adversary?.lecam?.update(measures.logitsReal as tf.Tensor, measures.logitsFake as tf.Tensor);
  return { ...ofAutoencoder, discriminatorGradientNorm };
}

const byName = (named: StepGradients['autoencoder']) => new Map(Object.entries(named));
