import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import { asRgb, luma, ofVisibleColours } from '../../../src/losses/perceptual/colours.js';
import type { PerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { useCpu } from '../../engine/compare.js';
import { expectClose } from '../../golden.js';

beforeAll(() => useCpu());

const pixels = (channels: number, ...values: number[]) =>
  tf.tensor4d(values, [1, 1, values.length / channels, channels]);

/** Whole, half and not at all there. */
const transparent = () => pixels(4, 0.2, -0.4, 0.6, 1, 0.2, -0.4, 0.6, 0, 0.2, -0.4, 0.6, -1);
const onWhite = () => pixels(3, 0.2, -0.4, 0.6, 0.6, 0.3, 0.8, 1, 1, 1);

test('grey becomes as much of each colour, alpha is laid on white, colours stay', () => {
  expectClose(asRgb(pixels(1, 0.25, -1)), pixels(3, 0.25, 0.25, 0.25, -1, -1, -1), 0);
  expectClose(asRgb(transparent()), onWhite(), 1e-6);
  const colours = onWhite();
  expect(asRgb(colours)).toBe(colours);
});

test('luma weighs what is seen as ITU-R BT.601 does, and grey is its own', () => {
  const of = (red: number, green: number, blue: number) => 0.299 * red + 0.587 * green + 0.114 * blue;
  expectClose(luma(transparent()), pixels(1, of(0.2, -0.4, 0.6), of(0.6, 0.3, 0.8), 1), 1e-6);
  const grey = pixels(1, 0.1);
  expect(luma(grey)).toBe(grey);
});

test('a loss sees both sides as a person does', () => {
  const difference = (a: tf.Tensor4D, b: tf.Tensor4D) => tf.sum(tf.sub(a, b), [1, 2, 3]) as tf.Tensor1D;
  const loss = { distances: difference, layerDistances: (a, b) => [difference(a, b)] } as PerceptualLoss;
  const [seen, plain] = [ofVisibleColours(loss), pixels(3, ...Array(9).fill(0.1))];
  const wanted = tf.tensor1d([0.4 + 1.7 + 3 - 0.9]);
  expectClose(seen.distances(transparent(), plain), wanted, 1e-6);
  expectClose(seen.distances(plain, transparent()), tf.neg(wanted), 1e-6);
  expectClose(seen.layerDistances(transparent(), plain)[0] as tf.Tensor, wanted, 1e-6);
  expectClose(seen.layerDistances(plain, transparent())[0] as tf.Tensor, tf.neg(wanted), 1e-6);
});
