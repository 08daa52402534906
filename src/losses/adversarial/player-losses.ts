/** Losses of the two players: the discriminator tells real patches from reconstructed ones, the autoencoder fools it. */
import * as tf from '@tensorflow/tfjs-core';
import type { AdversarialLossName } from '../../config/config.js';

/** Logits are [B, h, w, 1], one per patch; losses are means over all patches. */
export interface AdversarialLoss {
  /** What the autoencoder lowers, given the discriminator's logits of its reconstructions. */
  generator(fake: tf.Tensor4D): tf.Scalar;
  /** What the discriminator lowers; the mean of its loss on real images and its loss on reconstructions. */
  discriminator(real: tf.Tensor4D, fake: tf.Tensor4D): tf.Scalar;
}

const halfOf = (real: tf.Tensor, fake: tf.Tensor): tf.Scalar => tf.mul(tf.add(tf.mean(real), tf.mean(fake)), 0.5);

export const adversarialLosses = {
  /** Lim & Ye, arXiv 1705.02894, eq. 3 and 4; LDM's. */
  hinge: {
    generator: (fake) => tf.neg(tf.mean(fake) as tf.Scalar),
    discriminator: (real, fake) => halfOf(tf.relu(tf.sub(1, real)), tf.relu(tf.add(1, fake))),
  },
  /**
   * Cross-entropy with the non-saturating generator loss of Goodfellow et al., arXiv 1406.2661, section 3. LDM's `vanilla`
   * has the same discriminator but lowers -mean(fake) as under hinge.
   */
  vanilla: {
    generator: (fake) => tf.mean(tf.softplus(tf.neg(fake))),
    discriminator: (real, fake) => halfOf(tf.softplus(tf.neg(real)), tf.softplus(fake)),
  },
} as const satisfies Record<AdversarialLossName, AdversarialLoss>;

/** The share of hinge terms that are zero, so that their patches teach the discriminator nothing; 1 = it has won. */
export function saturatedShare(real: tf.Tensor4D, fake: tf.Tensor4D): tf.Scalar {
  return tf.tidy(() =>
    halfOf(tf.cast(tf.greaterEqual(real, 1), 'float32'), tf.cast(tf.lessEqual(fake, -1), 'float32')),
  );
}

/** Who trains at a step. */
export interface AdversarialPhase {
  readonly discriminator: boolean;
  readonly generator: boolean;
}

/**
 * The discriminator trains from `startStep - warmupSteps` on, alone at first; the autoencoder feels it from `startStep` on.
 *
 * @param step number of the autoencoder's update, the first is 1
 */
export function adversarialPhase(
  step: number,
  { startStep, warmupSteps }: { readonly startStep: number; readonly warmupSteps: number },
): AdversarialPhase {
  return { discriminator: step >= startStep - warmupSteps, generator: step >= startStep };
}
