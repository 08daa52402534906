/** What one change is worth: the child's figure minus the parent's, on the same images and with the same seeds. */
import { randomStream } from '../../random.js';
import { type BootstrapOptions, type Interval, quantile } from '../measures/bootstrap.js';

/** One value per image, for each seed: `values[seed][image]`. */
export type FiguresBySeed = readonly (readonly number[])[];

export interface CrossedInterval extends Interval {
  readonly seeds: number;
}

/**
 * The mean over images and seeds with an interval over both: each resample draws seeds and images anew, independently and
 * with replacement, and averages over all pairs of them (the pigeonhole bootstrap of Owen, arXiv 0712.1111, which never
 * understates the variance of crossed draws by much; three seeds are few, and their share of it comes out a third too small).
 * One seed leaves the plain bootstrap over images. Images with a value that is not finite are left out.
 */
export function crossedInterval(values: FiguresBySeed, options: BootstrapOptions): CrossedInterval {
  const seeds = values.length;
  const images = Array.from(values[0]?.keys() ?? []).filter((image) => {
    return values.every((figures) => Number.isFinite(figures[image]));
  });
  const count = images.length;
  if (count === 0) return { mean: Number.NaN, low: Number.NaN, high: Number.NaN, count, seeds };
  const bySeed = values.map((figures) => Float64Array.from(images, (image) => figures[image]!));
  const random = randomStream('crossed bootstrap', options.seed, count, seeds);
  const means = Float64Array.from({ length: options.resamples }, () => {
    const drawn = Array.from({ length: seeds }, () => bySeed[seeds === 1 ? 0 : random.integer(seeds)]!);
    let sum = 0;
    for (let draw = 0; draw < count; draw++) {
      const image = random.integer(count);
      for (const figures of drawn) sum += figures[image]!;
    }
    return sum / (count * seeds);
  }).sort();
  const tail = (1 - options.confidence) / 2;
  const mean = bySeed.reduce((sum, figures) => sum + figures.reduce((part, value) => part + value, 0), 0);
  return {
    mean: mean / (count * seeds),
    low: quantile(means, tail),
    high: quantile(means, 1 - tail),
    count,
    seeds,
  };
}

/** Child minus parent, image by image and seed by seed; of seeds that only one of the two has, nothing is used. */
export function pairedDifference(
  child: FiguresBySeed,
  parent: FiguresBySeed,
  options: BootstrapOptions,
): CrossedInterval {
  const seeds = Math.min(child.length, parent.length);
  const differences = Array.from({ length: seeds }, (_, seed) =>
    child[seed]!.map((value, image) => value - parent[seed]![image]!),
  );
  return crossedInterval(differences, options);
}
