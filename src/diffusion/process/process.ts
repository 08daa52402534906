/**
 * How data become noise, and what a network predicts of it. With x data and ε from N(0, 1), a latent at time t in [0, 1] is
 * α(t) x + σ(t) ε; both processes here differ in α and σ and in what is predicted (SiT, arXiv 2401.08740, section 2).
 */
import type { ProcessName } from '../../config/options/diffusion-options.js';
import type { RandomStream } from '../../random.js';

export interface Process {
  readonly name: ProcessName;
  /** Share of the data at time t. */
  alpha(time: number): number;
  /** Share of the noise at time t. */
  sigma(time: number): number;
  /** What the network predicts is data · x + noise · ε with these two numbers, whatever the time. */
  readonly target: { readonly data: number; readonly noise: number };
  /** The latest time that training draws and sampling starts from. */
  readonly lastTime: number;
  /** A time to train at. */
  drawTime(random: RandomStream): number;
}

/**
 * Rectified flow (Liu et al., arXiv 2209.03003; Lipman et al., arXiv 2210.02747): a straight line from data to noise, of which
 * the velocity ε - x is predicted. Times are logit-normal (Esser et al., arXiv 2403.03206, eq. 19, with m = 0 and s = 1):
 * most lie in the middle, where the prediction is hardest.
 */
const flow: Process = {
  name: 'flow',
  alpha: (time) => 1 - time,
  sigma: (time) => time,
  target: { data: -1, noise: 1 },
  lastTime: 1,
  drawTime: (random) => 1 / (1 + Math.exp(-random.normal())),
};

/** Offset of the cosine schedule, so that the first steps are not too small. */
const cosineOffset = 0.008;
const cosineAngle = (time: number) => ((time + cosineOffset) / (1 + cosineOffset)) * (Math.PI / 2);
const cosineStart = Math.cos(cosineAngle(0));

/** α² + σ² = 1, α² = cos²((t + s) / (1 + s) · π/2) / cos²(s / (1 + s) · π/2). */
const cosineAlpha = (time: number) => Math.cos(cosineAngle(time)) / cosineStart;

/**
 * Prediction of the noise (Ho et al., arXiv 2006.11239, eq. 14) with the cosine schedule (Nichol & Dhariwal, arXiv 2102.09672,
 * eq. 17) in continuous time. It ends where a thousandth of the variance is data, as nothing can be told of x from ε at the
 * very end.
 */
const epsilon: Process = {
  name: 'epsilon',
  alpha: cosineAlpha,
  sigma: (time) => Math.sqrt(Math.max(0, 1 - cosineAlpha(time) ** 2)),
  target: { data: 0, noise: 1 },
  lastTime: 0.98,
  drawTime: (random) => random.uniform() * 0.98,
};

export const processes: Readonly<Record<ProcessName, Process>> = { flow, epsilon };

/** What a prediction says: data and noise, as factors of the noisy latent and of the prediction. */
export interface Reading {
  readonly data: { readonly noisy: number; readonly predicted: number };
  readonly noise: { readonly noisy: number; readonly predicted: number };
}

/** Solves noisy = α x + σ ε and predicted = data · x + noise · ε for x and ε. */
export function readingAt({ alpha, sigma, target }: Process, time: number): Reading {
  const [a, s] = [alpha(time), sigma(time)];
  const determinant = a * target.noise - s * target.data;
  return {
    data: { noisy: target.noise / determinant, predicted: -s / determinant },
    noise: { noisy: -target.data / determinant, predicted: a / determinant },
  };
}
