/**
 * Exact statistics of latents, per channel, gathered shard by shard. Shards' moments are merged in the shards' order, so that
 * the same shards always make the same numbers.
 */
import { z } from 'zod';

const perChannel = z.array(z.number()).min(1);

/** Sums over the stored values of one shard, or of several; each array has one entry per latent channel. */
export const momentsSchema = z.strictObject({
  /** Values per channel. */
  values: z.number().int().positive(),
  mean: perChannel,
  /** Sum of (value - mean)². */
  squaredDeviations: perChannel,
  /** Sum of exp(logvar). */
  posteriorVariances: perChannel,
  min: perChannel,
  max: perChannel,
});
export type LatentMoments = z.infer<typeof momentsSchema>;

export const statisticsSchema = z.strictObject({
  /** Values per channel: images × h × w. */
  values: z.number().int().positive(),
  /** Of the posteriors' means. */
  mean: perChannel,
  std: perChannel,
  /** Root of the mean posterior variance: how much noise a draw adds. */
  posteriorStd: perChannel,
  min: perChannel,
  max: perChannel,
});
export type LatentStatistics = z.infer<typeof statisticsSchema>;

/** Moments of `mean` and `logvar`, both [N, Z, h, w] with `positions` = h · w. Two passes, in double precision. */
export function momentsOf(
  channels: number,
  positions: number,
  mean: Float32Array,
  logvar: Float32Array,
): LatentMoments {
  const values = mean.length / channels;
  const sum = (of: Float32Array, term: (value: number, channel: number) => number) => {
    const sums = new Array<number>(channels).fill(0);
    for (let index = 0; index < of.length; index++) {
      const channel = Math.floor(index / positions) % channels;
      sums[channel] = (sums[channel] as number) + term(of[index] as number, channel);
    }
    return sums;
  };
  const means = sum(mean, (value) => value).map((total) => total / values);
  return {
    values,
    mean: means,
    squaredDeviations: sum(mean, (value, channel) => (value - (means[channel] as number)) ** 2),
    posteriorVariances: sum(logvar, Math.exp),
    ...rangesOf(mean, channels, positions),
  };
}

function rangesOf(values: Float32Array, channels: number, positions: number) {
  const min = new Array<number>(channels).fill(Number.POSITIVE_INFINITY);
  const max = new Array<number>(channels).fill(Number.NEGATIVE_INFINITY);
  for (let index = 0; index < values.length; index++) {
    const channel = Math.floor(index / positions) % channels;
    const value = values[index] as number;
    if (value < (min[channel] as number)) min[channel] = value;
    if (value > (max[channel] as number)) max[channel] = value;
  }
  return { min, max };
}

/** Moments of two parts together (Chan, Golub & LeVeque 1983, eq. 1.5). */
export function mergeMoments(a: LatentMoments | undefined, b: LatentMoments): LatentMoments {
  if (a === undefined) return b;
  const values = a.values + b.values;
  const merge = (combine: (channel: number) => number) => a.mean.map((_, channel) => combine(channel));
  const delta = merge((channel) => (b.mean[channel] as number) - (a.mean[channel] as number));
  const add = (of: 'squaredDeviations' | 'posteriorVariances') => {
    return merge((channel) => (a[of][channel] as number) + (b[of][channel] as number));
  };
  const weight = (a.values / values) * b.values;
  return {
    values,
    mean: merge((channel) => (a.mean[channel] as number) + (delta[channel] as number) * (b.values / values)),
    squaredDeviations: add('squaredDeviations').map((sum, channel) => sum + (delta[channel] as number) ** 2 * weight),
    posteriorVariances: add('posteriorVariances'),
    min: merge((channel) => Math.min(a.min[channel] as number, b.min[channel] as number)),
    max: merge((channel) => Math.max(a.max[channel] as number, b.max[channel] as number)),
  };
}

export function statisticsOf({ values, ...moments }: LatentMoments): LatentStatistics {
  const root = (sums: readonly number[]) => sums.map((sum) => Math.sqrt(sum / values));
  return {
    values,
    mean: moments.mean,
    std: root(moments.squaredDeviations),
    posteriorStd: root(moments.posteriorVariances),
    min: moments.min,
    max: moments.max,
  };
}

/**
 * Mean and standard deviation of draws from the posteriors over all channels together: the law of total variance, as the
 * means vary and each draw adds its noise.
 */
export function overallMoments({ mean, std, posteriorStd }: LatentStatistics): { mean: number; std: number } {
  const average = (terms: readonly number[]) => terms.reduce((sum, term) => sum + term, 0) / terms.length;
  const overall = average(mean);
  const variances = mean.map((channelMean, channel) => {
    return (std[channel] as number) ** 2 + (posteriorStd[channel] as number) ** 2 + (channelMean - overall) ** 2;
  });
  return { mean: overall, std: Math.sqrt(average(variances)) };
}
