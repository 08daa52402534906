/** One update of the autoencoder, and of the discriminator where there is one. */
import * as tf from '@tensorflow/tfjs-core';
import type { AdamScalars } from '../../engine/ops.js';
import type { RepeatedCall } from '../../engine/repeat.js';
import { termsAt } from '../../losses/schedule.js';
import { descend } from '../../nn/descend.js';
import { variablesOf } from '../../nn/parameters.js';
import {
  accumulateGradients,
  computeGradients,
  type Exchange,
  type MicroBatch,
  type StepGradients,
} from './gradients.js';
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
  /** Where several processes compute a step together, each some of its images. */
  readonly exchange?: Exchange | undefined;
}

/**
 * Lowers both players' losses once: gradients of both, clipping, Adam, moving averages. Nothing is read before all of it is
 * asked for, so that a lazy engine computes a step of one part as one graph.
 */
export async function trainingStep(state: TrainingState, input: StepInput): Promise<StepReport> {
  const scalars = scalarsOf(state, input);
  const measured = await compute(state, input, scalars);
  tf.dispose(scalars);
  return readReport(measured);
}

function compute(state: TrainingState, input: StepInput, scalars: StepScalars): Measures | Promise<Measures> {
  const { exchange } = input;
  if (exchange) return sharedStep(state, { ...input, exchange }, scalars);
  return isRepeatable(state, input) ? repeatedStep(state, input, scalars) : accumulatedStep(state, input, scalars);
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
  const [only] = input.microBatches as [MicroBatch];
  const call = callOf(state, input, [...tensorsOf(only), ...tensorsOf(scalars)]);
  return state.repeat(call, () => {
    const passes = computeGradients(state, only, input.step);
    return { ...passes.measures, ...update(state, passes, input, scalars) };
  });
}

const callOf = (state: TrainingState, { step, gradientClip }: StepInput, inputs: tf.Tensor[]): RepeatedCall => ({
  key: JSON.stringify([termsAt(state.objective.config, step), gradientClip]),
  inputs,
  variables: variablesOf(...Object.values(tensorGroups(state))),
});

/** In the order of their names' first appearance, whatever they are nested in. */
const tensorsOf = (container: object): tf.Tensor[] =>
  Object.values(container).flatMap((value) =>
    value instanceof tf.Tensor ? [value] : value === undefined ? [] : tensorsOf(value as object),
  );

/** As `accumulatedStep`, with the micro-batches of all processes; the graph ends where the gradients leave this one. */
async function sharedStep(
  state: TrainingState,
  input: StepInput & { readonly exchange: Exchange },
  scalars: StepScalars,
): Promise<Measures> {
  const { quantizations, ...means } = await input.exchange(await ownGradients(state, input));
  const passes = { ...means, quantizations };
  const call = callOf(state, input, [...tensorsOf(means), ...tensorsOf(scalars)]);
  const change = () => update(state, passes, input, scalars);
  const measured = state.codebookLearning ? tf.tidy(change) : state.repeatUpdate(call, change);
  tf.dispose([means.autoencoder, means.discriminator, quantizations]);
  return { ...means.measures, ...measured };
}

async function ownGradients(state: TrainingState, input: StepInput): Promise<StepGradients> {
  const { microBatches, step } = input;
  if (!isRepeatable(state, input)) return accumulateGradients(state, microBatches, step);
  const [only] = microBatches as [MicroBatch];
  const groups = ['autoencoder', 'discriminator', 'measures'] as const;
  const named = state.repeat(callOf(state, input, tensorsOf(only)), () => {
    const gradients = computeGradients(state, only, step);
    return Object.fromEntries(
      groups.flatMap((group) => Object.entries(gradients[group]).map(([name, tensor]) => [`${group}/${name}`, tensor])),
    );
  });
  const of = (group: (typeof groups)[number]) =>
    Object.fromEntries(
      Object.entries(named)
        .filter(([name]) => name.startsWith(`${group}/`))
        .map(([name, tensor]) => [name.slice(group.length + 1), tensor]),
    );
  return {
    autoencoder: of('autoencoder'),
    discriminator: of('discriminator'),
    measures: of('measures'),
    quantizations: [],
  };
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
