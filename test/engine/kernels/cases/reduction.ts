/** Sums, means and extremes over axes, and matrix products. */
import * as tf from '@tensorflow/tfjs-core';
import { type Case, image } from './case.js';

const { sum, mean, max, min } = tf;
const reducing = { sum, mean, max, min };

const reductionAxes: (number | number[] | undefined)[] = [undefined, 0, -1, [1, 2], [1, 2, 3], [0, 3]];
const reductions: Case[] = Object.entries(reducing).flatMap(([name, op]) =>
  reductionAxes.flatMap((axis) =>
    [false, true].map((keepDims) => ({
      name: `${name} axis ${axis} keepDims ${keepDims}`,
      shapes: [image],
      run: (x: tf.Tensor | undefined) => op(x!, axis, keepDims),
    })),
  ),
);

const products: Case[] = [false, true].flatMap((transposeA) =>
  [false, true].map((transposeB) => ({
    name: `matMul ${transposeA} ${transposeB}`,
    shapes: [transposeA ? [2, 4, 3] : [2, 3, 4], transposeB ? [2, 5, 4] : [2, 4, 5]],
    run: (a: tf.Tensor | undefined, b: tf.Tensor | undefined) => tf.matMul(a!, b!, transposeA, transposeB),
  })),
);

export const reductionCases: readonly Case[] = [...reductions, ...products];
