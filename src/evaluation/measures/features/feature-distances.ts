/** Distances of pictures as trained networks see them. */
import { existsSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import type { PerceptualKind } from '../../../config/config.js';
import { loadPerceptualLoss, loadPhotoFeatures } from '../../../losses/perceptual/load.js';
import type { PerceptualLoss } from '../../../losses/perceptual/perceptual-loss.js';
import { builtinWeightsPath } from '../../../losses/perceptual/weight-files.js';
import { imagesAtOnce } from '../../model-passes.js';
import type { Interval } from '../bootstrap.js';
import type { PixelImage } from '../pixel-image.js';
import type { FeatureRows } from './frechet.js';
import { frechetInterval } from './frechet-interval.js';

/** The networks that distances are measured with. */
export interface FeatureNetworks {
  /** Which network the perceptual distance is of; null where there is none. */
  readonly perceptual: PerceptualLoss | null;
  /** What the Fréchet distance is computed on; null without its weights. */
  readonly builtin: PerceptualLoss | null;
  /** Why something is left out, in a sentence. */
  readonly absence: string | null;
}

/** The network was made for no smaller pictures. */
const smallestSidePx = 32;

/**
 * Loads the networks for pictures of `size` px. The built-in one is left out, with a sentence that says so, where its
 * weights are missing or the pictures are smaller than it takes.
 *
 * @param builtinPath of other weights of the built-in network
 * @throws UserError where another network is asked for and its weights are missing
 */
export async function openFeatureNetworks(
  kind: PerceptualKind,
  size: number,
  builtinPath: string = builtinWeightsPath,
): Promise<FeatureNetworks> {
  if (size < smallestSidePx) {
    const absence = `Perceptual and Fréchet distances are left out: they want pictures of ${smallestSidePx} px and more.`;
    return { perceptual: null, builtin: null, absence };
  }
  const builtin = existsSync(builtinPath) ? await loadPhotoFeatures(builtinPath) : null;
  const perceptual = kind === 'builtin' ? builtin : await loadPerceptualLoss(kind);
  const measures = perceptual ? 'The Fréchet distance is' : 'Perceptual and Fréchet distances are';
  return { perceptual, builtin, absence: builtin ? null : `${measures} left out: there is no ${builtinPath}.` };
}

/** What trained networks measure of pictures. */
export interface FeatureMeasurement {
  /** One per picture; absent without a network. */
  readonly perceptualDistance?: readonly number[];
  /** What the Fréchet distance is computed of: the built-in network's last features, averaged over positions. */
  readonly pooled?: { readonly originals: FeatureRows; readonly reconstructions: FeatureRows };
}

/**
 * Puts both lists of pictures, all of one size, through the networks.
 *
 * @param most the networks always see this many pictures (the last ones repeated), or `imagesAtOnce`, so that an engine compiles one graph
 */
export async function measureFeatures(
  { perceptual, builtin }: FeatureNetworks,
  originals: readonly PixelImage[],
  reconstructions: readonly PixelImage[],
  most: number,
): Promise<FeatureMeasurement> {
  const { height = 1, width = 1 } = originals[0] ?? {};
  const batch = imagesAtOnce(most, [height, width]);
  const columns: { [Name in 'distances' | 'originals' | 'reconstructions']: number[] } = {
    distances: [],
    originals: [],
    reconstructions: [],
  };
  for (let start = 0; start < originals.length; start += batch) {
    const count = Math.min(batch, originals.length - start);
    const outputs = tf.tidy(() => {
      const [x, y] = [originals, reconstructions].map((list) => toTensor(list.slice(start, start + batch), batch)) as [
        tf.Tensor4D,
        tf.Tensor4D,
      ];
      return {
        ...(perceptual && { distances: perceptual.distances(x, y) }),
        ...(builtin && { originals: lastPooled(builtin, x), reconstructions: lastPooled(builtin, y) }),
      };
    });
    for (const [name, tensor] of Object.entries(outputs) as [keyof typeof columns, tf.Tensor][]) {
      const values = await tensor.data<'float32'>();
      tensor.dispose();
      for (const value of values.subarray(0, (values.length / batch) * count)) columns[name].push(value);
    }
  }
  const rows = (values: number[]) => ({
    values: Float64Array.from(values),
    features: values.length / originals.length,
  });
  return {
    ...(perceptual && { perceptualDistance: columns.distances }),
    ...(builtin && {
      pooled: { originals: rows(columns.originals), reconstructions: rows(columns.reconstructions) },
    }),
  };
}

/** What the Fréchet distance is computed of, for pictures of one size; see `measureFeatures`, for `most` too. */
export async function pooledFeatures(
  builtin: PerceptualLoss,
  pictures: readonly PixelImage[],
  most: number,
): Promise<FeatureRows> {
  const { height = 1, width = 1 } = pictures[0] ?? {};
  const batch = imagesAtOnce(most, [height, width]);
  const values: number[] = [];
  for (let start = 0; start < pictures.length; start += batch) {
    const count = Math.min(batch, pictures.length - start);
    const pooled = tf.tidy(() => lastPooled(builtin, toTensor(pictures.slice(start, start + batch), batch)));
    const rows = await pooled.data<'float32'>();
    pooled.dispose();
    for (const value of rows.subarray(0, (rows.length / batch) * count)) values.push(value);
  }
  return { values: Float64Array.from(values), features: values.length / pictures.length };
}

/** What several calls of `measureFeatures` with the same networks measured, in order. */
export function joinFeatures(parts: readonly FeatureMeasurement[]): FeatureMeasurement {
  const distances = parts.flatMap(({ perceptualDistance = [] }) => perceptualDistance);
  const pooled = parts.flatMap((part) => part.pooled ?? []);
  const join = (rows: readonly FeatureRows[]) => ({
    values: Float64Array.from(rows.flatMap(({ values }) => [...values])),
    features: rows[0]?.features ?? 0,
  });
  const [originals, reconstructions] = [
    join(pooled.map((part) => part.originals)),
    join(pooled.map((part) => part.reconstructions)),
  ];
  return {
    ...(distances.length > 0 && { perceptualDistance: distances }),
    ...(pooled.length > 0 && { pooled: { originals, reconstructions } }),
  };
}

/** The distance with its interval; undefined without features or with a single picture. */
export function frechetOf(
  { pooled }: FeatureMeasurement,
  options: { readonly confidence: number; readonly seed: number },
): Interval | undefined {
  if (!pooled || pooled.originals.values.length < 2 * pooled.originals.features) return undefined;
  return frechetInterval(pooled.originals, pooled.reconstructions, options);
}

/** [B, H, W, 3] -> [B, C]: the coarsest features, averaged over positions. */
function lastPooled({ features }: PerceptualLoss, images: tf.Tensor4D): tf.Tensor2D {
  const last = features(images).at(-1) as tf.Tensor4D; // [B, h, w, C]
  return tf.mean(last, [1, 2]); // [B, C]
}

/** 8-bit pictures as [batch, H, W, 3] in [-1, 1]; missing ones are copies of the last. */
function toTensor(pictures: readonly PixelImage[], batch: number): tf.Tensor4D {
  const { width, height, pixels } = pictures[0]!;
  const values = new Float32Array(batch * pixels.length);
  for (let index = 0; index < batch; index++) {
    const picture = pictures[Math.min(index, pictures.length - 1)]!;
    for (const [at, value] of picture.pixels.entries()) values[index * pixels.length + at] = value / 127.5 - 1;
  }
  return tf.tensor4d(values, [batch, height, width, 3]);
}
