/** What terms weigh at a step, and who trains. */
import type { ObjectiveConfig } from '../config/config.js';
import { type AdversarialPhase, adversarialPhase } from './adversarial/player-losses.js';

export interface TermSchedule {
  /** 0 for a term that the objective lacks. */
  readonly weights: { readonly kl: number; readonly perceptual: number; readonly adversarial: number };
  readonly players: AdversarialPhase;
}

/** @param step number of the autoencoder's update, the first is 1 */
export function termsAt(
  { klWeight, klRampSteps, perceptual, adversarial }: ObjectiveConfig,
  step: number,
): TermSchedule {
  return {
    weights: {
      kl: klWeight * rampAt(step, 1, klRampSteps),
      perceptual: perceptual ? perceptual.weight * rampAt(step, 1, perceptual.rampSteps) : 0,
      adversarial: adversarial ? adversarial.weight * rampAt(step, adversarial.startStep, adversarial.rampSteps) : 0,
    },
    players: adversarial ? adversarialPhase(step, adversarial) : { discriminator: false, generator: false },
  };
}

/** The share of its weight that a term has: it rises linearly from `startStep` on, and is 1 after `rampSteps`. */
export function rampAt(step: number, startStep: number, rampSteps: number): number {
  return rampSteps === 0 ? 1 : Math.min(1, Math.max(0, step - startStep + 1) / rampSteps);
}
