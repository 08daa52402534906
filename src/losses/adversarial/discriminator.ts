/**
 * The PatchGAN discriminator (Isola et al., arXiv 1611.07004, section 3.2) as taming-transformers and LDM build it: one logit
 * per overlapping patch. Parameters carry the names of their PyTorch sequential, `main.0.weight` and so on.
 */
import * as tf from '@tensorflow/tfjs-core';
import { conv2d } from '../../engine/ops.js';
import { assertShape, UserError } from '../../errors.js';
import { batchNorm } from '../../nn/batch-norm.js';
import { gaussian, uniformFanIn } from '../../nn/initializers.js';
import { groupNorm, type ImageFunction } from '../../nn/layers.js';
import { createParameterTree, type Parameters, type Scope, type WeightSource } from '../../nn/parameters.js';

/** The shape of a discriminator. */
export interface DiscriminatorConfig {
  /** Of the images. */
  readonly inChannels: number;
  /** Convolutions of stride 2. Each logit of 1, 2, 3 or 4 layers sees 16, 34, 70 or 142 px. */
  readonly layers: number;
  /** Channels of the first layer; they double per layer up to eightfold. */
  readonly width: number;
  /** `batch` is LDM's, and makes the logits of an image depend on its batch; `group` and `none` do not. */
  readonly norm: 'batch' | 'group' | 'none';
}

/** A patch discriminator (Isola et al., arXiv 1611.07004) with its weights. */
export interface Discriminator {
  readonly config: DiscriminatorConfig;
  readonly parameters: Parameters;
  /**
   * [B, H, W, 3] in [-1, 1] -> [B, h, w, 1], high where a patch looks real; h = H / 2^layers - 2. Batch normalisation is that
   * of training: by the statistics of these images.
   */
  logits(images: tf.Tensor4D): tf.Tensor4D;
}

const kernelSize = 4;
const weightStd = 0.02;
const leakySlope = 0.2;
const channelsPerGroup = 8;

export function createDiscriminator(config: DiscriminatorConfig, source: WeightSource): Discriminator {
  const { inChannels, layers, width, norm } = config;
  if (norm === 'group' && width % channelsPerGroup !== 0) {
    throw new UserError(
      `discriminator: got width ${width} with group normalisation, wanted a multiple of ${channelsPerGroup}.`,
    );
  }
  const { scope, parameters } = createParameterTree('weights' in source ? source.weights : undefined);
  const seed = 'seed' in source ? source.seed : 0;
  const widthAt = (depth: number) => width * Math.min(2 ** depth, 8);
  const chain: ImageFunction[] = [];
  // PyTorch numbers the members of a sequential; activations and missing norms hold their places.
  let index = 0;
  const next = () => scope.child('main').child(index++);
  const leakyRelu = () => {
    index++;
    chain.push((x) => tf.leakyRelu(x, leakySlope));
  };

  chain.push(patchConv(next(), { inChannels, outChannels: widthAt(0), stride: 2, bias: true, seed }));
  leakyRelu();
  for (let depth = 1; depth <= layers; depth++) {
    const outChannels = widthAt(depth);
    const stride = depth < layers ? 2 : 1;
    const bias = norm === 'none';
    chain.push(patchConv(next(), { inChannels: widthAt(depth - 1), outChannels, stride, bias, seed }));
    chain.push(norms[norm](next(), outChannels, seed));
    leakyRelu();
  }
  chain.push(patchConv(next(), { inChannels: widthAt(layers), outChannels: 1, stride: 1, bias: true, seed }));

  return {
    config,
    parameters,
    logits(images) {
      checkImages(config, images);
      return chain.reduce((x, layer) => layer(x), images); // [B, h, w, 1]
    },
  };
}

/** Normalisation layers by name; those with a scale start near one, as LDM initialises them. */
const norms: Record<DiscriminatorConfig['norm'], (scope: Scope, channels: number, seed: number) => ImageFunction> = {
  batch: (scope, channels, seed) => batchNorm(scope, channels, gaussian(seed, 1, weightStd)),
  group: (scope, channels) => groupNorm(scope, channels, channels / channelsPerGroup),
  none: () => (x) => x,
};

interface PatchConvOptions {
  readonly inChannels: number;
  readonly outChannels: number;
  readonly stride: 1 | 2;
  readonly bias: boolean;
  readonly seed: number;
}

/** A 4×4 convolution with one row and column of zeros on every side: [B, H, W, in] -> [B, H / 2 or H - 1, …, out]. */
function patchConv(scope: Scope, { inChannels, outChannels, stride, bias, seed }: PatchConvOptions): ImageFunction {
  const shape = [kernelSize, kernelSize, inChannels, outChannels];
  const weight = scope.parameter('weight', shape, gaussian(seed, 0, weightStd)) as tf.Tensor4D;
  const initialOffset = uniformFanIn(seed, inChannels * kernelSize ** 2);
  const offset = bias ? (scope.parameter('bias', [outChannels], initialOffset) as tf.Tensor1D) : null;
  return (x) => conv2d(x, weight, offset, stride, 1);
}

/** In px: of fewer, nothing would be left for the last layer. */
export const smallestForDiscriminator = (layers: number): number => 3 * 2 ** layers;

function checkImages({ inChannels, layers }: DiscriminatorConfig, images: tf.Tensor4D): void {
  assertShape('images', images.shape, [-1, -1, -1, inChannels], 'give the discriminator the channels it was made for');
  const [, height, width] = images.shape;
  assertLargeEnough(layers, height, width);
}

/** @throws UserError for images, of a size in px, that a discriminator of so many layers cannot see */
export function assertLargeEnough(layers: number, height: number, width: number): void {
  const smallest = smallestForDiscriminator(layers);
  if (Math.min(height, width) >= smallest) return;
  throw new UserError(
    `discriminator: got ${height}×${width} px, wanted at least ${smallest} px for ${layers} layers: use fewer layers.`,
  );
}
