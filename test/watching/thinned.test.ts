import { expect, it } from 'vitest';
import { createThinned } from '../../src/watching/thinned.js';

it('keeps every figure of a short run', () => {
  const thinned = createThinned();
  for (let step = 1; step <= 900; step++) thinned.add(step, step % 7);
  expect(thinned.points()).toEqual(
    Array.from({ length: 900 }, (_, index) => [index + 1, ...Array(3).fill((index + 1) % 7)]),
  );
});

it('joins the steps of a long one into means with their least and greatest', () => {
  const value = (step: number) => Math.sin(step) * step;
  const thinned = createThinned();
  for (let step = 1; step <= 12_345; step++) thinned.add(step, value(step));
  const points = thinned.points();
  expect(points.length).toBeLessThanOrEqual(1000);
  expect(points.length).toBeGreaterThan(400);
  let before = 0;
  for (const [step, mean, low, high] of points) {
    const joined = Array.from({ length: step - before }, (_, index) => value(before + 1 + index));
    expect(mean).toBeCloseTo(joined.reduce((sum, each) => sum + each, 0) / joined.length, 6);
    expect([low, high]).toEqual([Math.min(...joined), Math.max(...joined)]);
    before = step;
  }
  expect(before).toBe(12_345);
});
