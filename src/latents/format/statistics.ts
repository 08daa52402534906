/**
 * Exact statistics of latents, per channel. Shards keep sums without rounding, so that the statistics of a store are a
 * function of its latents alone: neither of their order, nor of how they are divided into shards or into parts.
 */
import { z } from 'zod';
import {
  add,
  type Dyadic,
  dyadicOf,
  dyadicSchema,
  formatDyadic,
  multiply,
  negative,
  parseDyadic,
  quotient,
} from './moments/dyadic.js';
import { createFloatSums } from './moments/float-sums.js';

const perChannel = z.array(z.number()).min(1);
const exactPerChannel = z.array(dyadicSchema).min(1);
const values = z.number().int().positive();

/** Sums over the stored values of a shard; each array has one entry per latent channel. */
const exactMomentsSchema = z.strictObject({
  /** Values per channel. */
  values,
  sums: exactPerChannel,
  /** Of value². */
  squares: exactPerChannel,
  /** Of exp(logvar), each rounded to a float32. */
  posteriorVariances: exactPerChannel,
  min: perChannel,
  max: perChannel,
});

/** What shards of stores begun by earlier versions have. */
const roundedMomentsSchema = z.strictObject({
  values,
  mean: perChannel,
  /** Sum of (value - mean)². */
  squaredDeviations: perChannel,
  posteriorVariances: perChannel,
  min: perChannel,
  max: perChannel,
});

/** Moments as an index holds them. */
export const storedMomentsSchema = z.union([exactMomentsSchema, roundedMomentsSchema]);
export type StoredMoments = z.infer<typeof storedMomentsSchema>;

export interface LatentMoments {
  readonly values: number;
  readonly sums: readonly Dyadic[];
  readonly squares: readonly Dyadic[];
  readonly posteriorVariances: readonly Dyadic[];
  readonly min: readonly number[];
  readonly max: readonly number[];
}

export const statisticsSchema = z.strictObject({
  /** Values per channel: images × h × w. */
  values,
  /** Of the posteriors' means. */
  mean: perChannel,
  std: perChannel,
  /** Root of the mean posterior variance: how much noise a draw adds. */
  posteriorStd: perChannel,
  min: perChannel,
  max: perChannel,
});
/** Moments of all latents of a store, by channel. */
export type LatentStatistics = z.infer<typeof statisticsSchema>;

export interface MomentsGatherer {
  /** Takes in `mean` and `logvar`, both [N, Z, h, w] with `positions` = h · w. */
  add(positions: number, mean: Float32Array, logvar: Float32Array): void;
  /** @throws UserError where a value was not finite */
  moments(): LatentMoments;
}

export function gatherMoments(channels: number): MomentsGatherer {
  const each = <Value>(make: () => Value) => Array.from({ length: channels }, make);
  const values = each(() => createFloatSums(true));
  const variances = each(() => createFloatSums(false));
  const [min, max] = [each(() => Number.POSITIVE_INFINITY), each(() => Number.NEGATIVE_INFINITY)];
  let count = 0;
  return {
    add(positions, mean, logvar) {
      count += mean.length / channels;
      const variance = logvar.map(Math.exp);
      for (let start = 0, channel = 0; start < mean.length; start += positions, channel = (channel + 1) % channels) {
        values[channel]!.add(mean, start, start + positions);
        variances[channel]!.add(variance, start, start + positions);
        let [low, high] = [min[channel] as number, max[channel] as number];
        for (let index = start; index < start + positions; index++) {
          const value = mean[index] as number;
          if (value < low) low = value;
          if (value > high) high = value;
        }
        min[channel] = low;
        max[channel] = high;
      }
    },
    moments: () => ({
      values: count,
      sums: values.map((channel) => channel.sum()),
      squares: values.map((channel) => channel.squares()),
      posteriorVariances: variances.map((channel) => channel.sum()),
      min,
      max,
    }),
  };
}

/** Moments of two sets of latents together. */
export function mergeMoments(a: LatentMoments | undefined, b: LatentMoments): LatentMoments {
  if (a === undefined) return b;
  const sum = (of: 'sums' | 'squares' | 'posteriorVariances') =>
    a[of].map((value, channel) => add(value, b[of][channel] as Dyadic));
  return {
    values: a.values + b.values,
    sums: sum('sums'),
    squares: sum('squares'),
    posteriorVariances: sum('posteriorVariances'),
    min: a.min.map((value, channel) => Math.min(value, b.min[channel] as number)),
    max: a.max.map((value, channel) => Math.max(value, b.max[channel] as number)),
  };
}

/** Rounded once, at the end: the doubles nearest to the true mean and variances. */
export function statisticsOf({ values, sums, squares, posteriorVariances, min, max }: LatentMoments): LatentStatistics {
  const count = BigInt(values);
  const variance = (sum: Dyadic, channel: number) => {
    const { mantissa, exponent } = squares[channel] as Dyadic;
    // (n Σx² - (Σx)²) / n²
    return quotient(add({ mantissa: mantissa * count, exponent }, negative(multiply(sum, sum))), count * count);
  };
  return {
    values,
    mean: sums.map((sum) => quotient(sum, count)),
    // Of sums that were rounded before, it may come out below zero.
    std: sums.map((sum, channel) => Math.sqrt(Math.max(0, variance(sum, channel)))),
    posteriorStd: posteriorVariances.map((sum) => Math.sqrt(quotient(sum, count))),
    min: [...min],
    max: [...max],
  };
}

export function storedMoments(moments: LatentMoments): StoredMoments {
  const { values, sums, squares, posteriorVariances, min, max } = moments;
  return {
    values,
    sums: sums.map(formatDyadic),
    squares: squares.map(formatDyadic),
    posteriorVariances: posteriorVariances.map(formatDyadic),
    min: [...min],
    max: [...max],
  };
}

/** Whether an index has sums without rounding; those of others are only as good as doubles. */
export const isExact = (stored: StoredMoments): boolean => 'sums' in stored;

export function parseMoments(stored: StoredMoments): LatentMoments {
  const { values, min, max } = stored;
  if ('sums' in stored) {
    return {
      values,
      sums: stored.sums.map(parseDyadic),
      squares: stored.squares.map(parseDyadic),
      posteriorVariances: stored.posteriorVariances.map(parseDyadic),
      min,
      max,
    };
  }
  const count = dyadicOf(values);
  const means = stored.mean.map(dyadicOf);
  return {
    values,
    sums: means.map((mean) => multiply(mean, count)),
    squares: means.map((mean, channel) => {
      return add(dyadicOf(stored.squaredDeviations[channel] as number), multiply(count, multiply(mean, mean)));
    }),
    posteriorVariances: stored.posteriorVariances.map(dyadicOf),
    min,
    max,
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
