/** What a model needs: how many parameters, and about how much memory. Every command that computes much asks here first. */
import * as tf from '@tensorflow/tfjs-core';
import { classesOf, type ModelConfig } from '../config/config.js';
import { freeMemoryBytes, machineMemoryBytes, rehearse } from '../engine/rehearse.js';
import { UserError } from '../errors.js';
import type { WeightSource } from '../nn/parameters.js';
import { formatBytes } from '../quantities.js';
import { type Autoencoder, createAutoencoder } from './autoencoder.js';
import type { NetworkOptions } from './blocks.js';
import { numbersIn, numbersInLargest, type ParameterShapes, parameterShapes } from './parameter-shapes.js';

/** How much memory a computation wants, and the parameters it is of. */
export interface MemoryNeed {
  readonly parameters: number;
  /** The process at its fullest moment, about. Of parameters alone where an engine is in use that cannot rehearse. */
  readonly bytes: number;
}

/** Of a process that has done nothing yet: Node, tfjs and ONNX Runtime. */
const idleBytes = 190e6;

/**
 * How many times the tensors that are alive ONNX Runtime holds, with copies in other layouts and what its arena cannot use; see
 * experiments/LOG.md, "What a step wants".
 */
const overhead = { training: 1.8, encoding: 1.6 };

/** Beside a parameter and its gradient: two moments, each old and new, and two copies of its moving average. */
const copiesInTraining = 6;

/** What the optimizer makes of one parameter on its way to the next; the dense layers of a vector's network are most of its weights. */
const copiesOfLargest = 6;

/** Of a step in parts: the gradients' sum, and what the optimizer reads and writes, which is a computation of its own then. */
const copiesOfParts = 8;

/** Weights that take no memory: for `rehearse` alone. */
export const weightless: WeightSource = { weights: (_, shape) => tf.fill([...shape], 0) };

export const weightlessAutoencoder = (config: ModelConfig, options?: NetworkOptions): Autoencoder =>
  createAutoencoder(config, weightless, options);

export const autoencoderShapes = (config: ModelConfig): ParameterShapes =>
  parameterShapes((weights) => createAutoencoder(config, { weights }));

export const countOfParameters = (config: ModelConfig): number => numbersIn(autoencoderShapes(config));

/** Of what a training of so many parameters keeps between its steps, which no smaller batch makes less. */
export function memoryOfTrainingState(parameters: number): MemoryNeed {
  return { parameters, bytes: idleBytes + 4 * parameters * (2 + copiesInTraining) };
}

/** Of training steps whose parts have the tensors of `part`, weights that take no memory among them. */
export function memoryOfTraining(shapes: ParameterShapes, part: () => tf.Tensor[], parts = 1): MemoryNeed {
  const parameters = numbersIn(shapes);
  const state = memoryOfTrainingState(parameters);
  const liveBytes = rehearse(part);
  if (liveBytes === null) return state;
  const copies = copiesInTraining + (parts > 1 ? copiesOfParts : 0);
  const copiedNumbers = parameters * copies + numbersInLargest(shapes) * copiesOfLargest;
  return { ...state, bytes: idleBytes + overhead.training * liveBytes + 4 * copiedNumbers };
}

/** Of encoding images of [B, H, W] px that are computed at once. */
export function memoryOfEncoding(config: ModelConfig, [batch, height, width]: readonly number[]): MemoryNeed {
  const parameters = countOfParameters(config);
  const liveBytes = rehearse(() => {
    const model = weightlessAutoencoder(config);
    const images = tf.fill([batch as number, height as number, width as number, config.inChannels], 0) as tf.Tensor4D;
    const classes = classesOf(config) && tf.fill<tf.Rank.R1>([batch as number], 0, 'int32');
    const { mean, logvar } = model.encode(images, classes);
    return [mean, logvar];
  });
  // Once as parameters and once in the session that computes.
  return { parameters, bytes: idleBytes + overhead.encoding * (liveBytes ?? 0) + 2 * 4 * parameters };
}

/** Of what is free: needs are known to a fifth, and a process that takes all of it is killed, with others. */
const usableShare = 0.85;

const usableBytes = () => usableShare * freeMemoryBytes();

export const fits = ({ bytes }: MemoryNeed): boolean => bytes <= usableBytes();

/** As in `3.3 M parameters, about 1.1 GB of memory for …`. */
const needInWords = ({ parameters, bytes }: MemoryNeed, purpose: string): string =>
  `${millions(parameters)} parameters, about ${formatBytes(bytes)} of memory for ${purpose}`;

export const needSentence = (need: MemoryNeed, purpose: string): string => `${needInWords(need, purpose)}.`;

/**
 * @param remedies what may be chosen instead and whether that fits, the best first; asked until one does
 * @throws UserError where less memory than that is free, naming the first remedy that fits
 */
export function assertFits(
  need: MemoryNeed,
  purpose: string,
  remedies: Iterable<readonly [string, () => boolean]>,
): void {
  if (fits(need)) return;
  let advice = 'choose a smaller network or smaller pictures';
  for (const [remedy, isEnough] of remedies) {
    if (!isEnough()) continue;
    advice = `choose ${remedy}, which fits`;
    break;
  }
  throw new UserError(
    `This wants ${needInWords(need, purpose)}, and should take no more than ${formatBytes(usableBytes())}, since of ` +
      `${formatBytes(machineMemoryBytes())} ${formatBytes(freeMemoryBytes())} are free: ${advice}.`,
  );
}

const millions = (count: number): string => {
  const [size, unit] = count < 1e9 ? [1e6, 'M'] : [1e9, 'G'];
  return `${(count / size).toPrecision(Math.max(2, Math.ceil(Math.log10(count / size + 1))))} ${unit}`;
};
