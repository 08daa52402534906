import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { objectives, type RegularizersConfig, regularizersSchema } from '../../../src/config/config.js';
import { createObjective, objectiveValue } from '../../../src/losses/objective.js';
import { equivariance, scaleEquivariance } from '../../../src/losses/regularizers/equivariance.js';
import { drawCorruption } from '../../../src/losses/regularizers/latent-corruption.js';
import { halved, turned, turnedInThirds } from '../../../src/losses/regularizers/transformations.js';
import { normals } from '../../../src/random.js';
import { useCpu } from '../../engine/compare.js';
import { expectClose, expectNumber } from '../../golden.js';

beforeAll(() => useCpu());

const draws = (shape: [number, number, number, number], name: string) =>
  tf.tensor4d(normals(tf.util.sizeFromShape(shape), name), shape);

/** Every position of a latent becomes a square of 2×2 px of its first three channels: it turns as the picture does. */
const squares = (latents: tf.Tensor4D): tf.Tensor4D => {
  const [batch, height, width] = latents.shape;
  const colours = tf.slice(latents, [0, 0, 0, 0], [batch, height, width, 3]);
  const apart = tf.tile(tf.reshape(colours, [batch, height, 1, width, 1, 3]), [1, 1, 2, 1, 2, 1]);
  return tf.reshape(apart, [batch, 2 * height, 2 * width, 3]);
};

/** One that does not: what is right of a position counts too. */
const shifted = (latents: tf.Tensor4D): tf.Tensor4D => {
  const [batch, height, width, channels] = latents.shape;
  const right = tf.slice(
    tf.pad(latents, [
      [0, 0],
      [0, 0],
      [0, 1],
      [0, 0],
    ]),
    [0, 0, 1, 0],
    [batch, height, width, channels],
  ); // prettier-ignore
  return tf.tanh(squares(tf.add(latents, tf.mul(right, 0.5))));
};

/** Central differences of a function of a tensor, as many as it has elements. */
function slopes(value: (x: tf.Tensor4D) => tf.Scalar, at: tf.Tensor4D, step = 1e-2): tf.Tensor {
  const values = at.dataSync();
  const moved = (index: number, by: number) => {
    const copy = Float32Array.from(values);
    copy[index] = (copy[index] as number) + by;
    return value(tf.tensor4d(copy, at.shape)).dataSync()[0] as number;
  };
  const gradients = Float32Array.from(values, (_, index) => (moved(index, step) - moved(index, -step)) / (2 * step));
  return tf.tensor(gradients, at.shape);
}

describe('transformations', () => {
  const grid = tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]);
  test('quarter turns are those of numpy.rot90', () => {
    for (const whole of [0, 4, -4]) expect([...turned(grid, whole).dataSync()]).toEqual([1, 2, 3, 4]);
    for (const one of [1, 5, -3]) expect([...turned(grid, one).dataSync()]).toEqual([2, 4, 1, 3]);
    expect([...turned(grid, 2).dataSync()]).toEqual([4, 3, 2, 1]);
    expect([...turned(grid, 3).dataSync()]).toEqual([3, 1, 4, 2]);
    expectClose(turned(turned(draws([2, 4, 4, 3], 'turn'), 1), 3), draws([2, 4, 4, 3], 'turn'), 0);
  });

  test('half the size is the mean of four', () => expect([...halved(grid).dataSync()]).toEqual([2.5]));

  test('a batch is turned in thirds, however small', () => {
    const batch = draws([4, 2, 2, 1], 'thirds');
    const image = (index: number) => tf.slice(batch, [index, 0, 0, 0], [1, 2, 2, 1]) as tf.Tensor4D;
    expectClose(
      turnedInThirds(batch),
      tf.concat([turned(image(0), 1), turned(image(1), 2), turned(image(2), 3), turned(image(3), 3)], 0),
      0,
    );
    for (const count of [1, 2]) expect(turnedInThirds(draws([count, 2, 2, 1], 'few')).shape[0]).toBe(count);
  });
});

describe('equivariance', () => {
  const latents = draws([3, 4, 4, 3], 'latents');

  test('a decoder that turns with its latents has no error, but for what halving loses', () => {
    const input = { images: squares(latents), latents, decode: squares };
    expectNumber(
      tf.mean(tf.squaredDifference(turnedInThirds(input.images), squares(turnedInThirds(latents)))),
      0,
      1e-9,
    );
    // 2×2 px of the halved picture are the mean of 4×4, but those of the halved picture are of one position each.
    const lost = tf.mean(tf.squaredDifference(halved(input.images), squares(halved(latents))));
    expectNumber(scaleEquivariance(input, 'mse'), lost.dataSync()[0] as number, 1e-6);
    expectNumber(equivariance(input, 'mse'), (lost.dataSync()[0] as number) / 2, 1e-6);
  });

  test('has the gradient of its central differences', () => {
    const images = draws([3, 8, 8, 3], 'images');
    for (const term of [equivariance, scaleEquivariance]) {
      const value = (z: tf.Tensor4D) => term({ images, latents: z, decode: shifted }, 'mse');
      expectClose(tf.grad(value as (x: tf.Tensor) => tf.Tensor)(latents), slopes(value, latents), 2e-3);
    }
  });
});

describe('as terms of an objective', () => {
  const images = draws([2, 8, 8, 3], 'pictures');
  const latents = draws([2, 4, 4, 3], 'z');
  const posterior = { mean: latents, logvar: draws([2, 4, 4, 3], 'logvar') };
  const lastLayer = tf.variable(tf.zeros([1]));
  const objectiveOf = (regularizers: RegularizersConfig | null, changes: { logvar?: tf.Tensor4D } = {}) =>
    objectiveValue(createObjective({ ...objectives.mse, klWeight: 0, regularizers }), {
      images,
      reconstructions: squares(latents),
      posterior: { ...posterior, ...changes },
      latents,
      decode: squares,
      lastLayer,
      step: 1,
    });
  const regularizers = (changes: Partial<RegularizersConfig>) => regularizersSchema.parse(changes);

  test('each is off unless asked for', () => {
    const { total, terms } = objectiveOf(null);
    expect(Object.keys(terms)).toEqual(['mse', 'kl']);
    expectNumber(objectiveOf(regularizers({ latentNoise: 3 })).total, total.dataSync()[0] as number, 0);
  });

  test('a weight of 1 counts an error per element as much as that of reconstructions', () => {
    const plain = objectiveOf(null).total.dataSync()[0] as number;
    const { total, terms } = objectiveOf(regularizers({ equivarianceWeight: 0.5, scaleEquivarianceWeight: 1 }));
    const [both, scale] = [terms.equivariance, terms.scaleEquivariance].map((term) => term?.dataSync()[0] as number);
    expectNumber(total, plain + 0.5 * (both as number) + (scale as number), 1e-5);
  });

  test('those of equivariance need latents and a decoder', () => {
    const config = {
      ...objectives.mse,
      regularizers: regularizers({ equivarianceWeight: 1, varianceExpansionWeight: 0.5 }),
    };
    const input = { images, reconstructions: squares(latents), posterior, lastLayer, step: 1 };
    for (const more of [{}, { latents }, { decode: squares }]) {
      const { terms } = objectiveValue(createObjective(config), { ...input, ...more });
      expect(Object.keys(terms)).toEqual(['mse', 'kl', 'inverseVariance']);
    }
  });

  test('variance expansion is 1 / (σ² + 0.01), with its gradient', () => {
    const weight = 192 / 48; // an image's elements over a latent's: the mean over the latent
    const total = (logvar: tf.Tensor) =>
      objectiveOf(regularizers({ varianceExpansionWeight: weight }), { logvar: logvar as tf.Tensor4D }).total;
    const plain = objectiveOf(null).total.dataSync()[0] as number;
    const inverse = tf.div(1, tf.add(tf.exp(posterior.logvar), 0.01));
    expectNumber(total(posterior.logvar), plain + (tf.mean(inverse).dataSync()[0] as number), 1e-4);
    const slope = tf.div(tf.neg(tf.mul(tf.exp(posterior.logvar), tf.square(inverse))), 2 * 48);
    expectClose(tf.grad(total)(posterior.logvar), slope, 1e-4);
  });
});

describe('what the decoder sees', () => {
  const drawn = (changes: Partial<RegularizersConfig>, count = 200) =>
    drawCorruption(count, [2, 2, 4], regularizersSchema.parse(changes), 3, 7);

  test('is a function of seed and step', () => {
    const all = { latentNoise: 1, latentMask: 0.5, channelPrefixShare: 0.5 };
    expect(drawn(all)).toEqual(drawn(all));
    expect(drawn(all)).not.toEqual(drawCorruption(200, [2, 2, 4], regularizersSchema.parse(all), 3, 8));
  });

  test('noise takes the place of the latent: (1 - τ) z + τ γ ε', () => {
    const { scale, added } = drawn({ latentNoise: 3 });
    const levels = Array.from({ length: 200 }, (_, image) => 1 - (scale[16 * image] as number));
    expect(
      levels.every((level, image) => scale.subarray(16 * image, 16 * image + 16).every((s) => 1 - s === level)),
    ).toBe(true); // prettier-ignore
    expect(levels.reduce((sum, level) => sum + level, 0) / 200).toBeCloseTo(0.5, 1);
    const noise = added.map((value, at) => value / (1 - (scale[at] as number)));
    const variance = noise.reduce((sum, value) => sum + value ** 2, 0) / noise.length;
    expect(Math.sqrt(variance)).toBeCloseTo(3, 0.5);
  });

  test('masks hide whole positions, a tenth over its half of them', () => {
    const { scale, added } = drawn({ latentMask: 0.7 }, 2000);
    expect(added.every((value) => value === 0)).toBe(true);
    const positions = Array.from({ length: 8000 }, (_, at) => scale.subarray(4 * at, 4 * at + 4));
    expect(positions.every((channels) => channels.every((value) => value === channels[0]))).toBe(true);
    // E[max(0, U(-0.1, 0.7))] = 0.7² / (2 · 0.8)
    const hidden = positions.filter(([first]) => first === 0).length / positions.length;
    expect(hidden).toBeCloseTo(0.49 / 1.6, 1);
  });

  test('prefixes keep the first channels of their share of the images', () => {
    const { scale } = drawn({ channelPrefixShare: 0.5 }, 2000);
    const kept = Array.from({ length: 2000 }, (_, image) => {
      const channels = [...scale.subarray(16 * image, 16 * image + 4)];
      expect(channels).toEqual([...channels].sort((a, b) => b - a));
      return channels.reduce((sum, value) => sum + value, 0);
    });
    // Of 1 to 4 channels each as often, beside the half that is whole.
    expect(kept.filter((count) => count === 4).length / 2000).toBeCloseTo(0.625, 1);
    expect(Math.min(...kept)).toBe(1);
  });
});
