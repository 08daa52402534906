import { describe, expect, test } from 'vitest';
import { learningRateAt } from '../../../src/training/step/schedule.js';

describe('the learning rate', () => {
  const cosine = { learningRate: 0.01, warmupSteps: 0, schedule: 'cosine' } as const;

  // Loshchilov & Hutter, arXiv 1608.03983, eq. 5 with eta_min = 0: the cosine at multiples of 30°.
  test.each([
    [0, 1],
    [1 / 6, (2 + Math.sqrt(3)) / 4],
    [1 / 3, 3 / 4],
    [1 / 2, 1 / 2],
    [2 / 3, 1 / 4],
    [1, 0],
  ])('has fallen along half a cosine when %d of the run is over', (progress, share) => {
    expect(learningRateAt(7, progress, cosine)).toBeCloseTo(0.01 * share, 12);
  });

  test('stays at zero where a run goes on beyond its end', () => {
    expect(learningRateAt(9, 1.5, cosine)).toBe(0);
  });

  test('rises linearly to its height at the last step of the warm-up, and stays', () => {
    const options = { learningRate: 0.02, warmupSteps: 4, schedule: 'constant' } as const;
    const rates = [1, 2, 4, 5, 100].map((step) => learningRateAt(step, 0.9, options));
    expect(rates).toEqual([0.005, 0.01, 0.02, 0.02, 0.02]);
  });

  test('multiplies rise and fall where they meet', () => {
    expect(learningRateAt(1, 1 / 3, { ...cosine, warmupSteps: 2 })).toBeCloseTo(0.01 * 0.5 * 0.75, 12);
  });

  test('is whole at once without a warm-up', () => {
    expect(learningRateAt(0, 0, { ...cosine, schedule: 'constant' })).toBe(0.01);
  });
});
