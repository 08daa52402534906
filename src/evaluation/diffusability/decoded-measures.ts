/** How pictures bear what diffusion does to latents: small errors, places between images, turns and scales. */
import * as tf from '@tensorflow/tfjs-core';
import { halved, turned } from '../../losses/regularizers/transformations.js';
import { normals } from '../../random.js';
import { nearestNeighbours } from '../generation/neighbours.js';
import type { FeatureRows } from '../measures/features/frechet.js';
import type { Coder } from '../model-passes.js';
import { channelMoments, standardized } from './latent-measures.js';
import type { LatentSet } from './latent-set.js';

/**
 * Midpoints of each latent and its nearest neighbour, [count, h, w, Z]: a decoder that makes pictures of them has no holes
 * where diffusion will draw (iFID, arXiv 2603.05630). Neighbours are nearest among channels scaled to a standard deviation of 1.
 */
export async function midpoints({ latents, shape }: LatentSet): Promise<Float32Array> {
  const floats = shape[0] * shape[1] * shape[2];
  const rows: FeatureRows = { values: standardized(latents, shape[2]), features: floats };
  const nearest = await nearestNeighbours(rows, rows, { exceptSelf: true });
  return latents.map((value, at) => {
    const { row } = nearest[Math.floor(at / floats)]!;
    return (value + latents[row * floats + (at % floats)]!) / 2;
  });
}

/** Latents with noise of `share` standard deviations of each channel, a function of the seed. */
export function withNoise({ latents, shape }: LatentSet, share: number, seed: number): Float32Array {
  const channels = shape[2];
  const { std } = channelMoments(latents, channels);
  const noise = normals(latents.length, 'robustness', seed);
  return latents.map((value, at) => value + share * std[at % channels]! * noise[at]!);
}

export interface EquivarianceErrors {
  /** Root mean square of decode(τ z) - τ decode(z) in [-1, 1] units, over quarter turns, and for half the size. */
  readonly turns: readonly number[];
  readonly halfSize: readonly number[];
}

/**
 * One number per image (Kouzelis et al., arXiv 2502.09509, section 3.1, who compare with τ x: reconstruction's own error is left
 * out here, so that a poor decoder is not called inequivariant). Square grids with even sides.
 */
export async function equivarianceErrors(
  model: Coder,
  { latents, shape }: LatentSet,
  { batch }: { readonly batch: number },
): Promise<EquivarianceErrors> {
  const floats = shape[0] * shape[1] * shape[2];
  const count = latents.length / floats;
  const errors = { turns: [] as number[], halfSize: [] as number[] };
  for (let first = 0; first < count; first += batch) {
    const filled = new Float32Array(batch * floats);
    filled.set(latents.subarray(first * floats, Math.min(count, first + batch) * floats));
    const squares = tf.tidy(() => {
      const z = tf.tensor4d(filled, [batch, ...shape]);
      const pictures = model.decode(z);
      const error = (changed: tf.Tensor4D, wanted: tf.Tensor4D) =>
        tf.mean(tf.squaredDifference(model.decode(changed), wanted), [1, 2, 3]);
      const ofTurns = [1, 2, 3].map((quarters) => error(turned(z, quarters), turned(pictures, quarters)));
      return [tf.div(tf.addN(ofTurns), 3), error(halved(z), halved(pictures))] as const;
    });
    const [turns, halfSize] = await Promise.all(squares.map((tensor) => tensor.data<'float32'>()));
    tf.dispose([...squares]);
    const there = Math.min(batch, count - first);
    errors.turns.push(...Array.from(turns!.subarray(0, there), Math.sqrt));
    errors.halfSize.push(...Array.from(halfSize!.subarray(0, there), Math.sqrt));
  }
  return errors;
}

/** Whether `equivarianceErrors` takes latents of this shape. */
export const canTurn = ([height, width]: LatentSet['shape']): boolean =>
  height === width && height > 1 && height % 2 === 0;
