/**
 * The network behind `--perceptual builtin`: a small residual classifier of this project's own, without its last layer. It
 * was never trained to agree with people, as LPIPS was, and is not LPIPS.
 */
import * as tf from '@tensorflow/tfjs-core';
import { conv2d, type ImageFunction } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import type { Trunk } from './trunk.js';

interface Stage {
  readonly channels: number;
  /** 2 halves the resolution. */
  readonly stride: 1 | 2;
  readonly residualBlocks: number;
}

/** Every stage's output is compared: from single pixels to a sixteenth of the resolution. 0.93 M parameters. */
export const photoFeatureStages: readonly Stage[] = [
  { channels: 16, stride: 1, residualBlocks: 0 },
  { channels: 32, stride: 2, residualBlocks: 1 },
  { channels: 64, stride: 2, residualBlocks: 1 },
  { channels: 128, stride: 2, residualBlocks: 1 },
  { channels: 128, stride: 2, residualBlocks: 1 },
];

export interface UnitOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: 1 | 2;
  /** The last unit before a residual sum, which training starts from zero. */
  readonly endsBlock: boolean;
}

/** Makes a 3×3 convolution with whatever normalises it. */
export type UnitFactory = (scope: Scope, options: UnitOptions) => ImageFunction;

/** A convolution with bias: what training's normalisation is folded into. */
export const foldedUnit: UnitFactory = (scope, { inChannels, outChannels, stride }) =>
  conv2d(scope, { inChannels, outChannels, kernelSize: 3, stride, padding: 1, seed: 0 });

/** [B, H, W, 3] in [-1, 1] -> features of every stage, ReLU outputs. Height and width of 32 px and more. */
export function createPhotoFeatures(scope: Scope, unit: UnitFactory): Trunk {
  let inChannels = 3;
  const stages = photoFeatureStages.map(({ channels, stride, residualBlocks }, index) => {
    const stage = scope.child('stages').child(index);
    const entry = unit(stage.child('conv'), { inChannels, outChannels: channels, stride, endsBlock: false });
    inChannels = channels;
    const blocks = Array.from({ length: residualBlocks }, (_, block) =>
      residualBlock(stage.child('blocks').child(block), channels, unit),
    );
    return (x: tf.Tensor4D) => blocks.reduce((value, block) => block(value), tf.relu(entry(x)));
  });
  return {
    channels: photoFeatureStages.map(({ channels }) => channels),
    features(images) {
      const outputs: tf.Tensor4D[] = [];
      stages.reduce((x, stage) => {
        const output = stage(x);
        outputs.push(output);
        return output;
      }, images);
      return outputs;
    },
  };
}

/** relu(x + unit(relu(unit(x)))) (He et al., arXiv 1512.03385, figure 2). */
function residualBlock(scope: Scope, channels: number, unit: UnitFactory): ImageFunction {
  const options = { inChannels: channels, outChannels: channels, stride: 1 } as const;
  const first = unit(scope.child('conv1'), { ...options, endsBlock: false });
  const second = unit(scope.child('conv2'), { ...options, endsBlock: true });
  return (x) => {
    const sum: tf.Tensor4D = tf.add(x, second(tf.relu(first(x))));
    return tf.relu(sum);
  };
}
