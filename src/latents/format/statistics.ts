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
  const zeros = () => new Float64Array(channels);
  const [sums, squaredDeviations, posteriorVariances] = [zeros(), zeros(), zeros()];
  const [min, max] = [zeros().fill(Number.POSITIVE_INFINITY), zeros().fill(Number.NEGATIVE_INFINITY)];
  // Plain loops over one channel of one image at a time: a function called for every value takes ten times as long.
  for (let start = 0, channel = 0; start < mean.length; start += positions, channel = (channel + 1) % channels) {
    let [sum, variances] = [sums[channel] as number, posteriorVariances[channel] as number];
    let [low, high] = [min[channel] as number, max[channel] as number];
    for (let index = start; index < start + positions; index++) {
      const value = mean[index] as number;
      sum += value;
      if (value < low) low = value;
      if (value > high) high = value;
      variances += Math.exp(logvar[index] as number);
    }
    sums[channel] = sum;
    posteriorVariances[channel] = variances;
    min[channel] = low;
    max[channel] = high;
  }
  const means = sums.map((sum) => sum / values);
  for (let start = 0, channel = 0; start < mean.length; start += positions, channel = (channel + 1) % channels) {
    const center = means[channel] as number;
    let squares = squaredDeviations[channel] as number;
    for (let index = start; index < start + positions; index++) squares += ((mean[index] as number) - center) ** 2;
    squaredDeviations[channel] = squares;
  }
  return {
    values,
    mean: [...means],
    squaredDeviations: [...squaredDeviations],
    posteriorVariances: [...posteriorVariances],
    min: [...min],
    max: [...max],
  };
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
