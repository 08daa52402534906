/** The patch discriminator by itself; adversarial.test.ts compares one with PyTorch's. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { createDiscriminator, type DiscriminatorConfig } from '../../src/losses/adversarial/discriminator.js';
import { normalTensor, useCpu } from '../engine/compare.js';
import { expectClose } from '../golden.js';

beforeAll(() => useCpu());

const build = (changes: Partial<DiscriminatorConfig>, seed = 1) =>
  createDiscriminator({ inChannels: 3, layers: 2, width: 8, norm: 'none', ...changes }, { seed });
const shapesOf = (changes: Partial<DiscriminatorConfig>) =>
  Object.fromEntries([...build(changes).parameters].map(([name, { shape }]) => [name, shape]));

test('has the names and shapes of PyTorch’s sequential: channels double up to eightfold, norms take the place of offsets', () => {
  expect(shapesOf({ layers: 1, width: 4, norm: 'batch' })).toEqual({
    'main.0.weight': [4, 4, 3, 4],
    'main.0.bias': [4],
    'main.2.weight': [4, 4, 4, 8],
    'main.3.weight': [8],
    'main.3.bias': [8],
    'main.5.weight': [4, 4, 8, 1],
    'main.5.bias': [1],
  });
  expect(Object.keys(shapesOf({ layers: 1, norm: 'group' }))).toEqual(
    Object.keys(shapesOf({ layers: 1, norm: 'batch' })),
  );
  const plain = shapesOf({ inChannels: 1, layers: 5, width: 2 });
  const widths = [0, 2, 5, 8, 11, 14, 17].map((index) => [
    plain[`main.${index}.weight`]?.[3],
    plain[`main.${index}.bias`]?.[0],
  ]);
  expect(widths).toEqual([2, 4, 8, 16, 16, 16, 1].map((width) => [width, width]));
  expect(Object.keys(plain)).toHaveLength(14);
});

test('has LDM’s first weights: N(0, 0.02²) filters, N(1, 0.02²) scales, zero offsets, PyTorch’s for those of filters', () => {
  const { parameters } = build({ layers: 3, width: 32, norm: 'batch' });
  const moments = (name: string) => {
    const { mean, variance } = tf.moments(parameters.get(name) as tf.Variable);
    return [mean.dataSync()[0] as number, Math.sqrt(variance.dataSync()[0] as number)] as const;
  };
  const [filterMean, filterStd] = moments('main.8.weight');
  expect(Math.abs(filterMean)).toBeLessThan(1e-3);
  expect(filterStd).toBeCloseTo(0.02, 3);
  const [scaleMean, scaleStd] = moments('main.9.weight');
  expect(Math.abs(scaleMean - 1)).toBeLessThan(0.01);
  expect(scaleStd).toBeCloseTo(0.02, 2);
  expect(moments('main.9.bias')).toEqual([0, 0]);
  // U(-1/√fanIn, 1/√fanIn) of 3 · 4 · 4 numbers.
  const largest = tf.max(tf.abs(build({ layers: 1, width: 512 }).parameters.get('main.0.bias') as tf.Variable));
  expect((largest.dataSync()[0] as number) * Math.sqrt(48)).toBeCloseTo(1, 1);
});

test('is a function of its seed', () => {
  const first = (seed: number) => build({}, seed).parameters.get('main.2.weight')?.dataSync();
  expect(first(1)).toEqual(first(1));
  expect(first(1)).not.toEqual(first(2));
});

test.each([
  { layers: 1, pixels: 32, logits: 14 },
  { layers: 2, pixels: 64, logits: 14 },
  { layers: 3, pixels: 64, logits: 6 },
  { layers: 4, pixels: 64, logits: 2 },
])('of $layers layers answers $pixels px with $logits × $logits logits', ({ layers, pixels, logits }) => {
  const answer = build({ layers, norm: 'group' }).logits(tf.zeros([1, pixels, pixels, 3]));
  expect(answer.shape).toEqual([1, logits, logits, 1]);
});

test('a fifth of what is negative goes through each of its two activations', () => {
  const averages = (_name: string, shape: readonly number[]) =>
    shape.length === 1 ? tf.zeros([...shape]) : tf.fill([...shape], 1 / 16);
  const judge = createDiscriminator({ inChannels: 1, layers: 1, width: 1, norm: 'none' }, { weights: averages });
  // The second layer has two channels, which the last adds up.
  const inside = (value: number) =>
    tf.slice(judge.logits(tf.fill([1, 32, 32, 1], value)), [0, 6, 6, 0], [1, 1, 1, 1]).dataSync()[0];
  expect(inside(1)).toBeCloseTo(2, 6);
  expect(inside(-1)).toBeCloseTo(-2 * 0.2 ** 2, 6);
});

test.each(['group', 'none'] as const)('judges an image by itself under norm %s', (norm) => {
  const judge = build({ norm });
  const images = normalTensor<tf.Tensor4D>([2, 16, 20, 3], 1);
  const together = judge.logits(images);
  const alone = judge.logits(tf.slice(images, 0, 1));
  expectClose(tf.slice(together, 0, 1), alone, 1e-5);
});

test('normalises groups of eight channels each by itself', () => {
  const judge = build({ layers: 1, norm: 'group' }); // 16 channels, two groups
  const images = normalTensor<tf.Tensor4D>([1, 12, 12, 3], 2);
  const filters = judge.parameters.get('main.2.weight') as tf.Variable;
  const first = filters.clone();
  const logitsWith = (scales: (channel: number) => number) => {
    filters.assign(tf.mul(first, tf.tensor1d(Array.from({ length: 16 }, (_, channel) => scales(channel)))));
    return judge.logits(images);
  };
  const plain = logitsWith(() => 1e3);
  expectClose(
    logitsWith((channel) => (channel < 8 ? 1e4 : 1e3)),
    plain,
    1e-3,
  );
  const mixed = logitsWith((channel) => (channel < 4 ? 1e4 : 1e3));
  expect(tf.max(tf.abs(tf.sub(mixed, plain))).dataSync()[0]).toBeGreaterThan(1e-3);
});

test('refuses images too small for its layers, of other channels, and widths that groups do not divide', () => {
  const judge = build({ layers: 3 });
  const see = (height: number, width: number, channels = 3) => judge.logits(tf.zeros([2, height, width, channels]));
  expect(() => see(16, 16)).toThrow(/got 16×16 px, wanted at least 24 px/);
  expect(() => see(30, 23)).toThrow(/got 30×23 px/);
  expect(() => see(23, 30)).toThrow(/got 23×30 px/);
  expect(see(24, 24).shape).toEqual([2, 1, 1, 1]);
  expect(() => see(24, 24, 1)).toThrow('images');
  expect(() => build({ norm: 'group', width: 12 })).toThrow('got width 12 with group normalisation');
  expect(build({ norm: 'none', width: 12 }).config.width).toBe(12);
});
