/**
 * A small classifier, trained on some pictures and tested on others. Trained on generated ones and tested on real ones it tells
 * how much of the classes a generative model has learned (Ravuri & Vinyals, arXiv 1905.10887, section 3).
 */
import * as tf from '@tensorflow/tfjs-core';
import { createRepeat } from '../../engine/repeat.js';
import { createAdam } from '../../nn/adam.js';
import { gradientsOf } from '../../nn/gradients.js';
import { conv2d, dense, groupNormSilu, type ImageFunction } from '../../nn/layers.js';
import { oneHot } from '../../nn/one-hot.js';
import { createParameterTree, disposeParameters, type Scope, variablesOf } from '../../nn/parameters.js';
import { permutation } from '../../random.js';
import { bootstrapInterval, defaultConfidence, type Interval } from '../measures/bootstrap.js';

export interface LabelledPictures {
  /** [count, size, size, 3] in [-1, 1] */
  readonly images: Float32Array;
  /** Positions among the classes, [count]. */
  readonly labels: Int32Array;
}

export interface ClassifierOptions {
  /** Side of the pictures in px. */
  readonly size: number;
  readonly classes: number;
  readonly seed: number;
  /** Pictures that pass in training, in all. Default 60,000, and each at most 60 times. */
  readonly seenImages?: number;
}

const batch = 64;
const mostSeenImages = 60_000;
const mostEpochs = 60;
const widths = [32, 64, 128];
const learningRate = 2e-3;
const groups = 8;

/** Trains on the one set and returns the share of the other that is told rightly, with its interval over pictures. */
export async function classifierAccuracy(
  training: LabelledPictures,
  test: LabelledPictures,
  options: ClassifierOptions,
): Promise<Interval> {
  const { scope, parameters } = createParameterTree();
  const logits = classifier(scope, options);
  const adam = createAdam(parameters, { beta1: 0.9, beta2: 0.99, epsilon: 1e-8 });
  const repeat = createRepeat();
  const tree = [parameters, adam.state.firstMoments, adam.state.secondMoments];
  const seenImages = options.seenImages ?? Math.min(mostSeenImages, mostEpochs * training.labels.length);
  const steps = Math.ceil(seenImages / batch);
  for (let step = 0; step < steps; step++) {
    const { images, labels } = take(training, options, rowsOf(training, step, options.seed));
    const scalars = adam.next(learningRate * (0.5 + 0.5 * Math.cos((Math.PI * step) / steps)));
    const inputs = [images, labels, ...Object.values(scalars)];
    const { loss } = repeat({ key: '', inputs, variables: variablesOf(...tree) }, () => {
      const { value, gradients } = gradientsOf(() => crossEntropy(logits(images), labels, options.classes), parameters);
      adam.move(gradients, scalars);
      return { loss: value };
    });
    await loss.data();
    tf.dispose([loss, inputs]);
  }
  const isRight = await judge(logits, test, options);
  disposeParameters(parameters);
  tf.dispose([adam.state.firstMoments, adam.state.secondMoments].flatMap((moments) => [...moments.values()]));
  return bootstrapInterval(isRight, { resamples: 1000, confidence: defaultConfidence, seed: options.seed });
}

/** Strided convolutions down to 4 px, then the mean over positions. */
function classifier(scope: Scope, { size, classes, seed }: ClassifierOptions): (images: tf.Tensor4D) => tf.Tensor2D {
  const layers: ImageFunction[] = [];
  let inChannels = 3;
  for (let side = size, stage = 0; side > 4; side = Math.ceil(side / 2), stage++) {
    const outChannels = widths[Math.min(stage, widths.length - 1)] as number;
    const branch = scope.child(stage);
    const conv = { inChannels, outChannels, kernelSize: 3, stride: 2, padding: 1, seed };
    layers.push(conv2d(branch.child('conv'), conv), groupNormSilu(branch.child('norm'), outChannels, groups));
    inChannels = outChannels;
  }
  const toLogits = dense(scope.child('head'), { inFeatures: inChannels, outFeatures: classes, seed });
  return (images) => {
    const features = layers.reduce((value, layer) => layer(value), images); // [B, 4, 4, C]
    return toLogits(tf.mean(features, [1, 2]));
  };
}

function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D, classes: number): tf.Scalar {
  const logProbabilities = tf.mul(tf.logSoftmax(logits), oneHot(labels, classes)); // [B, K]
  return tf.neg(tf.mean<tf.Scalar>(tf.sum(logProbabilities, 1)));
}

/** Rows of a step: every epoch has an order of its own. */
function rowsOf({ labels }: LabelledPictures, step: number, seed: number): Uint32Array {
  const count = labels.length;
  const orders = new Map<number, Uint32Array>();
  return Uint32Array.from({ length: batch }, (_, index) => {
    const position = step * batch + index;
    const epoch = Math.floor(position / count);
    const order = orders.get(epoch) ?? permutation(count, 'classifier', seed, epoch);
    orders.set(epoch, order);
    return order[position % count] as number;
  });
}

function take({ images, labels }: LabelledPictures, { size }: ClassifierOptions, rows: Uint32Array) {
  const floats = size * size * 3;
  const values = new Float32Array(rows.length * floats);
  rows.forEach((row, index) => {
    values.set(images.subarray(row * floats, (row + 1) * floats), index * floats);
  });
  return {
    images: tf.tensor4d(values, [rows.length, size, size, 3]),
    labels: tf.tensor1d(
      Int32Array.from(rows, (row) => labels[row] as number),
      'int32',
    ),
  };
}

/** 1 for every picture that is told rightly, else 0. */
async function judge(
  logits: (images: tf.Tensor4D) => tf.Tensor2D,
  test: LabelledPictures,
  options: ClassifierOptions,
): Promise<number[]> {
  const count = test.labels.length;
  const isRight: number[] = [];
  for (let first = 0; first < count; first += batch) {
    const rows = Uint32Array.from({ length: batch }, (_, index) => Math.min(first + index, count - 1));
    const taken = take(test, options, rows);
    const scores = tf.tidy(() => logits(taken.images));
    const values = await scores.data<'float32'>();
    tf.dispose([scores, taken.images, taken.labels]);
    for (let index = 0; index < Math.min(batch, count - first); index++) {
      const row = values.subarray(index * options.classes, (index + 1) * options.classes);
      const told = row.reduce((best, value, at) => (value > (row[best] as number) ? at : best), 0);
      isRight.push(told === test.labels[first + index] ? 1 : 0);
    }
  }
  return isRight;
}
