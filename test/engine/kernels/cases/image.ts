/** Convolutions, pools, resizing and batch normalisation. */
import * as tf from '@tensorflow/tfjs-core';
import { as4, type Case, image, positive } from './case.js';

const convolutions: Case[] = [
  ...(
    [
      ['same', 1],
      ['same', 2],
      ['valid', 1],
      ['valid', 2],
      [1, 1],
      [1, 2],
    ] as const
  ).flatMap(([pad, stride]) =>
    [1, 3, 4]
      .filter((size) => typeof pad === 'string' || size > 1)
      .map((size) => ({
        name: `conv2d ${size}×${size} stride ${stride} pad ${pad}`,
        shapes: [
          [2, 7, 9, 3],
          [size, size, 3, 5],
        ],
        run: (x: tf.Tensor | undefined, w: tf.Tensor | undefined) =>
          tf.conv2d(as4(x!), as4(w!), stride, pad, 'NHWC', 1, pad === 1 ? 'floor' : undefined),
      })),
  ),
  {
    name: 'conv2d explicit pad',
    shapes: [
      [2, 8, 8, 3],
      [3, 3, 3, 4],
    ],
    run: (x, w) =>
      tf.conv2d(as4(x!), as4(w!), 2, [
        [0, 0],
        [0, 1],
        [0, 1],
        [0, 0],
      ]),
  },
  {
    name: 'conv2dTranspose',
    shapes: [
      [2, 4, 5, 3],
      [4, 4, 2, 3],
    ],
    run: (x, w) => tf.conv2dTranspose(as4(x!), as4(w!), [2, 8, 10, 2], 2, 'same'),
  },
  {
    name: 'dilated conv2d',
    shapes: [
      [2, 8, 8, 3],
      [3, 3, 3, 4],
    ],
    gradient: false,
    run: (x, w) => tf.conv2d(as4(x!), as4(w!), 1, 'same', 'NHWC', 2),
  },
];

const others: Case[] = [
  { name: 'maxPool', shapes: [[2, 8, 8, 3]], run: (x) => tf.maxPool(as4(x!), 2, 2, 'valid') },
  { name: 'maxPool overlapping', shapes: [[2, 7, 7, 3]], run: (x) => tf.maxPool(as4(x!), 3, 2, 'same') },
  { name: 'avgPool', shapes: [[2, 8, 8, 3]], run: (x) => tf.avgPool(as4(x!), 2, 2, 'valid') },
  { name: 'avgPool overlapping', shapes: [[2, 9, 9, 3]], run: (x) => tf.avgPool(as4(x!), 3, 2, 'valid') },
  { name: 'nearest ×2', shapes: [[1, 3, 4, 2]], run: (x) => tf.image.resizeNearestNeighbor(as4(x!), [6, 8]) },
  {
    name: 'nearest odd',
    shapes: [[2, 5, 6, 2]],
    gradient: false,
    run: (x) => tf.image.resizeNearestNeighbor(as4(x!), [7, 4]),
  },
  {
    name: 'nearest half pixel',
    shapes: [[2, 5, 6, 2]],
    gradient: false,
    run: (x) => tf.image.resizeNearestNeighbor(as4(x!), [7, 4], false, true),
  },
  { name: 'bilinear', shapes: [[2, 5, 5, 2]], run: (x) => tf.image.resizeBilinear(as4(x!), [7, 4]) },
  {
    name: 'bilinear half pixel',
    shapes: [[2, 5, 6, 2]],
    gradient: false,
    run: (x) => tf.image.resizeBilinear(as4(x!), [10, 12], false, true),
  },
  { name: 'bilinear aligned', shapes: [[2, 5, 5, 2]], run: (x) => tf.image.resizeBilinear(as4(x!), [9, 11], true) },
  {
    name: 'batchNorm',
    shapes: [image, [3], [3], [3], [3]],
    tolerance: 2e-5,
    run: (x, mean, variance, offset, scale) =>
      tf.batchNorm(
        as4(x!),
        mean as tf.Tensor1D,
        positive(variance!) as tf.Tensor1D,
        offset as tf.Tensor1D,
        scale as tf.Tensor1D,
      ),
  },
];

export const imageCases: readonly Case[] = [...convolutions, ...others];
