/** Trains the network behind `--perceptual builtin` to name what is in photographs. */
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../../errors.js';
import { createAdam } from '../../nn/adam.js';
import { createMovingAverage } from '../../nn/ema.js';
import { gradientsOf } from '../../nn/gradients.js';
import type { Parameters } from '../../nn/parameters.js';
import { learningRateAt } from '../step/schedule.js';
import { createPhotoSampler, type LabelledPicture, type PhotoBatch } from './photo-batches.js';
import { createTrainableFeatures, foldNormalisation, type MomentsByUnit } from './trainable-features.js';

export interface FeatureRecipe {
  /** Side of the views, in px. */
  readonly size: number;
  /** Images per step. */
  readonly batch: number;
  readonly steps: number;
  /** Of Adam, after the warm-up; falls to zero along a cosine. */
  readonly learningRate: number;
  readonly warmupSteps: number;
  /** Share of the learning rate by which filters shrink per step (Loshchilov & Hutter, arXiv 1711.05101). */
  readonly weightDecay: number;
  /** Share of the target spread evenly over all classes (Szegedy et al., arXiv 1512.00567, section 7). */
  readonly labelSmoothing: number;
  readonly emaDecay: number;
  /** Batches over which the normalisations' statistics are averaged at the end. */
  readonly momentBatches: number;
  readonly seed: number;
}

/** About half an hour on two cores. */
export const photoFeatureRecipe: FeatureRecipe = {
  size: 64,
  batch: 64,
  steps: 4000,
  learningRate: 2e-3,
  warmupSteps: 300,
  weightDecay: 0.05,
  labelSmoothing: 0.1,
  emaDecay: 0.998,
  momentBatches: 60,
  seed: 0,
};

const adamOptions = { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };

export interface FeatureProgress {
  readonly step: number;
  /** Cross-entropy of this step's views, in nats. */
  readonly loss: number;
  /** Share of this step's views whose class had the highest logit. */
  readonly accuracy: number;
}

/**
 * @returns the weights with all normalisation folded in, by name, in tfjs' layout; dispose them
 * @throws UserError when the loss is no number any more
 */
export async function trainPhotoFeatures(
  pictures: readonly LabelledPicture[],
  classes: number,
  recipe: FeatureRecipe,
  onProgress: (progress: FeatureProgress) => void = () => {},
): Promise<ReadonlyMap<string, tf.Tensor>> {
  const { size, batch, steps, seed, weightDecay, emaDecay, momentBatches } = recipe;
  const network = createTrainableFeatures(classes, seed);
  const { parameters } = network;
  const adam = createAdam(parameters, adamOptions);
  const average = createMovingAverage(parameters, emaDecay);
  const sample = createPhotoSampler(pictures, size, seed);
  const imagesOf = ({ images }: PhotoBatch) => tf.tensor4d(images, [batch, size, size, 3]);

  for (let step = 1; step <= steps; step++) {
    const photos = sample(step, batch);
    const learningRate = learningRateAt(step, step / steps, { ...recipe, schedule: 'cosine' });
    const measured = tf.tidy(() => {
      const images = imagesOf(photos);
      const targets = tf.tensor2d(smoothTargets(photos.labels, classes, recipe.labelSmoothing), [batch, classes]);
      let correct: tf.Scalar = tf.scalar(0);
      const { value, gradients } = gradientsOf(() => {
        const logits = network.logits(images);
        correct = tf.keep(shareCorrect(logits, photos.labels));
        return tf.losses.softmaxCrossEntropy(targets, logits) as tf.Scalar;
      }, parameters);
      adam.update(gradients, learningRate);
      shrinkFilters(parameters, 1 - learningRate * weightDecay);
      return { loss: value, accuracy: correct };
    });
    average.update(step);
    const [loss, accuracy] = await Promise.all([measured.loss.data(), measured.accuracy.data()]);
    tf.dispose(measured);
    if (!Number.isFinite(loss[0]))
      throw new UserError(`Step ${step}: the loss became ${loss[0]}; lower the learning rate.`);
    onProgress({ step, loss: loss[0] as number, accuracy: accuracy[0] as number });
  }
  return average.applied(async () => {
    const moments = averageMoments(momentBatches, (index) =>
      network.moments(imagesOf(sample(steps + 1 + index, batch))),
    );
    const folded = foldNormalisation(parameters, await moments);
    for (const weight of folded.values()) await weight.data();
    return folded;
  });
}

function smoothTargets(labels: Int32Array, classes: number, smoothing: number): Float32Array {
  const targets = new Float32Array(labels.length * classes).fill(smoothing / classes);
  labels.forEach((label, row) => {
    targets[row * classes + label] = 1 - smoothing + smoothing / classes;
  });
  return targets;
}

function shareCorrect(logits: tf.Tensor2D, labels: Int32Array): tf.Scalar {
  return tf.tidy(() => {
    const rows = tf.oneHot(tf.tensor1d(labels, 'int32'), logits.shape[1]); // [B, classes]
    const ofLabel = tf.sum(tf.mul(logits, rows), 1); // [B]
    return tf.mean(tf.cast(tf.greaterEqual(ofLabel, tf.max(logits, 1)), 'float32'));
  });
}

/** Decoupled weight decay of everything with more than one axis: scales and offsets are left alone. */
function shrinkFilters(parameters: Parameters, factor: number): void {
  const share = tf.scalar(factor);
  for (const parameter of parameters.values()) {
    if (parameter.rank > 1) parameter.assign(tf.mul(parameter, share));
  }
}

/** Means and variances over all batches together: the variance within batches plus that of their means. */
async function averageMoments(batches: number, momentsOf: (index: number) => MomentsByUnit): Promise<MomentsByUnit> {
  const means = new Map<string, Float64Array>();
  const squares = new Map<string, Float64Array>();
  for (let index = 0; index < batches; index++) {
    const moments = tf.tidy(() => momentsOf(index));
    for (const [unit, { mean, variance }] of Object.entries(moments)) {
      const square = tf.tidy(() => tf.add(variance, tf.square(mean)));
      addTo(means, unit, await mean.data<'float32'>(), batches);
      addTo(squares, unit, await square.data<'float32'>(), batches);
      square.dispose();
    }
    tf.dispose(moments);
  }
  const average = [...means].map(([unit, mean]) => {
    const variance = squares.get(unit)?.map((square, channel) => square - (mean[channel] as number) ** 2) ?? [];
    return [unit, { mean: tf.tensor1d(Float32Array.from(mean)), variance: tf.tensor1d(Float32Array.from(variance)) }];
  });
  return Object.fromEntries(average);
}

function addTo(sums: Map<string, Float64Array>, unit: string, values: Float32Array, batches: number): void {
  const sum = sums.get(unit) ?? new Float64Array(values.length);
  for (let channel = 0; channel < sum.length; channel++) {
    sum[channel] = (sum[channel] as number) + (values[channel] as number) / batches;
  }
  sums.set(unit, sum);
}
