/** Every gradient of tfjs' kernels against central differences, on tfjs' cpu engine. */
import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, expect, it } from 'vitest';
import { tfjsGradients } from '../../src/engine/gradients/register.js';
import { normalTensor, useCpu } from './compare.js';

type Computation = (...inputs: tf.Tensor[]) => tf.Tensor;
type Case = readonly [name: string, compute: Computation, ...inputs: (() => tf.Tensor)[]];

const normal =
  (...shape: number[]) =>
  () =>
    normalTensor(shape, shape.length);
/** Apart from the places where a function has a kink. */
const away =
  (...shape: number[]) =>
  () => {
    const x = normalTensor(shape, 7);
    return tf.add(x, tf.mul(0.3, tf.sign(x)));
  };
const positive =
  (...shape: number[]) =>
  () =>
    tf.add(tf.abs(normalTensor(shape, 5)), 0.4);
const small =
  (...shape: number[]) =>
  () =>
    tf.mul(0.9, tf.tanh(normalTensor(shape, 3)));
const images = normal(2, 4, 4, 3);

const unary = (name: string, f: (x: tf.Tensor) => tf.Tensor, input = away(3, 4)): Case => [name, f, input];
const pair = (name: string, f: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor, a = positive(3, 4), b = away(4)): Case => [
  name,
  f,
  a,
  b,
];

const cases: readonly Case[] = [
  unary('Abs', tf.abs),
  unary('Acos', tf.acos, small(5)),
  unary('Acosh', (x) => tf.acosh(tf.add(x, 1)), positive(5)),
  unary('Asin', tf.asin, small(5)),
  unary('Asinh', tf.asinh),
  unary('Atan', tf.atan),
  unary('Atanh', tf.atanh, small(5)),
  unary('Cos', tf.cos),
  unary('Cosh', tf.cosh),
  unary('Erf', tf.erf),
  unary('Expm1', tf.expm1),
  unary('Log', tf.log, positive(5)),
  unary('Log1p', tf.log1p, positive(5)),
  unary('Relu6', (x) => tf.relu6(tf.mul(x, 5))),
  unary('Selu', tf.selu),
  unary('Sin', tf.sin),
  unary('Sinh', tf.sinh),
  unary('Softplus', tf.softplus),
  unary('Square', tf.square),
  unary('Tan', tf.tan, small(5)),
  unary('Exp', tf.exp),
  unary('Reciprocal', tf.reciprocal),
  unary('Relu', tf.relu),
  unary('Rsqrt', tf.rsqrt, positive(5)),
  unary('Sigmoid', tf.sigmoid),
  unary('Sqrt', tf.sqrt, positive(5)),
  unary('Tanh', tf.tanh),
  unary('Elu', tf.elu),
  unary('Neg', tf.neg),
  unary('Identity', tf.clone),
  unary('LeakyRelu', (x) => tf.leakyRelu(x, 0.2)),
  unary('ClipByValue', (x) => tf.clipByValue(x, -0.9, 0.8)),
  pair('Add', tf.add),
  pair('Sub', tf.sub),
  pair('Multiply', tf.mul),
  pair('RealDiv', tf.div),
  pair('SquaredDifference', tf.squaredDifference),
  pair('Atan2', tf.atan2),
  pair('Maximum', (a, b) => tf.maximum(a, tf.add(b, 0.05)), normal(3, 4), away(4)),
  pair('Minimum', (a, b) => tf.minimum(a, tf.add(b, 0.05)), normal(3, 4), away(4)),
  pair('Pow', tf.pow),
  pair('Mod', (a, b) => tf.mod(a, tf.add(tf.abs(b), 10))),
  pair('Prelu', (a, b) => tf.prelu(a, b), away(3, 4), normal(4)),
  pair('Select', (a, b) => tf.where(tf.greater(normalTensor([3, 4], 9), 0), a, b), normal(3, 4), away(3, 4)),
  ['AddN', (a, b) => tf.addN([a, b]), normal(3), away(3)],
  ['Reshape', (x) => tf.reshape(x, [4, 3]), normal(3, 4)],
  ['ExpandDims', (x) => tf.expandDims(x, 1), normal(3, 4)],
  ['Transpose', (x) => tf.transpose(x, [2, 0, 1]), normal(2, 3, 4)],
  ['Reverse', (x) => tf.reverse(x, [1]), normal(3, 4)],
  ['BroadcastTo', (x) => tf.broadcastTo(x, [2, 3, 4] as never), normal(3, 1)],
  ['Tile', (x) => tf.tile(x, [2, 3]), normal(3, 4)],
  [
    'PadV2',
    (x) =>
      tf.pad(x, [
        [1, 0],
        [0, 2],
      ]),
    normal(3, 4),
  ],
  ['Slice', (x) => tf.slice(x, [1, 0], [2, 3]), normal(3, 4)],
  ['Concat', (a, b) => tf.concat([a, b], 1), normal(3, 2), normal(3, 4)],
  ['SplitV', (x) => tf.mul(tf.split(x, [1, 3], 1)[1]!, tf.split(x, [1, 3], 1)[0]!), normal(3, 4)],
  ['Pack', (a, b) => tf.stack([a, b], 1), normal(3, 2), away(3, 2)],
  ['Unpack', (x) => tf.mul(tf.unstack(x, 1)[0]!, tf.unstack(x, 1)[1]!), normal(3, 2)],
  ['GatherV2', (x) => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32'), 1), normal(2, 3, 4)],
  ['Sum', (x) => tf.sum(x, [0, 2]), normal(2, 3, 4)],
  ['Mean', (x) => tf.mean(x, [1]), normal(2, 3, 4)],
  ['Max', (x) => tf.max(x, [0]), normal(3, 4)],
  ['Min', (x) => tf.min(x, [1]), normal(3, 4)],
  ['Cumsum', (x) => tf.cumsum(x, 1, true), normal(3, 4)],
  ['Softmax', (x) => tf.softmax(x), normal(3, 4)],
  ['LogSoftmax', (x) => tf.logSoftmax(x), normal(3, 4)],
  ['BatchMatMul', (a, b) => tf.matMul(a, b), normal(2, 3, 4), normal(2, 4, 2)],
  ['BatchMatMul, first transposed', (a, b) => tf.matMul(a, b, true), normal(4, 3), normal(4, 2)],
  ['BatchMatMul, second transposed', (a, b) => tf.matMul(a, b, false, true), normal(3, 4), normal(2, 4)],
  ['BatchMatMul, both transposed', (a, b) => tf.matMul(a, b, true, true), normal(4, 3), normal(2, 4)],
  ['Conv2D', (x, filter) => tf.conv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 2, 'same'), images, normal(3, 3, 3, 2)],
  [
    'Conv2DBackpropInput',
    (x, filter) => tf.conv2dTranspose(x as tf.Tensor4D, filter as tf.Tensor4D, [2, 8, 8, 2], 2, 'same'),
    images,
    normal(3, 3, 2, 3),
  ],
  [
    'DepthwiseConv2dNative',
    (x, filter) => tf.depthwiseConv2d(x as tf.Tensor4D, filter as tf.Tensor4D, 1, 'same'),
    images,
    normal(3, 3, 3, 2),
  ],
  ['MaxPool', (x) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid'), images],
  ['AvgPool', (x) => tf.avgPool(x as tf.Tensor4D, 2, 2, 'valid'), images],
  [
    'Dilation2D',
    (x, filter) => tf.dilation2d(x as tf.Tensor4D, filter as tf.Tensor3D, 1, 'valid'),
    images,
    normal(2, 2, 3),
  ],
  ['ResizeBilinear', (x) => tf.image.resizeBilinear(x as tf.Tensor4D, [7, 5]), images],
  ['ResizeNearestNeighbor', (x) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, [8, 8]), normal(1, 4, 4, 3)],
  [
    'FusedBatchNorm',
    (x, mean, variance, offset, scale) =>
      tf.batchNorm(x, mean as tf.Tensor1D, variance as tf.Tensor1D, offset as tf.Tensor1D, scale as tf.Tensor1D, 0.1),
    images,
    normal(3),
    positive(3),
    away(3),
    small(3),
  ],
];

const step = 5e-3;

/** d/dx of the weighted sum of f's outputs, element by element, by central differences. */
function numericGradient(loss: (...inputs: tf.Tensor[]) => tf.Scalar, inputs: tf.Tensor[], place: number): number[] {
  const input = inputs[place] as tf.Tensor;
  const at = (index: number, change: number) =>
    tf.tidy(() => {
      const values = Float32Array.from(input.dataSync());
      values[index] = (values[index] as number) + change;
      return loss(...inputs.with(place, tf.tensor(values, input.shape))).dataSync()[0] as number;
    });
  return Array.from({ length: input.size }, (_, index) => (at(index, step) - at(index, -step)) / (2 * step));
}

beforeAll(useCpu);

it.each(cases.map((given) => ({ name: given[0], given })))('$name', ({ given: [, f, ...makeInputs] }) => {
  tf.tidy(() => {
    const inputs = makeInputs.map((make) => make());
    const weights = normalTensor(f(...inputs).shape, 11);
    const loss = (...given: tf.Tensor[]) => tf.sum(tf.mul(f(...given), weights)) as tf.Scalar;
    const gradients = tf.grads(loss)(inputs);
    for (const [place, gradient] of gradients.entries()) {
      expect(gradient.shape).toEqual(inputs[place]!.shape);
      const wanted = numericGradient(loss, inputs, place);
      const scale = Math.max(1, ...wanted.map(Math.abs));
      const worst = Math.max(...[...gradient.dataSync()].map((value, index) => Math.abs(value - wanted[index]!)));
      expect(worst / scale, `input ${place}`).toBeLessThan(0.01);
    }
  });
});

it('covers every gradient that is not flat', () => {
  const flat =
    'Ceil Floor Round Sign Step IsFinite IsInf IsNan ZerosLike OnesLike GreaterEqual FloorDiv ArgMax ArgMin OneHot';
  const others = 'Cast MirrorPad';
  const covered = new Set([...cases.map(([name]) => name), ...flat.split(' '), ...others.split(' ')]);
  expect(tfjsGradients.map(({ kernelName }) => kernelName).filter((name) => !covered.has(name))).toEqual([]);
});

it('has one gradient for each kernel', () => {
  const names = tfjsGradients.map(({ kernelName }) => kernelName);
  expect(new Set(names).size).toBe(names.length);
});
