/** The weighted sum of all loss terms, each under its name. */
import * as tf from '@tensorflow/tfjs';
import type { Posterior } from '../autoencoder/posterior.js';
import type { ObjectiveConfig } from '../config.js';
import { klNats } from './kl.js';
import { pixelErrors } from './reconstruction.js';

export interface ObjectiveValue {
  /** What the optimizer lowers: the weighted terms, per element of an image under `perImageSum`. */
  readonly total: tf.Scalar;
  /** Unweighted terms, in nats or units of the error, under the reduction's convention. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

/** Reduces a term's elements [B, ...] to one number. */
type Reduction = (elements: tf.Tensor4D) => tf.Scalar;

const reductions: Record<ObjectiveConfig['reduction'], Reduction> = {
  perImageSum: (elements) => tf.div(tf.sum(elements), elements.shape[0]),
  mean: (elements) => tf.mean(elements),
};

/**
 * reconstructionWeight · error + klWeight · KL.
 *
 * `perImageSum` sums every term over an image's elements and averages over the batch, so weights mean what they mean in the
 * papers (LDM's KL weight 1e-6, the ELBO's 1), and then divides the total by the H·W·C elements of an image. That constant
 * changes no trade-off; it keeps gradient norms comparable between resolutions. `mean` averages each term over its own
 * elements, which divides the error by H·W·C but the KL by h·w·Z only: the KL's weight grows (H·W·C)/(h·w·Z)-fold.
 */
export function objectiveValue(
  config: ObjectiveConfig,
  images: tf.Tensor4D,
  reconstructions: tf.Tensor4D,
  posterior: Posterior,
): ObjectiveValue {
  const reduce = reductions[config.reduction];
  const reconstruction = reduce(pixelErrors[config.reconstruction](images, reconstructions));
  const kl = reduce(klNats(posterior));
  const weighted = tf.add(tf.mul(reconstruction, config.reconstructionWeight), tf.mul(kl, config.klWeight));
  const elements = config.reduction === 'perImageSum' ? images.size / images.shape[0] : 1;
  return { total: tf.div(weighted, elements), terms: { [config.reconstruction]: reconstruction, kl } };
}
