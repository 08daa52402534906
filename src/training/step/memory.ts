/** Whether a training fits into memory, and what would where it does not. */
import * as tf from '@tensorflow/tfjs-core';
import { latentShape } from '../../autoencoder/autoencoder.js';
import {
  assertFits,
  autoencoderShapes,
  countOfParameters,
  fits,
  type MemoryNeed,
  memoryOfTraining,
  memoryOfTrainingState,
  needSentence,
  weightlessAutoencoder,
} from '../../autoencoder/memory.js';
import { classesOf, type RunConfig } from '../../config/config.js';
import type { Objective } from '../../losses/objective.js';
import { trainableOf } from '../../nn/parameters.js';
import { counted } from '../../quantities.js';
import { computeGradients, type MicroBatch } from './gradients.js';
import { type Change, inLessMemory, smallerPictures } from './less-memory.js';

/** When every term of an objective counts. */
const lateStep = 1e9;

/**
 * Before any weights are made: the state alone may be too large.
 *
 * @throws UserError where what a training keeps is more than this machine has, naming a size that is not
 */
export function assertStateFits(config: RunConfig): void {
  const needOf = ({ model }: RunConfig) => memoryOfTrainingState(countOfParameters(model));
  assertFits(needOf(config), 'what a training keeps', remedies(smallerPictures(config), needOf));
}

/**
 * What the steps of a training want.
 *
 * @param processes that share the images of a step, each as many in each part
 * @throws UserError where that is more than this machine has
 */
export function memoryOfSteps(
  config: RunConfig,
  objective: Objective,
  processes: number,
): MemoryNeed & { readonly sentence: string } {
  const needOf = (changed: RunConfig) =>
    memoryOfTraining(
      autoencoderShapes(changed.model),
      () => part(changed, objective, processes),
      changed.options.accumulate,
    );
  const need = needOf(config);
  assertFits(need, stepInWords(config), remedies(inLessMemory(config, processes), needOf));
  return { ...need, sentence: needSentence(need, stepInWords(config)) };
}

function* remedies(changes: Iterable<Change>, needOf: (config: RunConfig) => MemoryNeed) {
  for (const [flags, config] of changes) yield [flags, () => fits(needOf(config))] as const;
}

const stepInWords = ({ options: { size, batch, accumulate } }: RunConfig): string =>
  `a step of ${counted(batch, 'image')} of ${size}×${size} px${accumulate > 1 ? ` in ${accumulate} parts` : ''}`;

/** The gradients of one part of a step, on weights that take no memory. */
function part({ model: network, options }: RunConfig, objective: Objective, processes: number): tf.Tensor[] {
  const { size, batch, accumulate, latentSamples, gradientCheckpointing: checkpointing } = options;
  const images = batch / (accumulate * processes);
  const model = weightlessAutoencoder(network, { checkpointing });
  const filled = (shape: readonly number[]) => tf.fill<tf.Rank.R4>(shape as [number, number, number, number], 0);
  const microBatch: MicroBatch = {
    images: filled([images, size, size, network.inChannels]),
    noise: filled([images * latentSamples, ...latentShape(network, [size, size])]),
    ...(classesOf(network) && { classes: tf.fill<tf.Rank.R1>([images], 0, 'int32') }),
  };
  // A program's own terms may read numbers, and there are none.
  const known = { ...objective, terms: {}, config: { ...objective.config, terms: {} } };
  const trained = new Map([...trainableOf(model.parameters), ...objective.parameters]);
  const { autoencoder, discriminator, measures } = computeGradients(
    { model, objective: known, trained },
    microBatch,
    lateStep,
  );
  return [...model.parameters.values(), ...[autoencoder, discriminator, measures].flatMap((all) => Object.values(all))];
}
