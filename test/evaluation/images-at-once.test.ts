import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Autoencoder } from '../../src/autoencoder/autoencoder.js';
import { modelConfigSchema } from '../../src/config/config.js';
import { pooledFeatures } from '../../src/evaluation/measures/features/feature-distances.js';
import { imagesAtOnce } from '../../src/evaluation/model-passes.js';
import { reconstruct } from '../../src/evaluation/reconstruct.js';
import type { PerceptualLoss } from '../../src/losses/perceptual/perceptual-loss.js';
import { useCpu } from '../engine/compare.js';

beforeAll(useCpu);

describe('of a batch pass at once', () => {
  test.each([
    [16, 256, 16],
    [100, 256, 16],
    [8, 512, 4],
    [3, 1024, 1],
    [4, 2048, 1],
    [5, 32, 5],
  ])('of %d images of %d px %d', (batch, side, images) => {
    expect(imagesAtOnce(batch, [side, side])).toBe(images);
  });
});

test('a batch of large pictures is restored in passes, with every figure in its place', async () => {
  const size = 592; // two at once
  const config = modelConfigSchema.parse({
    latent: 'spatial',
    imageSize: 32,
    blockOutChannels: [4],
    latentChannels: 3,
  });
  const shapes: number[][] = [];
  const classesSeen: number[] = [];
  const model = {
    config,
    encode(images: tf.Tensor4D, classes: tf.Tensor1D) {
      shapes.push(images.shape);
      classesSeen.push(...classes.dataSync());
      const codes = tf.zeros([images.shape[0], 2], 'int32');
      return { mean: images, logvar: tf.zerosLike(images), quantization: { codes } };
    },
    decode: (latents: tf.Tensor4D) => tf.neg(latents),
  } as unknown as Autoencoder;
  const floats = size * size * 3;
  const images = Float32Array.from({ length: 5 * floats }, (_, at) => Math.floor(at / floats) / 4);
  const { originals, reconstructions, posteriors, codes } = await reconstruct(
    model,
    images,
    size,
    8,
    Int32Array.of(5, 6, 7, 8, 9),
  );
  expect(shapes).toEqual(Array(3).fill([2, size, size, 3]));
  expect(classesSeen).toEqual([5, 6, 7, 8, 9, 0]);
  expect(originals.map(({ pixels }) => pixels[0])).toEqual([128, 159, 191, 223, 255]);
  expect(reconstructions.map(({ pixels }) => pixels.at(-1))).toEqual([128, 96, 64, 32, 0]);
  expect(posteriors.map(({ mean }) => mean.length)).toEqual(Array(5).fill(floats));
  expect(posteriors.map(({ mean }) => mean[7])).toEqual([0, 0.25, 0.5, 0.75, 1]);
  expect(codes).toHaveLength(5);
});

test('large pictures pass the network of features in passes, and every row is where its picture was', async () => {
  const size = 592; // two at once
  const shapes: number[][] = [];
  const network = {
    features(images: tf.Tensor4D) {
      shapes.push(images.shape);
      return [images];
    },
  } as unknown as PerceptualLoss;
  const pictures = [0, 51, 102, 153, 204].map((grey) => ({
    width: size,
    height: size,
    pixels: new Uint8Array(size * size * 3).fill(grey),
  }));
  const { values, features } = await pooledFeatures(network, pictures, 8);
  expect(shapes).toEqual(Array(3).fill([2, size, size, 3]));
  expect(features).toBe(3);
  [-1, -0.6, -0.2, 0.2, 0.6].forEach((mean, row) => {
    expect(values[3 * row]).toBeCloseTo(mean, 4);
  });
});
