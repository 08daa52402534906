import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { equivarianceErrors, midpoints, withNoise } from '../../../src/evaluation/diffusability/decoded-measures.js';
import { latentMeasures } from '../../../src/evaluation/diffusability/latent-measures.js';
import { dctMatrix, spectrumSlope } from '../../../src/evaluation/diffusability/spectrum-slope.js';
import { normals } from '../../../src/random.js';
import { useCpu } from '../../engine/compare.js';

const noise = (images: number, [h, w, z]: readonly [number, number, number]) => normals(images * h * w * z, 'latents');

test('white noise has every direction, a variation of 2/√π and a slope of 0', () => {
  const shape = [8, 8, 4] as const;
  const {
    effectiveRank,
    eigenvalueShares,
    totalVariation,
    spectrumSlope: slope,
  } = latentMeasures({
    latents: noise(200, shape).map((value) => 3 * value + 1),
    shape,
  });
  expect(effectiveRank).toBeCloseTo(4, 2);
  expect(eigenvalueShares?.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 9);
  expect(totalVariation).toBeCloseTo(2 / Math.sqrt(Math.PI), 1);
  expect(slope).toBeCloseTo(0, 1);
});

test('channels that are copies of each other have one direction', () => {
  const one = noise(50, [4, 4, 1]);
  const latents = Float32Array.from({ length: one.length * 3 }, (_, at) => one[Math.floor(at / 3)]! * ((at % 3) + 1));
  expect(latentMeasures({ latents, shape: [4, 4, 3] }).effectiveRank).toBeCloseTo(1, 5);
});

test('two uncorrelated channels of variances 9 and 1 have the rank exp(H(0.9, 0.1))', () => {
  const latents = Float32Array.of(3, 1, 3, -1, -3, 1, -3, -1);
  const { effectiveRank, eigenvalueShares } = latentMeasures({ latents, shape: [1, 1, 2] });
  expect(eigenvalueShares?.[0]).toBeCloseTo(0.9, 9);
  expect(effectiveRank).toBeCloseTo(Math.exp(-(0.9 * Math.log(0.9) + 0.1 * Math.log(0.1))), 9);
});

test('total variation of a checkerboard is 2, of stripes half of it', () => {
  const board = (value: (y: number, x: number) => number) =>
    Float32Array.from({ length: 36 }, (_, at) => value(Math.floor(at / 6), at % 6));
  const variation = (latents: Float32Array) => latentMeasures({ latents, shape: [6, 6, 1] }).totalVariation;
  expect(variation(board((y, x) => (-1) ** (y + x)))).toBeCloseTo(2, 6);
  expect(variation(board((y) => (-1) ** y))).toBeCloseTo(1, 6);
});

test('the DCT is orthonormal, and that of scipy for [1, 2, 3, 4]', () => {
  const matrix = dctMatrix(4);
  const coefficients = [0, 1, 2, 3].map((frequency) =>
    [1, 2, 3, 4].reduce((sum, value, at) => sum + value * matrix[4 * frequency + at]!, 0),
  );
  // scipy.fft.dct([1, 2, 3, 4], norm='ortho')
  [5, -2.2304425, 0, -0.15851267].forEach((value, at) => {
    expect(coefficients[at]).toBeCloseTo(value, 6);
  });
});

test('latents whose power falls with the third power of the frequency have a slope of -3', () => {
  const side = 16;
  const matrix = dctMatrix(side);
  const random = noise(60, [side, side, 1]);
  const latents = new Float32Array(random.length);
  for (let image = 0; image < 60; image++) {
    for (let u = 0; u < side; u++) {
      for (let v = 0; v < side; v++) {
        if (u + v === 0) continue;
        const amplitude = Math.round(Math.hypot(u, v)) ** -1.5 * random[(image * side + u) * side + v]!;
        for (let y = 0; y < side; y++) {
          const row = (image * side + y) * side;
          for (let x = 0; x < side; x++) latents[row + x]! += amplitude * matrix[u * side + y]! * matrix[v * side + x]!;
        }
      }
    }
  }
  expect(spectrumSlope({ latents, shape: [side, side, 1] })).toBeCloseTo(-3, 1);
  expect(spectrumSlope({ latents, shape: [3, 3, 1] })).toBeUndefined();
});

test('midpoints lie halfway to the nearest other latent', async () => {
  const latents = Float32Array.of(0, 0, 1, 0, 10, 5);
  expect([...(await midpoints({ latents, shape: [1, 1, 2] }))]).toEqual([0.5, 0, 0.5, 0, 5.5, 2.5]);
});

test('noise is a share of each channel’s standard deviation', () => {
  const latents = Float32Array.from({ length: 4000 }, (_, at) => (at % 2 === 0 ? 1 : 10) * (at % 4 < 2 ? 1 : -1));
  const noisy = withNoise({ latents, shape: [1, 1, 2] }, 0.5, 1);
  const deviation = (channel: number) =>
    Math.sqrt(
      noisy.reduce((sum, value, at) => (at % 2 === channel ? sum + (value - latents[at]!) ** 2 : sum), 0) / 2000,
    );
  expect(deviation(0)).toBeCloseTo(0.5, 1);
  expect(deviation(1) / 10).toBeCloseTo(0.5, 1);
});

test('a decoder that adds a ramp errs by the ramp and its turns', async () => {
  await useCpu();
  const ramp = tf.tensor4d([0, 0, 1, 1], [1, 2, 2, 1]);
  const decode = (z: tf.Tensor4D): tf.Tensor4D => (z.shape[1] === 2 ? tf.add(z, ramp) : z);
  const set = { latents: noise(3, [2, 2, 1]), shape: [2, 2, 1] as const };
  const errors = await equivarianceErrors({ decode } as never, set, { batch: 2 });
  // ramp - turned ramp: differs in 2, 4 and 2 of 4 px by 1; half the size: ramp's mean 0.5.
  for (const error of errors.turns) expect(error).toBeCloseTo(Math.sqrt((0.5 + 1 + 0.5) / 3), 5);
  for (const error of errors.halfSize) expect(error).toBeCloseTo(0.5, 5);
  expect(errors.turns).toHaveLength(3);
});
