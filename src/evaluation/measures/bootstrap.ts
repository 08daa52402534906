import { randomStream } from '../../random.js';

/** Of every interval, unless told otherwise. */
export const defaultConfidence = 0.95;

export interface BootstrapOptions {
  /** How many times the values are drawn anew with replacement. */
  readonly resamples: number;
  /** In (0, 1), for example 0.95. */
  readonly confidence: number;
  readonly seed: number;
}

/** A mean with its bootstrap interval. */
export interface Interval {
  readonly mean: number;
  readonly low: number;
  readonly high: number;
  /** How many values the mean is of. */
  readonly count: number;
}

/**
 * The mean of `values` and its percentile bootstrap interval (Efron 1979): what the mean would vary over,
 * had other images been drawn. Without values every number is NaN. With fewer than about 20 values the
 * interval is somewhat too narrow.
 */
export function bootstrapInterval(values: readonly number[], options: BootstrapOptions): Interval {
  const { resamples, confidence, seed } = options;
  const count = values.length;
  const random = randomStream('bootstrap', seed, count);
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample++) {
    let sum = 0;
    for (let draw = 0; draw < count; draw++) sum += values[Math.floor(random.uniform() * count)]!;
    means[resample] = sum / count;
  }
  means.sort();
  const tail = (1 - confidence) / 2;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  return { mean, low: quantile(means, tail), high: quantile(means, 1 - tail), count };
}

/** Linear between the two nearest of the sorted values (Hyndman & Fan 1996, type 7). */
export function quantile(sorted: Float64Array, probability: number): number {
  const position = probability * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.ceil(position);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
