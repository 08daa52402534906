/** What a latent space is like, in numbers. */
import type { EncodedImages } from '../model-passes.js';

/** What a latent space is like, in numbers. */
export interface LatentSpaceStatistics {
  /** Numbers of a latent. */
  readonly floats: number;
  /** How many of them carry something: their posterior means vary over images by more than 0.01. */
  readonly activeFloats: number;
  /** Mean over images of KL(q(z|x) || N(0, I)) in nats; null where the posterior is a point. */
  readonly klNats: number | null;
  /** Root mean square of the posterior means: 1 or less under a full KL term, anything without one. */
  readonly meanSize: number;
  /** Of the nearest neighbours of every image in the whole latent, how many are of its class; null for a single class. */
  readonly neighboursOfClass: number | null;
  /** The same for neighbours drawn at random. */
  readonly neighboursByChance: number | null;
}

/** Burda et al., arXiv 1509.00519, section 5.2: a unit is active if the variance of its mean over images exceeds this. */
const activeVariance = 0.01;
const neighbours = 5;

/** @param classes of each image, by number */
export function latentStatistics(
  { mean, logvar, isDeterministic }: EncodedImages,
  classes: readonly number[],
): LatentSpaceStatistics {
  const count = classes.length;
  const floats = mean.length / count;
  const several = new Set(classes).size > 1 && count > neighbours;
  return {
    floats,
    activeFloats: activeFloats(mean, floats),
    klNats: isDeterministic ? null : klToStandardNats(mean, logvar) / count,
    meanSize: Math.sqrt(mean.reduce((sum, value) => sum + value ** 2, 0) / mean.length),
    neighboursOfClass: several ? neighbourAgreement(mean, floats, classes) : null,
    neighboursByChance: several ? chanceAgreement(classes) : null,
  };
}

function activeFloats(mean: Float32Array, floats: number): number {
  const count = mean.length / floats;
  let active = 0;
  for (let at = 0; at < floats; at++) {
    let [sum, squares] = [0, 0];
    for (let row = 0; row < count; row++) {
      sum += mean[row * floats + at]!;
      squares += mean[row * floats + at]! ** 2;
    }
    if (squares / count - (sum / count) ** 2 > activeVariance) active++;
  }
  return active;
}

/** ½ Σ (μ² + σ² - 1 - log σ²) (Kingma & Welling, arXiv 1312.6114, appendix B). */
function klToStandardNats(mean: Float32Array, logvar: Float32Array): number {
  return 0.5 * mean.reduce((sum, value, at) => sum + value ** 2 + Math.exp(logvar[at]!) - 1 - logvar[at]!, 0);
}

function neighbourAgreement(mean: Float32Array, floats: number, classes: readonly number[]): number {
  const distance = (a: number, b: number) => {
    let sum = 0;
    for (let at = 0; at < floats; at++) sum += (mean[a * floats + at]! - mean[b * floats + at]!) ** 2;
    return sum;
  };
  let agreeing = 0;
  for (const [image, own] of classes.entries()) {
    const others = classes.map((label, other) => ({
      label,
      distance: other === image ? Infinity : distance(image, other),
    }));
    const nearest = others.sort((a, b) => a.distance - b.distance).slice(0, neighbours);
    agreeing += nearest.filter(({ label }) => label === own).length;
  }
  return agreeing / (neighbours * classes.length);
}

function chanceAgreement(classes: readonly number[]): number {
  const sizes = new Map<number, number>();
  for (const label of classes) sizes.set(label, (sizes.get(label) ?? 0) + 1);
  const pairs = [...sizes.values()].reduce((sum, size) => sum + size * (size - 1), 0);
  return pairs / (classes.length * (classes.length - 1));
}
