/** Gradients of matrix products, convolutions, pooling, normalisation and resizing. */
import * as tf from '@tensorflow/tfjs-core';
import { gradientOf, runKernel, unbroadcast } from './gradient.js';

interface Transposed {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Of op(A) op(B), where op may transpose. */
const matMul = gradientOf<Transposed>('BatchMatMul', { inputs: ['a', 'b'] }, (dy, [a, b], options) => {
  const { transposeA, transposeB } = options;
  const inA = () => (transposeA ? tf.matMul(b!, dy, transposeB, true) : tf.matMul(dy, b!, false, !transposeB));
  const inB = () => (transposeB ? tf.matMul(dy, a!, true, transposeA) : tf.matMul(a!, dy, !transposeA, false));
  return { a: () => unbroadcast(inA(), a!.shape), b: () => unbroadcast(inB(), b!.shape) };
});

const convolutions: readonly tf.GradConfig[] = [
  gradientOf('Conv2D', { inputs: ['x', 'filter'] }, (dy, [x, filter], attributes) => ({
    x: () => runKernel('Conv2DBackpropInput', { dy, filter: filter! }, { ...attributes, inputShape: x!.shape }),
    filter: () => runKernel('Conv2DBackpropFilter', { x: x!, dy }, { ...attributes, filterShape: filter!.shape }),
  })),
  // dy of a transposed convolution is what the convolution forward sees.
  gradientOf('Conv2DBackpropInput', { inputs: ['dy', 'filter'] }, (ddx, [dy, filter], attributes) => ({
    dy: () => runKernel('Conv2D', { x: ddx, filter: filter! }, { ...attributes, dilations: 1 }),
    filter: () => runKernel('Conv2DBackpropFilter', { x: ddx, dy: dy! }, { ...attributes, filterShape: filter!.shape }),
  })),
  gradientOf('DepthwiseConv2dNative', { inputs: ['x', 'filter'] }, (dy, [x, filter], attributes) => ({
    x: () =>
      runKernel('DepthwiseConv2dNativeBackpropInput', { dy, filter: filter! }, { ...attributes, inputShape: x!.shape }),
    filter: () =>
      runKernel('DepthwiseConv2dNativeBackpropFilter', { x: x!, dy }, { ...attributes, filterShape: filter!.shape }),
  })),
];

const pooling: readonly tf.GradConfig[] = [
  gradientOf('MaxPool', { inputs: ['x'], output: true }, (dy, [x, y], attributes) => ({
    x: () => runKernel('MaxPoolGrad', { dy, input: x!, output: y! }, attributes),
  })),
  gradientOf('AvgPool', { inputs: ['x'] }, (dy, [x], attributes) => ({
    x: () => runKernel('AvgPoolGrad', { dy, input: x! }, attributes),
  })),
];

const resizing: readonly tf.GradConfig[] = ['ResizeBilinear', 'ResizeNearestNeighbor'].map((name) =>
  gradientOf(name, { inputs: ['images'] }, (dy, [images], attributes) => ({
    images: () => runKernel(`${name}Grad`, { images: images!, dy }, attributes),
  })),
);

const dilation = gradientOf('Dilation2D', { inputs: ['x', 'filter'] }, (dy, [x, filter], attributes) => {
  const inputs = { x: x!, filter: filter!, dy };
  return {
    x: () => runKernel('Dilation2DBackpropInput', inputs, attributes),
    filter: () => runKernel('Dilation2DBackpropFilter', inputs, attributes),
  };
});

/** Of (x - mean) / sqrt(variance + epsilon) * scale + offset, with mean and variance as given numbers. */
const batchNorm = gradientOf<{ varianceEpsilon: number }>(
  'FusedBatchNorm',
  { inputs: ['x', 'mean', 'variance', 'scale'] },
  (dy, [x, mean, variance, scale], { varianceEpsilon }) => {
    const inverse = () => tf.rsqrt(tf.add(variance!, varianceEpsilon));
    const centred = () => tf.sub(x!, mean!);
    const factor = () => (scale ? tf.mul(inverse(), scale) : inverse());
    const cubed = () => tf.mul(inverse(), tf.square(inverse()));
    return {
      x: () => tf.mul(dy, factor()),
      mean: () => unbroadcast(tf.neg(tf.mul(dy, factor())), mean!.shape),
      variance: () => {
        const slope = tf.mul(-0.5, scale ? tf.mul(cubed(), scale) : cubed());
        return unbroadcast(tf.mul(tf.mul(dy, centred()), slope), variance!.shape);
      },
      scale: () => unbroadcast(tf.mul(tf.mul(dy, centred()), inverse()), mean!.shape),
      offset: () => unbroadcast(dy, mean!.shape),
    };
  },
);

export const networkGradients: readonly tf.GradConfig[] = [
  matMul,
  ...convolutions,
  ...pooling,
  ...resizing,
  dilation,
  batchNorm,
];
