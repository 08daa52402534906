/** The classification networks behind perceptual distances, by what torchvision and this project publish of their layers. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, test } from 'vitest';
import type { PerceptualKind } from '../../../src/config/config.js';
import { createPerceptualLoss } from '../../../src/losses/perceptual/perceptual-loss.js';
import { createPhotoFeatures } from '../../../src/losses/perceptual/photo-features.js';
import { createParameterTree } from '../../../src/nn/parameters.js';
import { normalTensor } from '../../engine/compare.js';
import { expectClose, useDefaultEngine } from '../../golden.js';

beforeAll(async () => {
  await useDefaultEngine();
});

const stagesOfBuiltin = [
  ...[0, 1, 2, 3, 4].map((stage) => `stages.${stage}.conv`),
  ...[1, 2, 3, 4].flatMap((stage) => ['conv1', 'conv2'].map((conv) => `stages.${stage}.blocks.0.${conv}`)),
];
const features = (...indices: number[]) => indices.map((index) => `features.${index}`);
const fires = (...indices: number[]) =>
  features(...indices).flatMap((fire) => ['squeeze', 'expand1x1', 'expand3x3'].map((part) => `${fire}.${part}`));

/** Sides of the compared features of 67 px, which no stride divides. */
const cases: Record<
  PerceptualKind,
  { convolutions: string[]; parameters: number; sides: number[]; channels: number[] }
> = {
  builtin: {
    convolutions: stagesOfBuiltin,
    parameters: 927_712,
    sides: [67, 34, 17, 9, 5],
    channels: [16, 32, 64, 128, 128],
  },
  'lpips-vgg': {
    convolutions: features(0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28),
    parameters: 14_714_688,
    sides: [67, 33, 16, 8, 4],
    channels: [64, 128, 256, 512, 512],
  },
  'lpips-alex': {
    convolutions: features(0, 3, 6, 8, 10),
    parameters: 2_469_696,
    sides: [16, 7, 3, 3, 3],
    channels: [64, 192, 384, 256, 256],
  },
  'lpips-squeeze': {
    convolutions: [...features(0), ...fires(3, 4, 6, 7, 9, 10, 11, 12)],
    parameters: 722_496,
    sides: [33, 16, 8, 4, 4, 4, 4],
    channels: [64, 128, 256, 384, 384, 512, 512],
  },
};

test.each(Object.keys(cases) as PerceptualKind[])('%s', (kind) => {
  const { convolutions, parameters, sides, channels } = cases[kind];
  const loss = createPerceptualLoss(kind, (_name, shape) => tf.zeros([...shape]));
  const ofTrunk = [...loss.parameters].filter(([name]) => !name.startsWith('lin'));
  expect(ofTrunk.map(([name]) => name).sort()).toEqual(
    convolutions.flatMap((name) => [`${name}.weight`, `${name}.bias`]).sort(),
  );
  expect(ofTrunk.reduce((sum, [, { size }]) => sum + size, 0)).toBe(parameters);
  const seen = tf.tidy(() => loss.features(tf.zeros([1, 67, 67, 3])).map(({ shape }) => shape));
  expect(seen).toEqual(sides.map((side, layer) => [1, side, side, channels[layer]]));
  const heads = [...loss.parameters].filter(([name]) => name.startsWith('lin'));
  const shapes = kind === 'builtin' ? [] : channels.map((count) => [1, 1, count, 1]);
  expect(heads.map(([, { shape }]) => shape)).toEqual(shapes);
});

test('the builtin distance is the mean over stages of one minus the cosine of features', () => {
  const loss = createPerceptualLoss('builtin', (name, shape) => tf.mul(normalTensor(shape, name.length), 0.1));
  const [a, b] = [1, 2].map((seed) => normalTensor<tf.Tensor4D>([2, 32, 32, 3], seed)) as [tf.Tensor4D, tf.Tensor4D];
  const [ofA, ofB] = [loss.features(a), loss.features(b)];
  const unit = (x: tf.Tensor) => tf.div(x, tf.add(tf.norm(x, 2, 3, true), 1e-10));
  const cosines = ofA.map((x, stage) => tf.mean(tf.sum(tf.mul(unit(x), unit(ofB[stage] as tf.Tensor)), 3), [1, 2]));
  const seen = ofA.map((x) => tf.mean(tf.cast(tf.greater(tf.sum(x, 3), 0), 'float32')).dataSync()[0] as number);
  expect(Math.min(...seen)).toBe(1);
  const wanted = tf.sub(1, tf.div(tf.addN(cosines), 5));
  expectClose(loss.distances(a, b), wanted, 1e-4);
});

test('the last unit of each block is told apart, since training starts it from zero', () => {
  const { scope } = createParameterTree();
  const ends: boolean[] = [];
  createPhotoFeatures(scope, (_, { endsBlock }) => {
    ends.push(endsBlock);
    return (x) => x;
  });
  expect(ends).toEqual([false, ...[1, 2, 3, 4].flatMap(() => [false, false, true])]);
});
