/** Latents from the prior, and pictures from p(x|z). */
import * as tf from '@tensorflow/tfjs-core';
import type { Autoencoder } from '../../autoencoder/autoencoder.js';
import { normals } from '../../random.js';

/**
 * `count` latents of N(0, I), or of the prior of each class.
 *
 * @param floats numbers of a latent
 * @param classes of each, for a model that has a prior for each class
 * @returns [count, floats]
 */
export function priorLatents(
  { prior }: Pick<Autoencoder, 'prior'>,
  count: number,
  floats: number,
  seed: number,
  classes?: Int32Array,
): Float32Array {
  const noise = normals(count * floats, 'prior samples', seed);
  if (!prior || !classes) return noise;
  return tf.tidy(() => {
    const { mean, logvar } = prior(tf.tensor1d(classes, 'int32'));
    const [means, logvars] = [mean.dataSync<'float32'>(), logvar.dataSync<'float32'>()];
    return noise.map((value, at) => means[at]! + Math.exp(0.5 * logvars[at]!) * value);
  });
}

/** What a picture is really like under p(x|z) = N(decoded, sigma² I): the decoder's mean plus independent noise on every value. */
export function likelihoodDraw(decoded: Float32Array, sigma: number, seed: number): Float32Array {
  const noise = normals(decoded.length, 'likelihood draw', seed);
  return decoded.map((value, at) => value + sigma * noise[at]!);
}
