/** The feature network in training: batch normalisation after every convolution, and a classifier on top. */
import * as tf from '@tensorflow/tfjs-core';
import { conv2d } from '../../engine/ops.js';
import { createPhotoFeatures, type UnitFactory } from '../../losses/perceptual/photo-features.js';
import { normalizeBatch } from '../../nn/batch-norm.js';
import { ones, uniformFanIn, zeros } from '../../nn/initializers.js';
import { dense } from '../../nn/layers.js';
import { createParameterTree, type Parameters } from '../../nn/parameters.js';

const epsilon = 1e-5;

/** What a batch looks like to a normalisation: [C] each. */
export type BatchMoments = { readonly mean: tf.Tensor1D; readonly variance: tf.Tensor1D };

/** By the name of the unit whose output they describe. */
export type MomentsByUnit = { readonly [unit: string]: BatchMoments };

export interface TrainableFeatures {
  readonly parameters: Parameters;
  /** Images [B, H, W, 3] in [-1, 1] -> class logits [B, classes], from the last features averaged over positions. */
  logits(images: tf.Tensor4D): tf.Tensor2D;
  /** What the images look like to every normalisation. */
  moments(images: tf.Tensor4D): MomentsByUnit;
}

export function createTrainableFeatures(classes: number, seed: number): TrainableFeatures {
  const { scope, parameters } = createParameterTree();
  let observed: Record<string, BatchMoments> | undefined;
  const unit: UnitFactory = (unitScope, { inChannels, outChannels, stride, endsBlock }) => {
    const shape = [3, 3, inChannels, outChannels];
    const weight = unitScope.parameter('weight', shape, uniformFanIn(seed, 9 * inChannels)) as tf.Tensor4D;
    const scale = unitScope.parameter('norm.weight', [outChannels], endsBlock ? zeros : ones) as tf.Tensor1D;
    const offset = unitScope.parameter('norm.bias', [outChannels], zeros) as tf.Tensor1D;
    const name = nameOf(parameters, weight).replace(/\.weight$/, '');
    return (x) => {
      const y = conv2d(x, weight, null, stride, 1);
      if (observed) observed[name] = tf.moments(y, [0, 1, 2]) as BatchMoments;
      return normalizeBatch(y, scale, offset, epsilon);
    };
  };
  const { features, channels } = createPhotoFeatures(scope, unit);
  const head = { inFeatures: channels.at(-1) as number, outFeatures: classes, seed };
  const classify = dense(scope.child('classifier'), head);
  return {
    parameters,
    logits(images) {
      const last = features(images).at(-1) as tf.Tensor4D;
      return classify(tf.mean(last, [1, 2])); // [B, classes]
    },
    moments(images) {
      observed = {};
      try {
        features(images);
        return observed;
      } finally {
        observed = undefined;
      }
    },
  };
}

function nameOf(parameters: Parameters, wanted: tf.Tensor): string {
  for (const [name, parameter] of parameters) if (parameter === wanted) return name;
  throw new Error('No parameter of this network');
}

/**
 * The weights of the network that needs no batch: every normalisation by `moments` becomes part of its convolution.
 *
 * @param parameters of a trainable network, its moving average for instance
 * @param moments of many batches, averaged
 */
export function foldNormalisation(parameters: Parameters, moments: MomentsByUnit): ReadonlyMap<string, tf.Tensor> {
  const folded = new Map<string, tf.Tensor>();
  for (const [name, { mean, variance }] of Object.entries(moments)) {
    const [weight, scale, offset] = ['weight', 'norm.weight', 'norm.bias'].map((part) => {
      return parameters.get(`${name}.${part}`) as tf.Variable;
    }) as [tf.Variable, tf.Variable, tf.Variable];
    tf.tidy(() => {
      const slope = tf.div(scale, tf.sqrt(tf.add(variance, epsilon))); // [C]
      folded.set(`${name}.weight`, tf.keep(tf.mul(weight, slope)));
      folded.set(`${name}.bias`, tf.keep(tf.sub(offset, tf.mul(mean, slope))));
    });
  }
  return folded;
}
