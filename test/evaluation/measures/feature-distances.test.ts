import * as tf from '@tensorflow/tfjs-core';
import { Matrix } from 'ml-matrix';
import { beforeAll, describe, expect, test } from 'vitest';
import { compareModels } from '../../../src/evaluation/compare.js';
import {
  type FeatureMeasurement,
  type FeatureNetworks,
  frechetOf,
  joinFeatures,
  measureFeatures,
  openFeatureNetworks,
} from '../../../src/evaluation/measures/features/feature-distances.js';
import { frechetDistance, momentsOf, rooted } from '../../../src/evaluation/measures/features/frechet.js';
import { createPerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { normals } from '../../../src/random.js';
import { reportCsv } from '../../../src/report/csv.js';
import { formatTable } from '../../../src/report/table.js';
import { useDefaultEngine } from '../../golden.js';
import { blurred, deadLeaves, modelFacts, protocol } from '../pictures.js';

let networks: FeatureNetworks;
const originals = Array.from({ length: 7 }, (_, seed) => deadLeaves(seed, 32));
const soften = (sigma: number) => Promise.all(originals.map((original) => blurred(original, sigma)));

beforeAll(async () => {
  await useDefaultEngine();
  // Weights of the right shapes, drawn at random: what is tested is how they are used.
  const builtin = createPerceptualLoss('builtin', (name, shape) => {
    const size = tf.util.sizeFromShape([...shape]);
    const spread = shape.length === 1 ? 0.1 : Math.sqrt((2 * (shape.at(-1) as number)) / size);
    return tf.tensor(
      normals(size, 'weights', name).map((value) => spread * value),
      [...shape],
    );
  });
  networks = { perceptual: builtin, builtin, absence: null };
});

describe('features of pictures', () => {
  test('equal pictures are at distance zero, blurrier ones farther away', async () => {
    const same = await measureFeatures(networks, originals, originals, 4);
    expect(same.perceptualDistance).toHaveLength(7);
    for (const distance of same.perceptualDistance!) expect(distance).toBeLessThan(1e-6);
    const [little, much] = await Promise.all([0.6, 2].map(async (sigma) => soften(sigma)));
    const [near, far] = [
      await measureFeatures(networks, originals, little!, 4),
      await measureFeatures(networks, originals, much!, 4),
    ];
    for (const [index, distance] of near.perceptualDistance!.entries()) {
      expect(distance).toBeGreaterThan(1e-4);
      expect(far.perceptualDistance![index]).toBeGreaterThan(distance);
    }
    const frechet = ({ pooled }: FeatureMeasurement) =>
      frechetDistance(rooted(momentsOf(pooled!.originals)), momentsOf(pooled!.reconstructions));
    expect(frechet(same)).toBeLessThan(1e-4);
    expect(frechet(far)).toBeGreaterThan(frechet(near));
  }, 120_000);

  test('neither the size of a batch nor the number of calls changes a figure', async () => {
    const softened = await soften(1);
    const whole = await measureFeatures(networks, originals, softened, 7);
    const parts = joinFeatures([
      await measureFeatures(networks, originals.slice(0, 4), softened.slice(0, 4), 4),
      await measureFeatures(networks, originals.slice(4), softened.slice(4), 4),
    ]);
    expect(parts.pooled!.originals.features).toBe(128);
    const close = (actual: ArrayLike<number>, wanted: ArrayLike<number>) => {
      expect(actual.length).toBe(wanted.length);
      for (const [at, value] of Array.from(wanted).entries()) expect(actual[at]).toBeCloseTo(value, 4);
    };
    close(parts.perceptualDistance!, whole.perceptualDistance!);
    close(parts.pooled!.reconstructions.values, whole.pooled!.reconstructions.values);
  }, 120_000);

  test('one picture has no Fréchet distance', async () => {
    const one = await measureFeatures(networks, originals.slice(0, 1), originals.slice(1, 2), 4);
    expect(frechetOf(one, { confidence: 0.95, seed: 1 })).toBeUndefined();
  });
});

test('missing weights and small pictures leave the distances out with a sentence', async () => {
  const missing = await openFeatureNetworks('builtin', 64, '/nowhere/photo-features.safetensors');
  expect(missing).toMatchObject({ perceptual: null, builtin: null });
  expect(missing.absence).toMatch(/^Perceptual and Fréchet distances are left out: there is no \/nowhere/);
  expect((await openFeatureNetworks('builtin', 16)).absence).toMatch(/32 px/);
  expect(await measureFeatures(missing, originals, originals, 4)).toEqual({});
});

describe('a comparison', () => {
  const distances = originals.map((_, index) => index / 10);
  const frechet = { mean: 4, low: 3, high: 5, count: 7 };
  const compared = (withFeatures: boolean) =>
    compareModels({
      originals,
      names: originals.map((_, index) => `${index}.png`),
      models: [
        {
          ...modelFacts('a', [4], 1),
          reconstructions: originals,
          ...(withFeatures && { features: { perceptualDistance: distances, frechetDistance: frechet } }),
        },
      ],
      protocol: withFeatures ? protocol : { ...protocol, absence: 'Something is left out.' },
    });

  test('carries the distances to table and CSV, the perceptual one with an interval over images', () => {
    const comparison = compared(true);
    const { summary, perImage } = comparison.data.models[0]!;
    expect(summary.perceptualDistance!.mean).toBeCloseTo(0.3, 12);
    expect(summary.perceptualDistance!.low).toBeLessThan(0.3);
    expect(summary.frechetDistance).toEqual(frechet);
    expect(perImage.perceptualDistance).toEqual(distances);
    expect(formatTable(comparison)).toMatch(
      /Perceptual distance.*Fréchet distance[\s\S]*0\.300 \(.*4\.00 \(3\.00 – 5\.00\)/,
    );
    const [header, mean, , , first] = reportCsv(comparison.data).split('\n');
    const column = (name: string) => header!.split(',').indexOf(name);
    expect(mean!.split(',')[column('frechetDistance')]).toBe('4');
    expect(first!.split(',')[column('frechetDistance')]).toBe('');
    expect(first!.split(',')[column('perceptualDistance')]).toBe('0');
  });

  test('without them says so and has neither column', () => {
    const comparison = compared(false);
    expect(comparison.data.models[0]!.summary).not.toHaveProperty('perceptualDistance');
    const table = formatTable(comparison);
    expect(table).not.toMatch(/Perceptual|Fréchet/);
    expect(table).toMatch(/Something is left out\.$/);
  });
});

test('pooled features become the Gaussians of the distance', async () => {
  const rows = (shift: number) => ({ values: normals(200, 'rows').map((value) => value + shift), features: 2 });
  const interval = frechetOf(
    { pooled: { originals: rows(0), reconstructions: rows(3) } },
    { confidence: 0.9, seed: 1 },
  );
  expect(interval!.mean).toBeCloseTo(18, 4);
  const identity = { mean: Float64Array.of(0, 0), covariance: Matrix.eye(2) };
  expect(frechetDistance(rooted(identity), { ...identity, mean: Float64Array.of(3, 3) })).toBeCloseTo(18, 12);
});
