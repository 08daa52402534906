/** An objective with its networks: features from their weight files, a discriminator from a seed. */
import type { ObjectiveConfig } from '../config/config.js';
import { UserError } from '../errors.js';
import { assertLargeEnough, createDiscriminator, smallestForDiscriminator } from './adversarial/discriminator.js';
import { smallestForDetail } from './detail/detail.js';
import { createObjective, type Objective } from './objective.js';
import { ofVisibleColours } from './perceptual/colours.js';
import { loadPerceptualLoss } from './perceptual/load.js';
import { assertSameTerms, type LossTerms } from './terms.js';

/** The images that an objective is made for. */
export interface ObjectiveImages {
  /** Side of the square images, in px. */
  readonly size: number;
  readonly inChannels: number;
}

/** What the networks behind the perceptual distances need to see, in px. */
const smallestForFeatures = 32;

/** Of the images that `openObjective` makes an objective for, in px. */
export function smallestSideOf({ perceptual, detailWeight, adversarial }: ObjectiveConfig): number {
  return Math.max(
    perceptual ? smallestForFeatures : 1,
    detailWeight > 0 ? smallestForDetail : 1,
    adversarial ? smallestForDiscriminator(adversarial.layers) : 1,
  );
}

/**
 * Makes an objective with its networks.
 *
 * @param seed decides the discriminator's first weights
 * @param terms of a program's own, which `config` names
 * @throws UserError for weight files that are missing, and images too small for a term
 */
export async function openObjective(
  config: ObjectiveConfig,
  { size, inChannels }: ObjectiveImages,
  seed: number,
  terms: LossTerms = {},
): Promise<Objective> {
  assertSameTerms(config, terms);
  const { perceptual, adversarial } = config;
  if (perceptual && size < smallestForFeatures) {
    throw new UserError(
      `The perceptual term needs images of ${smallestForFeatures} px and more, got ${size} px: ` +
        'choose a larger --size or --perceptual none.',
    );
  }
  if (config.detailWeight > 0 && size < smallestForDetail) {
    throw new UserError(
      `The detail term needs images of ${smallestForDetail} px and more, got ${size} px: choose a larger --size or --detail-weight 0.`,
    );
  }
  // Here, not in the step that first needs it.
  if (adversarial) assertLargeEnough(adversarial.layers, size, size);
  const discriminator = adversarial ? createDiscriminator({ ...adversarial, inChannels }, { seed }) : undefined;
  return createObjective(config, {
    perceptual: perceptual ? ofVisibleColours(await loadPerceptualLoss(perceptual.kind)) : undefined,
    discriminator,
    terms,
  });
}
