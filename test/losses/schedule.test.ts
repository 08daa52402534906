import { describe, expect, test } from 'vitest';
import { adversarialSchema, objectives } from '../../src/config/config.js';
import { rampAt, termsAt } from '../../src/losses/schedule.js';

describe('a ramp', () => {
  test('rises linearly from its first step and then stays', () => {
    expect([1, 2, 3, 4, 6, 7].map((step) => rampAt(step, 3, 4))).toEqual([0, 0, 0.25, 0.5, 1, 1]);
  });

  test('of one step waits for it; of none there is nothing to wait for', () => {
    expect([2, 3].map((step) => rampAt(step, 3, 1))).toEqual([0, 1]);
    expect([1, 3].map((step) => rampAt(step, 3, 0))).toEqual([1, 1]);
  });
});

describe('what terms weigh', () => {
  const without = { ...objectives.mse, perceptual: null, adversarial: null };

  test('KL and perceptual terms rise from the first step, to their weights', () => {
    const perceptual = { kind: 'builtin', weight: 0.5, rampSteps: 2 } as const;
    const weights = [1, 2, 4, 9].map(
      (step) => termsAt({ ...without, klWeight: 2, klRampSteps: 4, perceptual }, step).weights,
    );
    expect(weights.map(({ kl }) => kl)).toEqual([0.5, 1, 2, 2]);
    expect(weights.map(({ perceptual }) => perceptual)).toEqual([0.25, 0.5, 0.5, 0.5]);
  });

  test('the adversarial term rises from its own start, before which the discriminator warms up', () => {
    const adversarial = adversarialSchema.parse({ weight: 0.5, startStep: 10, rampSteps: 2, warmupSteps: 3 });
    const at = (step: number) => termsAt({ ...without, adversarial }, step);
    expect([6, 9, 10, 11, 12].map((step) => at(step).weights.adversarial)).toEqual([0, 0, 0.25, 0.5, 0.5]);
    expect([6, 7, 10].map((step) => at(step).players)).toEqual([
      { discriminator: false, generator: false },
      { discriminator: true, generator: false },
      { discriminator: true, generator: true },
    ]);
  });

  test('what an objective lacks weighs nothing, and nobody plays', () => {
    const { weights, players } = termsAt({ ...without, klWeight: 0 }, 100);
    expect(weights).toEqual({ kl: 0, perceptual: 0, adversarial: 0 });
    expect(players).toEqual({ discriminator: false, generator: false });
  });
});
