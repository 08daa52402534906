/** The weighted sum of all loss terms, each under its name. */
import * as tf from '@tensorflow/tfjs-core';
import type { Gaussian, Posterior } from '../autoencoder/posterior.js';
import type { ObjectiveConfig } from '../config/config.js';
import type { Parameters } from '../nn/parameters.js';
import { balanced } from './adversarial/adaptive-weight.js';
import { type Adversary, createAdversary } from './adversarial/adversary.js';
import type { Discriminator } from './adversarial/discriminator.js';
import { commitmentErrors } from './commitment.js';
import { detailDistances } from './detail/detail.js';
import { klNats, klNatsBetween } from './kl.js';
import type { PerceptualLoss } from './perceptual/perceptual-loss.js';
import { pixelErrors } from './reconstruction.js';
import { equivariance, scaleEquivariance } from './regularizers/equivariance.js';
import { inverseVariances } from './regularizers/variance-expansion.js';
import { termsAt } from './schedule.js';
import { assertSameTerms, type LossTerms, termValue } from './terms.js';

/** The weighted sum of all loss terms. */
export interface Objective {
  readonly config: ObjectiveConfig;
  readonly perceptual: PerceptualLoss | null;
  readonly adversary: Adversary | null;
  /** Of a program's own. */
  readonly terms: LossTerms;
  /** What the objective itself learns, together with the autoencoder: `logvar`, where it is wanted. */
  readonly parameters: Parameters;
}

/** The networks and functions that the terms of `config` need, and no others. */
export interface ObjectiveParts {
  readonly perceptual?: PerceptualLoss | undefined;
  readonly discriminator?: Discriminator | undefined;
  readonly terms?: LossTerms | undefined;
}

/** Makes an objective of its configuration and of the networks it needs. */
export function createObjective(config: ObjectiveConfig, parts: ObjectiveParts = {}): Objective {
  const { perceptual = null, discriminator = null, terms = {} } = parts;
  if ((perceptual === null) !== (config.perceptual === null)) throw new Error('The perceptual term lacks its network');
  if ((discriminator === null) !== (config.adversarial === null)) throw new Error('The discriminator is missing');
  return {
    config,
    perceptual,
    adversary: config.adversarial && discriminator && createAdversary(config.adversarial, discriminator),
    terms: assertSameTerms(config, terms),
    parameters: new Map(config.learnedLogvar ? [['logvar', tf.variable(tf.scalar(0))]] : []),
  };
}

/** What an objective is computed of. */
export interface ObjectiveInput {
  /** [B, H, W, C], as the reconstructions. */
  readonly images: tf.Tensor4D;
  readonly reconstructions: tf.Tensor4D;
  /** Of as many images, or of fewer where several draws of each were reconstructed. */
  readonly posterior: Posterior;
  /** As the posterior; N(0, 1) where left out. */
  readonly prior?: Gaussian | undefined;
  /** What was decoded, before anything was hidden from the decoder, and the decoder: for the terms of equivariance. */
  readonly latents?: tf.Tensor4D | undefined;
  readonly decode?: ((latents: tf.Tensor4D) => tf.Tensor4D) | undefined;
  /** The weight of the convolution that made the reconstructions; what the adaptive weight is measured at. */
  readonly lastLayer: tf.Variable;
  /** Number of the autoencoder's update, from 1: what schedules go by. */
  readonly step: number;
  /** The same as a tensor, where a program's own terms are called; made of `step` unless it is given. */
  readonly stepScalar?: tf.Scalar | undefined;
}

/** What an objective came to, and its terms. */
export interface ObjectiveValue {
  /** What the optimizer lowers: the weighted terms, per element of an image under `perImageSum`. */
  readonly total: tf.Scalar;
  /** Unweighted, in nats or units of the error, under the reduction's convention. Kept: dispose them. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/** Reduces a term's elements [B, ...] to one number. */
type Reduction = (elements: tf.Tensor4D) => tf.Scalar;

const reductions: Record<ObjectiveConfig['reduction'], Reduction> = {
  perImageSum: (elements) => tf.div(tf.sum(elements), elements.shape[0]),
  mean: (elements) => tf.mean(elements),
};

/**
 * reconstruction + adversarial + klWeight · KL + commitmentWeight · commitment + regularizers, where reconstruction is
 * reconstructionWeight · error + perceptual weight · distance + detailWeight · difference of detail, and with a learned
 * log-variance that / exp(logvar) + logvar; then the terms of a program's own. Call it where gradients are being taken.
 *
 * `perImageSum` sums every term over an image's elements and averages over the batch, so weights mean what they mean in the
 * papers (LDM's KL weight 1e-6, the ELBO's 1), and then divides the total by the H·W·C elements of an image. That constant
 * changes no trade-off; it keeps gradient norms comparable between resolutions. An image's one perceptual distance, its
 * log-variance, an adversarial term of fixed weight and the mean squared distance to the codes count once per element, as the
 * distance does in LDM and the commitment in the code of its authors, which averages error and commitment alike. `mean` averages
 * each term over its own elements, which divides the error by H·W·C but the KL by h·w·Z only: the KL's weight grows
 * (H·W·C)/(h·w·Z)-fold.
 */
export function objectiveValue(objective: Objective, input: ObjectiveInput): ObjectiveValue {
  const { config, perceptual, adversary } = objective;
  const { images, reconstructions, posterior, prior, latents, decode, lastLayer, step } = input;
  const reduce = reductions[config.reduction];
  const elements = config.reduction === 'perImageSum' ? images.size / images.shape[0] : 1;
  const logvar = objective.parameters.get('logvar');
  const { weights, players } = termsAt(config, step);
  const terms: Record<string, tf.Scalar> = {};
  const term = (name: string, value: tf.Tensor): tf.Scalar => {
    terms[name] = tf.keep(value.clone()) as tf.Scalar;
    return value as tf.Scalar;
  };

  const reconstructionTerms = (outputs: tf.Tensor4D): tf.Scalar => {
    const error = term(config.reconstruction, reduce(pixelErrors[config.reconstruction](images, outputs)));
    let sum: tf.Scalar = tf.mul(error, config.reconstructionWeight);
    if (perceptual && config.perceptual) {
      const distance = term('perceptual', tf.mean(perceptual.distances(images, outputs)));
      sum = tf.add(sum, tf.mul(distance, weights.perceptual * elements));
    }
    if (config.detailWeight > 0) {
      const difference = term('detail', tf.mean(detailDistances(images, outputs)));
      sum = tf.add(sum, tf.mul(difference, config.detailWeight * elements));
    }
    return logvar ? tf.add(tf.div(sum, tf.exp(logvar)), tf.mul(term('logvar', logvar), elements)) : sum;
  };

  const withAdversary = (): tf.Scalar => {
    if (!adversary || !config.adversarial || !players.generator) return reconstructionTerms(reconstructions);
    const { adaptive } = config.adversarial;
    const weight = weights.adversarial;
    const generatorLoss = (outputs: tf.Tensor4D) => term('adversarial', adversary.generatorLoss(outputs));
    if (!adaptive) {
      const loss: tf.Scalar = tf.mul(generatorLoss(reconstructions), weight * elements);
      return tf.add(reconstructionTerms(reconstructions), loss);
    }
    const variables = logvar ? [logvar] : [];
    const balance = balanced({ reconstructions, lastLayer, reconstructionTerms, generatorLoss, weight, variables });
    term('adaptiveWeight', balance.adaptiveWeight);
    return balance.total;
  };

  const withRate = (likelihood: tf.Scalar): tf.Scalar => {
    if (posterior.isDeterministic) return likelihood;
    const kl = term('kl', reduce(prior ? klNatsBetween(posterior, prior) : klNats(posterior)));
    return tf.add(likelihood, tf.mul(kl, weights.kl));
  };

  const withCommitment = (loss: tf.Scalar): tf.Scalar => {
    if (!posterior.quantization || !config.codebook) return loss;
    const commitment = term('commitment', tf.mean(commitmentErrors(posterior)));
    return tf.add(loss, tf.mul(commitment, config.codebook.commitmentWeight * elements));
  };

  const withOwnTerms = (loss: tf.Scalar): tf.Scalar =>
    Object.entries(objective.terms).reduce((sum, [name, ownTerm]) => {
      const { stepScalar = tf.scalar(step) } = input;
      const value = term(name, termValue(name, ownTerm, { images, reconstructions, posterior, step: stepScalar }));
      const { weight } = config.terms[name] as { weight: number };
      return tf.add(sum, tf.mul(value, weight));
    }, loss);

  const withRegularizers = (loss: tf.Scalar): tf.Scalar => {
    const {
      equivarianceWeight = 0,
      scaleEquivarianceWeight = 0,
      varianceExpansionWeight = 0,
    } = config.regularizers ?? {};
    let sum = loss;
    const add = (value: tf.Scalar, factor: number) => {
      sum = tf.add(sum, tf.mul(value, factor));
    };
    if (varianceExpansionWeight > 0)
      add(term('inverseVariance', reduce(inverseVariances(posterior))), varianceExpansionWeight);
    if (!latents || !decode) return sum;
    const changed = { images, latents, decode };
    if (equivarianceWeight > 0)
      add(term('equivariance', equivariance(changed, config.reconstruction)), equivarianceWeight * elements);
    if (scaleEquivarianceWeight > 0)
      add(
        term('scaleEquivariance', scaleEquivariance(changed, config.reconstruction)),
        scaleEquivarianceWeight * elements,
      );
    return sum;
  };

  return {
    total: withOwnTerms(tf.div(withRegularizers(withCommitment(withRate(withAdversary()))), elements)),
    terms,
  };
}
