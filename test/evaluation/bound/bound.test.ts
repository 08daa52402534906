import { beforeAll, describe, expect, test } from 'vitest';
import { estimateBound } from '../../../src/evaluation/bound/bound.js';
import { gaussianKlNats, logDensityNats, logLikelihoodNats } from '../../../src/evaluation/bound/gaussian.js';
import { groupedLogMeanExp, logMeanExp } from '../../../src/evaluation/bound/log-mean-exp.js';
import { useDefaultEngine } from '../../golden.js';
import { distortionKlNats, drawImages, linearGaussian, logEvidenceNats, shape, sigma } from './linear-gaussian.js';

beforeAll(useDefaultEngine);

const count = 4;
const images = drawImages(count);
const imageOf = (all: Float32Array, index: number) => all.subarray(index * 12, (index + 1) * 12);
const evidence = Array.from({ length: count }, (_, index) => logEvidenceNats(imageOf(images, index)));
const settings = { sigma, seed: 1, batch: 64 };

describe('on a linear-Gaussian model', () => {
  test('with the exact posterior every importance-weighted bound is the likelihood itself', async () => {
    const importanceSamples = [1, 10, 100];
    const { perImage } = await estimateBound(linearGaussian(), { images, shape }, { ...settings, importanceSamples });
    for (const [index, bound] of perImage.entries()) {
      for (const nats of bound.importance) expect(nats).toBeCloseTo(evidence[index]!, 3);
      expect(Math.abs(bound.gap)).toBeLessThan(0.5);
    }
  });

  test('with a wrong one the bounds rise to the likelihood and the ELBO misses it by the divergence', async () => {
    const distortion = { shift: 0.6, widening: 2 };
    const importanceSamples = [1, 10, 100, 1000, 6000];
    const model = linearGaussian(undefined, distortion);
    const { perImage, mean } = await estimateBound(model, { images, shape }, { ...settings, importanceSamples });
    for (const [index, { importance }] of perImage.entries()) {
      for (const [at, nats] of importance.slice(1).entries()) expect(nats).toBeGreaterThan(importance[at]!);
      expect(importance.at(-1)).toBeCloseTo(evidence[index]!, 1);
    }
    const divergence = distortionKlNats(distortion);
    const truth = evidence.reduce((sum, nats) => sum + nats, 0) / count;
    expect(Math.abs(truth - mean.elbo.mean - divergence)).toBeLessThan(0.06);
    expect(Math.abs(mean.gap.mean - divergence)).toBeLessThan(0.08);
    expect(mean.importance[0]!.mean).toBeCloseTo(mean.elbo.mean, 1);
    expect(mean.elbo.mean).toBeCloseTo(mean.reconstruction.mean - mean.kl.mean, 10);
  });

  test('enough draws from the prior come close to the likelihood, too few stay below', async () => {
    const estimate = (draws: number) =>
      estimateBound(linearGaussian(), { images, shape }, { ...settings, importanceSamples: [draws] });
    const [few, many] = [await estimate(4), await estimate(6000)];
    for (const [index, { prior }] of many.perImage.entries()) {
      expect(Math.abs(prior - evidence[index]!)).toBeLessThan(0.3);
    }
    const truth = evidence.reduce((sum, nats) => sum + nats, 0) / count;
    expect(few.mean.prior.mean).toBeLessThan(truth - 0.3);
  });

  test('a prior for each class takes the place of the standard one', async () => {
    const classes = Int32Array.of(0, 1, 1, 0);
    const means = [-2, 1.5];
    const classed = drawImages(count, means, classes);
    const bounded = { images: classed, shape, classes };
    const importanceSamples = [1, 3000];
    const { perImage } = await estimateBound(linearGaussian(means), bounded, { ...settings, importanceSamples });
    for (const [index, { importance, prior }] of perImage.entries()) {
      const truth = logEvidenceNats(imageOf(classed, index), means[classes[index]!]);
      for (const nats of importance) expect(nats).toBeCloseTo(truth, 3);
      expect(Math.abs(prior - truth)).toBeLessThan(0.5);
    }
  });

  test('the size of a batch changes nothing, the seed does', async () => {
    const model = linearGaussian(undefined, { shift: 0.6, widening: 2 });
    const run = (changes: object) =>
      estimateBound(model, { images, shape }, { ...settings, importanceSamples: [10], ...changes });
    const [first, smaller, other] = [await run({}), await run({ batch: 3 }), await run({ seed: 2 })];
    expect(smaller.mean.importance[0]!.mean).toBeCloseTo(first.mean.importance[0]!.mean, 4);
    expect(Math.abs(other.mean.importance[0]!.mean - first.mean.importance[0]!.mean)).toBeGreaterThan(1e-3);
  });
});

test('a model without a variance is refused', async () => {
  const exact = linearGaussian();
  const point = {
    ...exact,
    encode: (x: Parameters<typeof exact.encode>[0]) => ({ ...exact.encode(x), isDeterministic: true }),
  };
  const estimate = estimateBound(point, { images, shape }, { ...settings, importanceSamples: [1] });
  await expect(estimate).rejects.toThrow(/no variance/);
});

test('logMeanExp neither overflows nor underflows, and groups are averaged', () => {
  const values = Float64Array.of(-10_000, -10_000 + Math.log(3), 800, 800 + Math.log(5));
  expect(logMeanExp(values, 0, 2)).toBeCloseTo(-10_000 + Math.log(2), 9);
  expect(logMeanExp(values, 2, 4)).toBeCloseTo(800 + Math.log(3), 9);
  expect(groupedLogMeanExp(values, 2)).toBeCloseTo((-9200 + Math.log(6)) / 2, 9);
  expect(groupedLogMeanExp(values, 3)).toBeCloseTo(800 - Math.log(3), 9);
  expect(logMeanExp(Float64Array.of(Number.NEGATIVE_INFINITY))).toBe(Number.NEGATIVE_INFINITY);
});

test('the densities are those of the textbook', () => {
  expect(logLikelihoodNats(3, 2, 0.5)).toBeCloseTo(-Math.log(2 * Math.PI * 0.25) - 6, 12);
  const wide = { mean: Float32Array.of(1, -2), logvar: Float32Array.of(Math.log(4), 0) };
  expect(logDensityNats(Float32Array.of(3, -2), wide)).toBeCloseTo(-Math.log(2 * Math.PI) - Math.log(2) - 0.5, 6);
  const standard = { mean: new Float32Array(2), logvar: new Float32Array(2) };
  expect(gaussianKlNats(wide, wide)).toBe(0);
  // ½ (m² + v - 1 - log v) on each axis.
  expect(gaussianKlNats(wide, standard)).toBeCloseTo(0.5 * (1 + 4 - 1 - Math.log(4)) + 0.5 * 4, 6);
});
