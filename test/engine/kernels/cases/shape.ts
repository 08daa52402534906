/** What moves, cuts, joins or chooses elements. */
import * as tf from '@tensorflow/tfjs-core';
import { normalTensor } from '../../compare.js';
import { type Case, image, positive } from './case.js';

export const shapeCases: readonly Case[] = [
  { name: 'concat', shapes: [image, image], run: (a, b) => tf.concat([a!, b!], 2) },
  { name: 'split', shapes: [[2, 6, 8, 4]], run: (x) => tf.split(x!, 2, -1) },
  { name: 'split by sizes', shapes: [[2, 6]], run: (x) => tf.split(x!, [1, 3, 2], 1) },
  { name: 'slice', shapes: [image], run: (x) => tf.slice(x!, [0, 1, 2, 1], [2, 3, -1, 2]) },
  {
    name: 'pad',
    shapes: [image],
    run: (x) =>
      tf.pad(
        x!,
        [
          [0, 0],
          [1, 2],
          [0, 3],
          [0, 0],
        ],
        0.5,
      ),
  },
  {
    name: 'mirrorPad',
    shapes: [image],
    run: (x) =>
      tf.mirrorPad(
        x!,
        [
          [0, 0],
          [1, 2],
          [0, 3],
          [0, 0],
        ],
        'reflect',
      ),
    gradient: false,
  },
  { name: 'tile', shapes: [[2, 3, 1]], run: (x) => tf.tile(x!, [1, 2, 3]) },
  { name: 'transpose', shapes: [image], run: (x) => tf.transpose(x!, [2, 0, 3, 1]) },
  {
    name: 'transpose of transpose',
    shapes: [image],
    run: (x) => tf.transpose(tf.transpose(x!, [0, 3, 1, 2]), [1, 0, 3, 2]),
  },
  { name: 'gather', shapes: [[5, 4]], run: (x) => tf.gather(x!, tf.tensor1d([3, 0, 3], 'int32'), 1) },
  {
    name: 'stack',
    shapes: [
      [2, 3],
      [2, 3],
    ],
    run: (a, b) => tf.stack([a!, b!], 1),
  },
  { name: 'unstack', shapes: [[2, 3]], run: (x) => tf.unstack(x!, 1) },
  { name: 'reverse', shapes: [image], run: (x) => tf.reverse(x!, [1, 3]) },
  { name: 'reshape', shapes: [image], run: (x) => tf.mul(tf.reshape(x!, [12, 24]), tf.reshape(x!, [12, 24])) },
  { name: 'broadcastTo', shapes: [[3, 1]], run: (x) => tf.broadcastTo(x!, [2, 3, 4]) },
  { name: 'addN', shapes: [image, image, image], run: (...xs) => tf.addN(xs) },
  { name: 'clip', shapes: [image], run: (x) => tf.clipByValue(x!, -0.5, 0.7) },
  { name: 'prelu', shapes: [image, [3]], run: (x, a) => tf.prelu(x!, a!) },
  { name: 'pow', shapes: [image], domain: positive, run: (x) => tf.pow(x!, 1.5) },
  {
    name: 'where',
    shapes: [image, image],
    run: (a, b) => tf.where(tf.greater(normalTensor(image, 9), 0), tf.mul(a!, 2), b!),
  },
  {
    name: 'where by row',
    shapes: [
      [4, 3],
      [4, 3],
    ],
    run: (a, b) => tf.where(tf.tensor2d([true, false, true, true], [4, 1]), a!, b!),
    gradient: false,
  },
  {
    name: 'casts',
    shapes: [image],
    run: (x) => [tf.cast(tf.mul(x!, 3), 'int32'), tf.cast(x!, 'bool')],
    gradient: false,
  },
  { name: 'arg', shapes: [image], run: (x) => [tf.argMax(x!, -1), tf.argMin(x!, 2)], gradient: false },
  {
    name: 'fill',
    shapes: [image],
    run: (x) => [tf.zerosLike(x!), tf.onesLike(x!), tf.fill([2, 3], 4)],
    gradient: false,
  },
  {
    name: 'moments',
    shapes: [image],
    run: (x) => {
      const { mean, variance } = tf.moments(x!, [1, 2]);
      return [mean, variance];
    },
  },
];
