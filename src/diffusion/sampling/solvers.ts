/** From noise to data: solvers of the probability flow of a process, on plain arrays. */
import type { SamplerName } from '../../config/options/diffusion-options.js';
import { UserError } from '../../errors.js';
import { type Process, readingAt } from '../process/process.js';

/** What the network predicts for the noisy latents at a time; may be called in any order. */
export type Predict = (latents: Float32Array, time: number) => Promise<Float32Array>;

/** One step from `time` down to `next`. */
type Step = (latents: Float32Array, time: number, next: number, predict: Predict) => Promise<Float32Array>;

/**
 * Solves from the process' last time down to 0 in equal steps.
 *
 * @param noise from N(0, 1)
 * @param onStep is shown the latents after every step; sampling waits for it
 * @throws UserError for a sampler that the process does not go with
 */
export async function solve(
  process: Process,
  sampler: SamplerName,
  steps: number,
  noise: Float32Array,
  predict: Predict,
  onStep?: (latents: Float32Array, stepsDone: number) => void | Promise<void>,
): Promise<Float32Array> {
  const step = stepOf(process, sampler);
  const timeAt = (index: number) => process.lastTime * (1 - index / steps);
  let latents = noise;
  for (let index = 0; index < steps; index++) {
    latents = await step(latents, timeAt(index), timeAt(index + 1), predict);
    await onStep?.(latents, index + 1);
  }
  return latents;
}

/** @throws UserError for a sampler that the process does not go with */
export function assertSampler(process: Process, sampler: SamplerName): void {
  if (sampler !== 'heun' || process.name === 'flow') return;
  throw new UserError(
    `Got --sampler heun for a model that predicts the noise, and heun follows the velocity of a flow: choose ddim.`,
  );
}

function stepOf(process: Process, sampler: SamplerName): Step {
  assertSampler(process, sampler);
  return sampler === 'heun' ? heunStep : firstOrderStep(process);
}

/**
 * DDIM without noise (Song et al., arXiv 2010.02502, eq. 12 with σ = 0): data and noise as the prediction has them, mixed as
 * they are at the next time. For a flow this is x + (next - time) · v, Euler's method.
 */
const firstOrderStep =
  (process: Process): Step =>
  async (latents, time, next, predict) => {
    const predicted = await predict(latents, time);
    const { data, noise } = readingAt(process, time);
    const [alpha, sigma] = [process.alpha(next), process.sigma(next)];
    const ofLatents = alpha * data.noisy + sigma * noise.noisy;
    const ofPrediction = alpha * data.predicted + sigma * noise.predicted;
    return combine(latents, ofLatents, predicted, ofPrediction);
  };

/**
 * Heun's method: the mean of the velocities at both ends of Euler's step. The last step is Euler's (Karras et al., arXiv
 * 2206.00364, algorithm 1).
 */
const heunStep: Step = async (latents, time, next, predict) => {
  const velocity = await predict(latents, time);
  const euler = combine(latents, 1, velocity, next - time);
  if (next <= 0) return euler;
  const velocityThere = await predict(euler, next);
  return combine(combine(latents, 1, velocity, (next - time) / 2), 1, velocityThere, (next - time) / 2);
};

/** a · x + b · y */
const combine = (x: Float32Array, a: number, y: Float32Array, b: number): Float32Array =>
  x.map((value, index) => a * value + b * (y[index] as number));
