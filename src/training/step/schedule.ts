/** The learning rate over a run. */

export interface ScheduleOptions {
  readonly learningRate: number;
  readonly warmupSteps: number;
  readonly schedule: 'cosine' | 'constant';
}

/**
 * Rises linearly for `warmupSteps`, then stays or falls along half a cosine to zero (Loshchilov & Hutter, arXiv 1608.03983,
 * eq. 5).
 *
 * @param step counted from 1
 * @param progress how much of the run is over, 0 to 1
 */
export function learningRateAt(step: number, progress: number, options: ScheduleOptions): number {
  const warmup = options.warmupSteps === 0 ? 1 : Math.min(1, step / options.warmupSteps);
  const decay = options.schedule === 'cosine' ? (1 + Math.cos(Math.PI * Math.min(1, progress))) / 2 : 1;
  return options.learningRate * warmup * decay;
}
