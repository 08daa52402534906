/**
 * Operations that tfjs lacks or that an engine can do much better as one kernel than as a chain of tfjs ops. Where the engine
 * in use has no such kernel, each is composed of tfjs ops: same value, same gradient.
 */
// A network can be built before an engine is selected: for the shapes of its parameters, say.
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { UserError } from '../errors.js';

type Inputs = Record<string, tf.Tensor>;

const hasKernel = (name: string): boolean => tf.getKernel(name, tf.getBackend()) !== undefined;

function runKernel(name: string, inputs: Inputs, attributes: object = {}): tf.Tensor[] {
  const result = tf.engine().runKernel(name, inputs as tf.NamedTensorMap, attributes as tf.NamedAttrMap);
  return [result].flat() as tf.Tensor[];
}

/**
 * Group normalisation (Wu & He, arXiv 1803.08494, eq. 1 and 7).
 *
 * @param x [B, H, W, C]
 * @param scale [C]
 * @param offset [C]
 * @param groups divides C
 */
export function groupNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  groups: number,
  epsilon = 1e-6,
): tf.Tensor4D {
  return normalize(x, scale, offset, { groups, epsilon, silu: false });
}

/** `silu(groupNorm(x))`, which an engine can do in fewer passes over memory. */
export function groupNormSilu(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  groups: number,
  epsilon = 1e-6,
): tf.Tensor4D {
  return normalize(x, scale, offset, { groups, epsilon, silu: true });
}

interface NormOptions {
  readonly groups: number;
  readonly epsilon: number;
  readonly silu: boolean;
}

function normalize(x: tf.Tensor4D, scale: tf.Tensor1D, offset: tf.Tensor1D, options: NormOptions): tf.Tensor4D {
  const { groups, epsilon } = options;
  return tf.tidy(() => {
    if (hasKernel('GroupNorm')) return runKernel('GroupNorm', { x, scale, offset }, options)[0] as tf.Tensor4D;
    const [batch, height, width, channels] = x.shape;
    const grouped = tf.reshape(x, [batch, height * width, groups, channels / groups]); // [B, HW, G, C/G]
    const { mean, variance } = tf.moments(grouped, [1, 3], true); // [B, 1, G, 1]
    const normalized = tf.mul(tf.sub(grouped, mean), tf.rsqrt(tf.add(variance, epsilon)));
    const affine = tf.add(tf.mul(tf.reshape(normalized, x.shape), scale), offset); // [B, H, W, C]
    return (options.silu ? silu(affine) : affine) as tf.Tensor4D;
  });
}

/** x * sigmoid(x), also called swish (Hendrycks & Gimpel, arXiv 1606.08415; Ramachandran et al., arXiv 1710.05941). */
export function silu<T extends tf.Tensor>(x: T): T {
  if (hasKernel('Silu')) return runKernel('Silu', { x })[0] as T;
  return tf.tidy(() => tf.mul(x, tf.sigmoid(x)) as T);
}

/** Zeros added around an image: the same on all sides, as many as keep the size, or [[top, bottom], [left, right]]. */
export type Padding = number | 'same' | Margins;
type Margins = readonly [readonly [number, number], readonly [number, number]];

/**
 * Two-dimensional cross-correlation plus bias.
 *
 * @param x [B, H, W, Cin]
 * @param filter [kh, kw, Cin, Cout]
 * @param bias [Cout], or null for none
 * @returns [B, (H + padding - kh) / stride + 1, …, Cout]
 */
export function conv2d(
  x: tf.Tensor4D,
  filter: tf.Tensor4D,
  bias: tf.Tensor1D | null,
  stride: number,
  padding: Padding,
): tf.Tensor4D {
  const [rows, columns] = marginsOf(padding, filter.shape);
  const isPadded = [...rows, ...columns].some((size) => size > 0);
  const explicit = [[0, 0], [...rows], [...columns], [0, 0]] as tf.backend_util.ExplicitPadding;
  if (bias && hasKernel('BiasedConv2D')) {
    const attributes = { strides: [stride, stride], pad: isPadded ? explicit : 'valid' };
    return runKernel('BiasedConv2D', { x, filter, bias }, attributes)[0] as tf.Tensor4D;
  }
  return tf.tidy(() => {
    // Not every tfjs backend knows explicit padding in a convolution.
    const padded = isPadded ? (tf.pad(x, explicit) as tf.Tensor4D) : x; // [B, H + rows, W + columns, Cin]
    const result = tf.conv2d(padded, filter, stride, 'valid');
    return bias ? (tf.add(result, bias) as tf.Tensor4D) : result;
  });
}

function marginsOf(padding: Padding, [height, width]: readonly number[]): Margins {
  const same = (size: number) => [size, size] as const;
  if (typeof padding === 'number') return [same(padding), same(padding)];
  if (padding !== 'same') return padding;
  const around = (taps: number) => [Math.floor((taps - 1) / 2), Math.ceil((taps - 1) / 2)] as const;
  return [around(height as number), around(width as number)];
}

/** Every pixel becomes 2 × 2 pixels: [B, H, W, C] becomes [B, 2H, 2W, C]. */
export function upsampleNearest2x(x: tf.Tensor4D): tf.Tensor4D {
  if (hasKernel('UpsampleNearest2x')) return runKernel('UpsampleNearest2x', { x })[0] as tf.Tensor4D;
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const apart = tf.reshape(x, [batch * height, 1, width, 1, channels]); // [BH, 1, W, 1, C]
    const doubled = tf.mul(apart, tf.ones([1, 2, 1, 2, 1])); // [BH, 2, W, 2, C]
    return tf.reshape(doubled, [batch, 2 * height, 2 * width, channels]);
  });
}

/**
 * Squares of `factor`² px become the channels of one position: [B, H, W, C] becomes [B, H/factor, W/factor, C·factor²]. Channel
 * c of the pixel in row i and column j of a square goes to c·factor² + i·factor + j, as in PyTorch's `pixel_unshuffle`.
 *
 * @throws UserError where height or width is no multiple of `factor`
 */
export function pixelUnshuffle(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  const [batch, height, width, channels] = x.shape;
  if (height % factor !== 0 || width % factor !== 0) {
    throw new UserError(`images: got ${height}×${width} px, wanted multiples of ${factor}: choose another size.`);
  }
  if (hasKernel('PixelUnshuffle')) return runKernel('PixelUnshuffle', { x }, { factor })[0] as tf.Tensor4D;
  return tf.tidy(() => {
    const [low, narrow] = [height / factor, width / factor];
    const woven = tf.reshape(x, [batch, low, factor, narrow, factor, channels]); // [B, h, r, w, r, C]
    const apart = tf.transpose(woven, [0, 1, 3, 5, 2, 4]); // [B, h, w, C, r, r]
    return tf.reshape(apart, [batch, low, narrow, channels * factor ** 2]);
  });
}

/**
 * The inverse of `pixelUnshuffle`: [B, h, w, C·factor²] becomes [B, h·factor, w·factor, C] (sub-pixel convolution without its
 * convolution, Shi et al., arXiv 1609.05158, eq. 4).
 */
export function pixelShuffle(x: tf.Tensor4D, factor: number): tf.Tensor4D {
  if (hasKernel('PixelShuffle')) return runKernel('PixelShuffle', { x }, { factor })[0] as tf.Tensor4D;
  return tf.tidy(() => {
    const [batch, height, width, channels] = x.shape;
    const wide = channels / factor ** 2;
    const apart = tf.reshape(x, [batch, height, width, wide, factor, factor]); // [B, h, w, C, r, r]
    const woven = tf.transpose(apart, [0, 1, 4, 2, 5, 3]); // [B, h, r, w, r, C]
    return tf.reshape(woven, [batch, height * factor, width * factor, wide]);
  });
}

/** The numbers of one Adam step, as tensors, so that a new learning rate is new data to an engine and not new work. */
export type AdamScalars = {
  readonly stepSize: tf.Scalar;
  readonly epsilon: tf.Scalar;
  readonly beta1: tf.Scalar;
  readonly beta2: tf.Scalar;
  /** What is left of a parameter; absent where nothing decays. */
  readonly decay?: tf.Scalar;
};

export interface AdamOptions {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Decoupled (Loshchilov & Hutter, arXiv 1711.05101). Default 0. */
  readonly weightDecay?: number;
  /** The first step is 1. */
  readonly step: number;
}

/**
 * What all parameters share in one step; the caller disposes of it. The second moment's correction is part of both numbers, as
 * at the end of section 2 of arXiv 1412.6980.
 */
export function adamScalars({ learningRate, beta1, beta2, epsilon, weightDecay = 0, step }: AdamOptions): AdamScalars {
  const correction = Math.sqrt(1 - beta2 ** step);
  return {
    stepSize: tf.scalar((learningRate * correction) / (1 - beta1 ** step)),
    epsilon: tf.scalar(epsilon * correction),
    beta1: tf.scalar(beta1),
    beta2: tf.scalar(beta2),
    ...(weightDecay !== 0 && { decay: tf.scalar(1 - learningRate * weightDecay) }),
  };
}

/**
 * One step of Adam for one parameter (Kingma & Ba, arXiv 1412.6980, algorithm 1; epsilon is added to the corrected root).
 *
 * @param m running mean of the gradient, like `parameter`
 * @param v running mean of its square, like `parameter`
 * @returns the new parameter, m and v
 */
export function adamUpdate<T extends tf.Tensor>(
  parameter: T,
  gradient: T,
  m: T,
  v: T,
  scalars: AdamScalars,
): [parameter: T, m: T, v: T] {
  if (hasKernel('AdamUpdate')) {
    return runKernel('AdamUpdate', { parameter, gradient, m, v, ...scalars }) as [T, T, T];
  }
  return tf.tidy(() => {
    const { stepSize, epsilon, beta1, beta2, decay } = scalars;
    const newM = tf.add(gradient, tf.mul(tf.sub(m, gradient), beta1)) as T;
    const square = tf.square(gradient);
    const newV = tf.add(square, tf.mul(tf.sub(v, square), beta2)) as T;
    const change = tf.mul(tf.div(newM, tf.add(tf.sqrt(newV), epsilon)), stepSize);
    return [tf.sub(decay ? tf.mul(parameter, decay) : parameter, change) as T, newM, newV];
  });
}

/** An exponential moving average after one more value: decay·average + (1 - decay)·value. */
export function emaUpdate<T extends tf.Tensor>(average: T, value: T, decay: tf.Scalar): T {
  if (hasKernel('EmaUpdate')) return runKernel('EmaUpdate', { average, value, decay })[0] as T;
  return tf.tidy(() => tf.add(value, tf.mul(tf.sub(average, value), decay)) as T);
}

/**
 * `x`, from which a lazy engine computes nothing before `trigger` is there: the same kernels on it are other work than on `x`
 * itself, which was perhaps done long ago and would have been kept since.
 */
export function after<T extends tf.Tensor>(x: T, trigger: tf.Tensor): T {
  return hasKernel('After') ? (runKernel('After', { x, trigger })[0] as T) : (tf.clone(x) as T);
}
