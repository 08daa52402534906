import { expect, test } from 'vitest';
import type { ProcessName, SamplerName } from '../../src/config/options/diffusion-options.js';
import { processes, readingAt } from '../../src/diffusion/process/process.js';
import { type Predict, solve } from '../../src/diffusion/sampling/solvers.js';
import { randomStream } from '../../src/random.js';

/** Data from N(0, std²): the best prediction is linear in the noisy latent, and the flow maps noise ε to std · ε. */
const std = 0.5;

function bestPrediction(name: ProcessName): Predict {
  const { alpha, sigma, target } = processes[name];
  return async (latents, time) => {
    const [a, s] = [alpha(time), sigma(time)];
    const variance = a ** 2 * std ** 2 + s ** 2;
    const slope = (target.data * a * std ** 2 + target.noise * s) / variance;
    return latents.map((value) => slope * value);
  };
}

/** How far the end of the flow is from the truth, for noise of 1. */
async function errorOf(name: ProcessName, sampler: SamplerName, steps: number): Promise<number> {
  const { lastTime, alpha, sigma } = processes[name];
  const [end] = await solve(processes[name], sampler, steps, Float32Array.of(1), bestPrediction(name));
  // The variance that the process ends with is the data's times the square of what the noise has to shrink by.
  const start = Math.sqrt(alpha(lastTime) ** 2 * std ** 2 + sigma(lastTime) ** 2);
  return Math.abs((end as number) - std / start);
}

test.each([
  ['flow', 'euler', 1],
  ['flow', 'heun', 2],
  ['epsilon', 'ddim', 1],
] as const)('%s with %s converges to the exact flow with order %d', async (name, sampler, order) => {
  const [coarse, fine] = [await errorOf(name, sampler, 32), await errorOf(name, sampler, 64)];
  expect(fine).toBeLessThan(0.02);
  expect(Math.log2(coarse / fine)).toBeGreaterThan(order - 0.3);
  expect(Math.log2(coarse / fine)).toBeLessThan(order + 0.5);
});

test.each(['flow', 'epsilon'] as const)('%s: data and noise are read from what was mixed and predicted', (name) => {
  const process = processes[name];
  const [x, noise, time] = [0.7, -1.3, 0.4];
  const noisy = process.alpha(time) * x + process.sigma(time) * noise;
  const predicted = process.target.data * x + process.target.noise * noise;
  const reading = readingAt(process, time);
  expect(reading.data.noisy * noisy + reading.data.predicted * predicted).toBeCloseTo(x, 10);
  expect(reading.noise.noisy * noisy + reading.noise.predicted * predicted).toBeCloseTo(noise, 10);
});

test('the cosine schedule is that of improved DDPM', () => {
  const { alpha, sigma } = processes.epsilon;
  // Nichol & Dhariwal, eq. 17: f(t)/f(0) computed with Python's math.cos.
  expect(alpha(0) ** 2).toBeCloseTo(1, 12);
  expect(alpha(0.25) ** 2).toBeCloseTo(0.8470122, 6);
  expect(alpha(0.5) ** 2).toBeCloseTo(0.4938434, 6);
  expect(alpha(0.75) ** 2 + sigma(0.75) ** 2).toBeCloseTo(1, 12);
});

test('times to train at are logit-normal for the flow', () => {
  const random = randomStream('times');
  const times = Array.from({ length: 4000 }, () => processes.flow.drawTime(random)).sort((a, b) => a - b);
  // Quantiles of the normal distribution, through the logistic function.
  for (const [share, normal] of [
    [0.1587, -1],
    [0.5, 0],
    [0.8413, 1],
  ] as const) {
    expect(times[Math.floor(share * 4000)]).toBeCloseTo(1 / (1 + Math.exp(-normal)), 1);
  }
});

test('heun is refused for noise prediction, in a sentence', async () => {
  await expect(errorOf('epsilon', 'heun', 4)).rejects.toThrow(/choose ddim/);
});
