/** Densities of Gaussians with diagonal covariance, in nats and float64. */

const logTwoPi = Math.log(2 * Math.PI);

/** log N(x; decoded, sigma² I) of `size` values whose squared errors sum to `squaredError`. */
export function logLikelihoodNats(squaredError: number, size: number, sigma: number): number {
  return -0.5 * (size * (logTwoPi + 2 * Math.log(sigma)) + squaredError / sigma ** 2);
}

/** One row of means and log-variances. */
export interface GaussianRow {
  readonly mean: Float32Array;
  readonly logvar: Float32Array;
}

/** log N(z; mean, exp(logvar)). */
export function logDensityNats(z: Float32Array, { mean, logvar }: GaussianRow): number {
  let sum = 0;
  for (let at = 0; at < z.length; at++) {
    sum += logTwoPi + logvar[at]! + (z[at]! - mean[at]!) ** 2 / Math.exp(logvar[at]!);
  }
  return -0.5 * sum;
}

/** KL(q || p): ½ Σ ((m_q - m_p)² + v_q) / v_p - 1 + log v_p - log v_q. */
export function gaussianKlNats(q: GaussianRow, p: GaussianRow): number {
  let sum = 0;
  for (let at = 0; at < q.mean.length; at++) {
    const squares = (q.mean[at]! - p.mean[at]!) ** 2 + Math.exp(q.logvar[at]!);
    sum += squares / Math.exp(p.logvar[at]!) - 1 + p.logvar[at]! - q.logvar[at]!;
  }
  return 0.5 * sum;
}

/** mean + std · noise, rounded to float32 as the decoder gets it. */
export function drawFrom({ mean, logvar }: GaussianRow, noise: Float32Array): Float32Array {
  return mean.map((value, at) => value + Math.exp(0.5 * logvar[at]!) * noise[at]!);
}
