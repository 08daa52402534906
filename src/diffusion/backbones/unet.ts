/**
 * A small convolutional U-Net (Ho et al., arXiv 2006.11239, appendix B; scale and shift after the second norm of a block as in
 * Dhariwal & Nichol, arXiv 2105.05233, section 3): residual blocks at every resolution, attention at the lowest alone.
 */
import * as tf from '@tensorflow/tfjs-core';
import { attentionBlock, downsample, upsample } from '../../autoencoder/blocks.js';
import type { UnetConfig } from '../../config/networks/denoiser.js';
import { silu } from '../../engine/ops.js';
import { zeros } from '../../nn/initializers.js';
import { conv2d, groupNorm, groupNormSilu } from '../../nn/layers.js';
import type { Scope } from '../../nn/parameters.js';
import { conditioning, modulation } from './conditioning.js';
import type { Prediction } from './prediction.js';

/** Features of the condition over the channels of the first resolution. */
const conditionRatio = 4;

type Block = (x: tf.Tensor4D, condition: tf.Tensor2D) => tf.Tensor4D;

interface Builder {
  readonly conditionWidth: number;
  readonly normGroups: number;
  readonly seed: number;
}

export function createUnet(scope: Scope, config: UnetConfig, seed: number): Prediction {
  const { channels, classes, latentShape, normGroups } = config;
  const [first, last] = [channels[0] as number, channels.at(-1) as number];
  const latentChannels = latentShape[2];
  const builder = { conditionWidth: conditionRatio * first, normGroups, seed };
  const toCondition = conditioning(scope, classes.length, builder.conditionWidth, seed);
  const convIn = conv2d(scope.child('conv_in'), {
    inChannels: latentChannels,
    outChannels: first,
    kernelSize: 3,
    seed,
  });
  const down = downPath(scope.child('down_blocks'), config, builder);
  const middle = middleBlock(scope.child('mid_block'), last, builder);
  const up = upPath(scope.child('up_blocks'), config, down.skipChannels, builder);
  const normOut = groupNormSilu(scope.child('norm_out'), first, normGroups);
  const convOut = conv2d(scope.child('conv_out'), {
    inChannels: first,
    outChannels: latentChannels,
    kernelSize: 3,
    initialWeight: zeros,
    seed,
  });
  return (latents, times, labels) => {
    const condition = toCondition(times, labels); // [B, D]
    const { value, skips } = down.run(convIn(latents), condition);
    return convOut(normOut(up(middle(value, condition), skips, condition))); // [B, h, w, Z]
  };
}

/** Keeps the output of every block for the way up. */
function downPath(scope: Scope, { channels, blocks }: UnetConfig, builder: Builder) {
  const { normGroups, seed } = builder;
  const skipChannels: number[] = [];
  const levels = channels.map((outChannels, level) => {
    const branch = scope.child(level);
    const residual = Array.from({ length: blocks }, (_, index) => {
      const inChannels = index === 0 ? (channels[Math.max(0, level - 1)] as number) : outChannels;
      skipChannels.push(outChannels);
      return residualBlock(branch.child('resnets').child(index), inChannels, outChannels, builder);
    });
    const isLast = level === channels.length - 1;
    const options = { normGroups, seed, checkpointing: false };
    return { residual, halve: isLast ? null : downsample(branch.child('downsamplers').child(0), outChannels, options) };
  });
  const run = (input: tf.Tensor4D, condition: tf.Tensor2D) => {
    const skips: tf.Tensor4D[] = [];
    let value = input;
    for (const { residual, halve } of levels) {
      for (const block of residual) {
        value = block(value, condition);
        skips.push(value);
      }
      if (halve) value = halve(value);
    }
    return { value, skips };
  };
  return { skipChannels, run };
}

function middleBlock(scope: Scope, channels: number, builder: Builder): Block {
  const { normGroups, seed } = builder;
  const before = residualBlock(scope.child('resnets').child(0), channels, channels, builder);
  const options = { normGroups, seed, checkpointing: false };
  const attend = attentionBlock(scope.child('attentions').child(0), channels, options);
  const after = residualBlock(scope.child('resnets').child(1), channels, channels, builder);
  return (x, condition) => after(attend(before(x, condition)), condition);
}

/** Every block sees the output of its counterpart on the way down beside what comes from below. */
function upPath(scope: Scope, { channels, blocks }: UnetConfig, skipChannels: readonly number[], builder: Builder) {
  const { normGroups, seed } = builder;
  const waiting = [...skipChannels];
  let below = channels.at(-1) as number;
  const levels = channels.map((_, step) => {
    const outChannels = channels[channels.length - 1 - step] as number;
    const branch = scope.child(step);
    const residual = Array.from({ length: blocks }, (_unused, index) => {
      const inChannels = below + (waiting.pop() as number);
      below = outChannels;
      return residualBlock(branch.child('resnets').child(index), inChannels, outChannels, builder);
    });
    const isLast = step === channels.length - 1;
    const options = { normGroups, seed, checkpointing: false };
    return { residual, double: isLast ? null : upsample(branch.child('upsamplers').child(0), outChannels, options) };
  });
  return (input: tf.Tensor4D, skips: tf.Tensor4D[], condition: tf.Tensor2D): tf.Tensor4D => {
    let value = input;
    for (const { residual, double } of levels) {
      for (const block of residual) {
        value = block(tf.concat([value, skips.pop() as tf.Tensor4D], 3), condition);
      }
      if (double) value = double(value);
    }
    return value;
  };
}

/** x + conv(silu(norm(conv(silu(norm(x)))) · (1 + scale) + shift)), which starts as x. */
function residualBlock(scope: Scope, inChannels: number, outChannels: number, builder: Builder): Block {
  const { conditionWidth, normGroups, seed } = builder;
  const norm1 = groupNormSilu(scope.child('norm1'), inChannels, groupsFor(inChannels, normGroups));
  const conv1 = conv2d(scope.child('conv1'), { inChannels, outChannels, kernelSize: 3, seed });
  const modulate = modulation(scope, conditionWidth, outChannels, 2, seed);
  const norm2 = groupNorm(scope.child('norm2'), outChannels, normGroups);
  const residual = { inChannels: outChannels, outChannels, kernelSize: 3, initialWeight: zeros, seed };
  const conv2 = conv2d(scope.child('conv2'), residual);
  const shortcut =
    inChannels === outChannels
      ? (x: tf.Tensor4D) => x
      : conv2d(scope.child('conv_shortcut'), { inChannels, outChannels, kernelSize: 1, seed });
  return (x, condition) => {
    const [scale, shift] = modulate(condition) as [tf.Tensor2D, tf.Tensor2D];
    const perImage = (vectors: tf.Tensor2D) => tf.reshape(vectors, [-1, 1, 1, outChannels]);
    const normalized = norm2(conv1(norm1(x))); // [B, h, w, outChannels]
    const told = tf.add(tf.mul(normalized, perImage(tf.add(scale, 1))), perImage(shift)) as tf.Tensor4D;
    return tf.add(shortcut(x), conv2(silu(told)));
  };
}

/** Channels that were joined on the way up need not be a multiple of the groups. */
function groupsFor(channels: number, wanted: number): number {
  let groups = wanted;
  while (channels % groups !== 0) groups--;
  return groups;
}
