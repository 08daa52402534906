/** The autoencoder's opponent: a discriminator with the losses of both players. */
import * as tf from '@tensorflow/tfjs-core';
import type { AdversarialConfig } from '../../config/config.js';
import type { Discriminator } from './discriminator.js';
import { createLecam, type Lecam } from './lecam.js';
import { adversarialLosses, saturatedShare } from './player-losses.js';

/** The autoencoder's opponent: a discriminator, with the losses of both players. */
export interface Adversary {
  readonly discriminator: Discriminator;
  /** Null where the regularisation has no weight. */
  readonly lecam: Lecam | null;
  /** What the autoencoder lowers, unweighted. */
  generatorLoss(reconstructions: tf.Tensor4D): tf.Scalar;
  /** What the discriminator lowers. Reconstructions must come from outside: no gradient reaches what made them. */
  discriminatorLoss(images: tf.Tensor4D, reconstructions: tf.Tensor4D): DiscriminatorValue;
}

/** What the discriminator lowers, and its parts. */
export interface DiscriminatorValue {
  readonly total: tf.Scalar;
  /** Unweighted, with the mean logits; kept, so that they outlive any tidy: dispose them. */
  readonly terms: Readonly<Record<string, tf.Scalar>>;
}

export function createAdversary(config: AdversarialConfig, discriminator: Discriminator): Adversary {
  const loss = adversarialLosses[config.loss];
  const lecam = config.lecamWeight > 0 ? createLecam() : null;
  return {
    discriminator,
    lecam,
    generatorLoss: (reconstructions) => loss.generator(discriminator.logits(reconstructions)),
    discriminatorLoss(images, reconstructions) {
      const [real, fake] = [discriminator.logits(images), discriminator.logits(reconstructions)];
      const discriminatorLoss = loss.discriminator(real, fake);
      const penalty = lecam?.penalty(real, fake);
      const terms = {
        discriminator: discriminatorLoss,
        logitsReal: tf.mean(real) as tf.Scalar,
        logitsFake: tf.mean(fake) as tf.Scalar,
        ...(config.loss === 'hinge' && { saturatedShare: saturatedShare(real, fake) }),
        ...(penalty && { lecam: penalty }),
      };
      const total: tf.Scalar = penalty
        ? tf.add(discriminatorLoss, tf.mul(penalty, config.lecamWeight))
        : discriminatorLoss;
      return { total, terms: keepAll(terms) };
    },
  };
}

/** Copies that no tidy disposes of. */
export function keepAll<Terms extends Readonly<Record<string, tf.Tensor>>>(terms: Terms): Terms {
  return Object.fromEntries(Object.entries(terms).map(([name, term]) => [name, tf.keep(term.clone())])) as Terms;
}
