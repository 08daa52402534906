/** Perceptual distances between images: differences of the features that a frozen network sees in them. */
import * as tf from '@tensorflow/tfjs-core';
import type { PerceptualKind } from '../../config/config.js';
import { createParameterTree, type Initializer, type Parameters, type Scope } from '../../nn/parameters.js';
import { featureDistance } from './feature-distance.js';
import { createPhotoFeatures, foldedUnit } from './photo-features.js';
import { createTrunk, type FeatureFunction } from './trunk.js';
import { type TrunkName, trunks } from './trunks.js';

/** A perceptual distance, with the frozen network it is computed by. */
export interface PerceptualLoss {
  readonly kind: PerceptualKind;
  /** Frozen: no optimizer gets them. */
  readonly parameters: Parameters;
  /**
   * The distance of each image to its reconstruction, [B]; 0 for equal images. Differentiable in the reconstructions alone.
   *
   * @param images [B, H, W, 3] in [-1, 1]
   * @param reconstructions [B, H, W, 3]
   */
  distances(images: tf.Tensor4D, reconstructions: tf.Tensor4D): tf.Tensor1D;
  /** What the network sees in images [B, H, W, 3]: [B, h, w, C] per compared layer, the finest first. */
  readonly features: FeatureFunction;
  /** The summands of `distances`, one [B] per compared layer. */
  layerDistances(images: tf.Tensor4D, reconstructions: tf.Tensor4D): tf.Tensor1D[];
}

/** What is compared: the features of each layer and the weight of each of their channels, [C] per layer. */
interface Comparison {
  readonly features: FeatureFunction;
  readonly channelWeights: readonly (() => tf.Tensor1D)[];
}

const comparisons = {
  builtin,
  'lpips-vgg': lpips('vgg'),
  'lpips-alex': lpips('alex'),
  'lpips-squeeze': lpips('squeeze'),
} as const satisfies Record<PerceptualKind, (scope: Scope) => Comparison>;

/**
 * Builds a perceptual loss from the weights of its files.
 *
 * @param weights hands out each weight by its name in the files (`features.0.weight`, `lin0.model.1.weight`), filters as
 *   [kh, kw, in, out]
 */
export function createPerceptualLoss(kind: PerceptualKind, weights: Initializer): PerceptualLoss {
  const { scope, parameters } = createParameterTree(weights);
  const { features, channelWeights } = comparisons[kind](scope);
  const layerDistances: PerceptualLoss['layerDistances'] = (images, reconstructions) => {
    const references = features(images);
    return features(reconstructions).map((layer, index) => {
      const weight = channelWeights[index] as () => tf.Tensor1D;
      return featureDistance(references[index] as tf.Tensor4D, layer, weight());
    });
  };
  return {
    kind,
    parameters,
    features,
    layerDistances,
    distances: (images, reconstructions) => tf.tidy(() => tf.addN(layerDistances(images, reconstructions))),
  };
}

/**
 * The mean over all stages and positions of 1 - cos(angle between the features): in [0, 1], since no feature is negative.
 * Half the squared distance of unit vectors is one minus their cosine.
 */
function builtin(scope: Scope): Comparison {
  const { features, channels } = createPhotoFeatures(scope, foldedUnit);
  const weight = 0.5 / channels.length;
  return { features, channelWeights: channels.map((count) => () => tf.fill([count], weight)) };
}

/** What LPIPS subtracts from images in [-1, 1] and divides by: ImageNet's statistics, for red, green, blue. */
const shift = [-0.03, -0.088, -0.188];
const scale = [0.458, 0.448, 0.45];

/** LPIPS v0.1 (Zhang et al., arXiv 1801.03924; github.com/richzhang/PerceptualSimilarity), without its dropout. */
function lpips(trunkName: TrunkName): (scope: Scope) => Comparison {
  return (scope) => {
    const trunk = createTrunk(scope, trunks[trunkName]);
    const heads = trunk.channels.map((channels, index) => {
      const head = scope.child(`lin${index}`).child('model').child(1);
      return head.parameter('weight', [1, 1, channels, 1], requireFile);
    });
    return {
      features: (images) => trunk.features(tf.div(tf.sub(images, tf.tensor1d(shift)), tf.tensor1d(scale))),
      channelWeights: heads.map((head) => () => tf.reshape(head, [-1])),
    };
  };
}

const requireFile: Initializer = (name) => {
  throw new Error(`${name} has no first value: it comes from a file`);
};
