/** What is made of networks' features, by a network whose features are the picture itself. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  frechetOf,
  joinFeatures,
  measureFeatures,
  openFeatureNetworks,
  pooledFeatures,
} from '../../../src/evaluation/measures/features/feature-distances.js';
import type { PerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { builtinWeightsPath } from '../../../src/losses/perceptual/weight-files.js';
import { useCpu } from '../../engine/compare.js';

beforeAll(useCpu);

const seen: number[][] = [];
const network = {
  distances: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.mean(tf.sub(a, b), [1, 2, 3]),
  features: (images: tf.Tensor4D) => {
    seen.push(images.shape);
    return [tf.zeros([1, 1, 1, 1]), images];
  },
} as unknown as PerceptualLoss;
const both = { perceptual: network, builtin: network, absence: null };

/** Of 2×1 px, a colour and black. */
const picture = (...colour: number[]) => ({ pixels: Uint8Array.from([...colour, 0, 0, 0]), width: 2, height: 1 });
const originals = [picture(0, 51, 255), picture(255, 0, 0), picture(0, 0, 102)];
const restored = [picture(0, 0, 0), picture(255, 255, 255), picture(0, 0, 0)];
const close = (values: readonly number[]) => values.map((value) => expect.closeTo(value, 5));
/** Means of the two pixels, in [-1, 1]. */
const pooledOriginals = [-1, -0.8, 0, 0, -1, -1, -1, -1, -0.6];
const pooledRestored = [-1, -1, -1, 0, 0, 0, -1, -1, -1];
const distances = [1.2 / 3, -2 / 3, 0.4 / 3];

describe('features', () => {
  test('are the means of the coarsest layer, of batches of one size, and distances one for each picture', async () => {
    seen.splice(0);
    const before = tf.memory().numTensors;
    const { perceptualDistance, pooled } = await measureFeatures(both, originals, restored, 2);
    expect(perceptualDistance).toEqual(close(distances));
    expect(pooled?.originals.features).toBe(3);
    expect([...(pooled?.originals.values ?? [])]).toEqual(close(pooledOriginals));
    expect([...(pooled?.reconstructions.values ?? [])]).toEqual(close(pooledRestored));
    expect(seen).toEqual(Array(4).fill([2, 1, 2, 3]));
    const rows = await pooledFeatures(network, originals, 2);
    expect(rows.features).toBe(3);
    expect([...rows.values]).toEqual(close(pooledOriginals));
    expect(seen.slice(4)).toEqual(Array(2).fill([2, 1, 2, 3]));
    expect(tf.memory().numTensors).toBe(before);
  });

  test('are of as many pictures at once as a batch may have pixels', async () => {
    seen.splice(0);
    const large = { pixels: new Uint8Array(3 * 1024 ** 2).fill(255), width: 1024, height: 1024 };
    const { values } = await pooledFeatures(network, [large, large], 2);
    expect([...values]).toEqual(close([1, 1, 1, 1, 1, 1]));
    await measureFeatures({ ...both, perceptual: null }, [large], [large], 2);
    expect(seen).toEqual(Array(4).fill([1, 1024, 1024, 3]));
    seen.splice(0);
    await measureFeatures(both, originals, restored, 3);
    expect(seen).toEqual(Array(2).fill([3, 1, 2, 3]));
  });

  test('are of the networks that there are', async () => {
    const alone = (changes: object) => measureFeatures({ ...both, ...changes }, originals, restored, 4);
    expect(await alone({ builtin: null })).toEqual({ perceptualDistance: close(distances) });
    expect(Object.keys(await alone({ perceptual: null }))).toEqual(['pooled']);
    expect(await alone({ builtin: null, perceptual: null })).toEqual({});
  });

  test('of several calls are joined in their order', async () => {
    const parts = await Promise.all(
      [0, 1].map((at) => measureFeatures(both, originals.slice(at, 2 * at + 1), restored.slice(at, 2 * at + 1), 4)),
    );
    const { perceptualDistance, pooled } = joinFeatures(parts);
    expect(perceptualDistance).toEqual(close(distances));
    expect([...(pooled?.originals.values ?? [])]).toEqual(close(pooledOriginals));
    expect([...(pooled?.reconstructions.values ?? [])]).toEqual(close(pooledRestored));
    expect([pooled?.originals.features, pooled?.reconstructions.features]).toEqual([3, 3]);
    expect(joinFeatures([{}, {}])).toEqual({});
    const single = await measureFeatures(both, originals.slice(0, 1), restored.slice(0, 1), 4);
    expect(joinFeatures([single])).toEqual(single);
  });

  test('of two pictures have a Fréchet distance, of one have none', () => {
    const rows = (...values: number[]) => ({ values: Float64Array.from(values), features: 2 });
    const distance = (originals: number[], reconstructions: number[]) =>
      frechetOf(
        { pooled: { originals: rows(...originals), reconstructions: rows(...reconstructions) } },
        { confidence: 0.95, seed: 1 },
      );
    expect(distance([0, 0], [1, 1])).toBeUndefined();
    expect(frechetOf({}, { confidence: 0.95, seed: 1 })).toBeUndefined();
    // Variances 2 and 8 along one axis, means 3 apart along the other: (√8 - √2)² + 9.
    expect(distance([-1, 0, 1, 0], [-2, 3, 2, 3])?.mean).toBeCloseTo(11, 6);
  });
});

test('networks are there for pictures of 32 px and more, where their weights are', async () => {
  const small = await openFeatureNetworks('builtin', 31);
  expect(small).toEqual({ perceptual: null, builtin: null, absence: expect.stringContaining('pictures of 32 px') });
  const found = await openFeatureNetworks('builtin', 32);
  expect([found.builtin?.kind, found.absence]).toEqual(['builtin', null]);
  expect(found.perceptual).toBe(found.builtin);
  expect(await openFeatureNetworks('builtin', 32, '/nowhere')).toEqual({
    perceptual: null,
    builtin: null,
    absence: 'Perceptual and Fréchet distances are left out: there is no /nowhere.',
  });
  await expect(openFeatureNetworks('lpips-vgg', 32, builtinWeightsPath.replace('photo', 'no'))).rejects.toThrow(
    'lpips-vgg needs',
  );
});
