/** Terms that a program adds to an objective, under names of its own. */
import * as tf from '@tensorflow/tfjs-core';
import type { Posterior } from '../autoencoder/posterior.js';
import { type ObjectiveConfig, reconstructionNames } from '../config/config.js';
import { UserError } from '../errors.js';

/** What a term of your own is a function of. */
export interface TermInput {
  /** [B, H, W, C] in [-1, 1]. */
  readonly images: tf.Tensor4D;
  /** As the images; values may lie a little outside of [-1, 1]. */
  readonly reconstructions: tf.Tensor4D;
  /** Of as many images, or of fewer where several draws of each were reconstructed. */
  readonly posterior: Posterior;
  /** Number of the autoencoder's update, from 1; a tensor, because what a step computes is recorded once and run again. */
  readonly step: tf.Scalar;
}

/**
 * One number for a batch, differentiable by tfjs. It is called in the first steps alone and then run from its record: all that it
 * depends on must be among its input or in variables, and it must read no tensor's numbers.
 */
export type LossTerm = (input: TermInput) => tf.Scalar;

/** A term of your own with its weight. */
export interface WeightedLossTerm {
  /** Beside a mean error per element of an image, whatever the reduction. */
  readonly weight: number;
  readonly loss: LossTerm;
}

/** By the names that log and health checks call them; a function alone weighs 1. */
export type LossTerms = Readonly<Record<string, LossTerm | WeightedLossTerm>>;

/** What a step reports besides. */
const takenNames: ReadonlySet<string> = new Set([
  ...reconstructionNames,
  ...(
    'perceptual detail logvar adversarial adaptiveWeight kl commitment loss channelKl channelStd gradientNorm discriminator ' +
    'discriminatorGradientNorm logitsReal logitsFake saturatedShare lecam inverseVariance ' +
    'equivariance scaleEquivariance learningRate step validation usedShare perplexity'
  ).split(' '),
]);

/**
 * What an objective's configuration says of its own terms.
 *
 * @throws UserError for a name that a step's report could not carry, and a weight that is no number
 */
export function termsConfigOf(terms: LossTerms): ObjectiveConfig['terms'] {
  return Object.fromEntries(
    Object.entries(terms).map(([name, term]) => {
      if (!/^[a-z]\w*$/i.test(name) || takenNames.has(name)) {
        throw new UserError(
          `Got a loss term named '${name}', wanted a name of letters and digits that no other figure has.`,
        );
      }
      const weight = typeof term === 'function' ? 1 : term.weight;
      if (!Number.isFinite(weight)) throw new UserError(`Got ${weight} as the weight of ${name}, wanted a number.`);
      return [name, { weight }];
    }),
  );
}

/**
 * The functions of the terms that `config` names.
 *
 * @throws UserError where they are not the ones that the objective was made with
 */
export function assertSameTerms(config: ObjectiveConfig, terms: LossTerms): LossTerms {
  const [wanted, got] = [config.terms, termsConfigOf(terms)].map((weights) =>
    JSON.stringify(weights, sortedKeys(weights)),
  );
  if (wanted === got) return terms;
  throw new UserError(
    `The objective has the terms ${wanted} of a program, got ${got}: hand the same ones to resumeTraining, in that program.`,
  );
}

const sortedKeys = (weights: object) => [...Object.keys(weights).sort(), 'weight'];

/** @throws UserError where a term gives no single number */
export function termValue(name: string, term: LossTerm | WeightedLossTerm, input: TermInput): tf.Scalar {
  const value: unknown = typeof term === 'function' ? term(input) : term.loss(input);
  if (!(value instanceof tf.Tensor))
    throw new UserError(`The loss term ${name} gave ${typeof value}, wanted a tf.Scalar.`);
  if (value.rank !== 0) {
    throw new UserError(`The loss term ${name} gave a tensor of [${value.shape}], wanted one number: take its mean.`);
  }
  return value as tf.Scalar;
}
