/** A model whose likelihood is known: probabilistic PCA (Tipping & Bishop 1999) with orthogonal axes. */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../../../src/autoencoder/autoencoder.js';
import { normals } from '../../../src/random.js';

/** Pictures of 2×2 px in three colours, latents of three floats. */
export const shape = [2, 2, 3] as const;
const [dimensions, floats] = [12, 3];
export const sigma = 0.5;

/** Lengths of the axes; x = W z + center + sigma · noise. */
const lengths = [1.5, 0.8, 0.3];
const center = Float64Array.from({ length: dimensions }, (_, at) => at / 20 - 0.3);
/** Rows of a Hadamard matrix are orthogonal. */
const axes = lengths.map((length, axis) =>
  Float64Array.from({ length: dimensions }, (_, at) => {
    const sign = at < 8 ? (-1) ** [at & 1, (at >> 1) & 1, (at >> 2) & 1][axis]! : 0;
    return (length * sign) / Math.sqrt(8);
  }),
);

export interface Distortion {
  /** Added to the mean of the posterior, in its standard deviations. */
  readonly shift: number;
  /** By how much its variance is multiplied. */
  readonly widening: number;
}

/**
 * @param priorMeans z ~ N(mean of the class, I), each mean the same on every axis; without them, N(0, I)
 * @param distortion of the posterior, which otherwise is the exact one
 */
export function linearGaussian(
  priorMeans?: readonly number[],
  { shift, widening }: Distortion = { shift: 0, widening: 1 },
): Pick<Autoencoder, 'encode' | 'decode' | 'prior'> {
  const variances = lengths.map((length) => sigma ** 2 / (length ** 2 + sigma ** 2));
  const loadings = tf.tensor2d(axes.map((axis) => [...axis])); // [Z, D]
  const ofClass = (classes: tf.Tensor1D) => {
    const perImage = tf.gather(tf.tensor1d([...priorMeans!]), classes);
    return tf.tile(tf.reshape(perImage, [-1, 1, 1, 1]), [1, 1, 1, floats]) as tf.Tensor4D; // [B, 1, 1, Z]
  };
  return {
    prior: priorMeans ? (classes) => ({ mean: ofClass(classes), logvar: tf.zerosLike(ofClass(classes)) }) : null,
    encode(images, classes) {
      const batch = images.shape[0];
      const centered = tf.sub(tf.reshape(images, [batch, dimensions]), tf.tensor1d([...center])) as tf.Tensor2D;
      const projected = tf.reshape(tf.matMul(centered, loadings, false, true), [batch, 1, 1, floats]);
      const fromPrior = classes ? ofClass(classes) : tf.scalar(0);
      const scaled = tf.add(tf.div(projected, sigma ** 2), fromPrior);
      const mean = tf.add(tf.mul(scaled, variances), tf.mul(shift, variances.map(Math.sqrt)));
      const logvar = tf.tile(
        tf.tensor4d(
          variances.map((value) => Math.log(value * widening)),
          [1, 1, 1, floats],
        ),
        [batch, 1, 1, 1],
      );
      return { mean: mean as tf.Tensor4D, logvar: logvar as tf.Tensor4D };
    },
    decode(latents) {
      const flat = tf.reshape(latents, [latents.shape[0], floats]) as tf.Tensor2D; // [B, Z]
      return tf.reshape(tf.add(tf.matMul(flat, loadings), tf.tensor1d([...center])), [latents.shape[0], ...shape]);
    },
  };
}

/** Draws of the model: `count` images one after the other. */
export function drawImages(count: number, priorMeans: readonly number[] = [], classes?: Int32Array): Float32Array {
  const images = new Float32Array(count * dimensions);
  for (let index = 0; index < count; index++) {
    const z = normals(floats, 'z', index).map((value) => value + (priorMeans[classes?.[index] ?? -1] ?? 0));
    const noise = normals(dimensions, 'noise', index);
    for (let at = 0; at < dimensions; at++) {
      const signal = axes.reduce((sum, axis, row) => sum + axis[at]! * z[row]!, center[at]!);
      images[index * dimensions + at] = signal + sigma * noise[at]!;
    }
  }
  return images;
}

/** log N(x; center + W m, W Wᵀ + sigma² I): along each axis the variance is its squared length and sigma², else sigma². */
export function logEvidenceNats(image: Float32Array, priorMean = 0): number {
  const centered = center.map((value, at) => image[at]! - value);
  const quadratic = centered.reduce((sum, value) => sum + value ** 2, 0);
  let nats = -0.5 * dimensions * Math.log(2 * Math.PI * sigma ** 2) - quadratic / (2 * sigma ** 2);
  for (const [row, axis] of axes.entries()) {
    const length = lengths[row]!;
    const along = centered.reduce((sum, value, at) => sum + (value * axis[at]!) / length, 0);
    const variance = length ** 2 + sigma ** 2;
    nats += along ** 2 / (2 * sigma ** 2) - (along - length * priorMean) ** 2 / (2 * variance);
    nats -= 0.5 * Math.log(variance / sigma ** 2);
  }
  return nats;
}

/** KL from the distorted posterior to the exact one. */
export function distortionKlNats({ shift, widening }: Distortion): number {
  return (floats / 2) * (widening + shift ** 2 - 1 - Math.log(widening));
}
